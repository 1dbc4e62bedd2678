import type { Input, LazyInput } from '../io/random-access.ts'

/** What is measured: inputs that are open, or that open when their turn comes; an array, or a stream of them. */
export type Inputs = Iterable<Input | LazyInput> | AsyncIterable<Input | LazyInput>
