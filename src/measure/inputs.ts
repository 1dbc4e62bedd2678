import type { Input, LazyInput } from '../io/random-access.ts'

/** What is measured: inputs that are open, or that open when their turn comes; an array, or a stream of them. */
export type Inputs = Iterable<Input | LazyInput> | AsyncIterable<Input | LazyInput>

/** @throws InputError when it cannot be opened */
export function openInput(input: Input | LazyInput): Promise<Input> {
  return 'open' in input ? input.open() : Promise.resolve(input)
}
