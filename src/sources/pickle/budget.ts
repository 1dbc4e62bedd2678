import { PickleProblem } from './values.ts'

/** What a pickle may make, in units of about 40 bytes of memory: enough for any checkpoint, too little to fill the memory with. */
const MOST_VALUES = 12_000_000
const MOST_STEPS = 100_000_000

/** What values cost beyond the unit that everything on the stack costs. */
export const COST = { map: 8, object: 3, built: 32, sparse: 8 } as const

/** Counts what a pickle makes and how long it takes, so that a small file cannot fill the memory or run for ever. */
export class PickleBudget {
  #values = 0
  #steps = 0

  /** @throws PickleProblem when it is more than any checkpoint has */
  spend(values: number): void {
    this.#values += values
    if (this.#values > MOST_VALUES) throw new PickleProblem('the pickle makes more values than any checkpoint has')
  }

  /** @throws PickleProblem when there were more instructions than in any checkpoint */
  step(): void {
    if (++this.#steps > MOST_STEPS) throw new PickleProblem('the pickle takes more steps than any checkpoint does')
  }
}
