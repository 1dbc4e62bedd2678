import type { PickleBudget } from './budget.ts'
import type { PickleCursor } from './cursor.ts'
import type { PyValue } from './values.ts'

/** The stack of a pickle machine: a mark sets what lies below it aside until an instruction takes all that lies above. */
export class PickleStack {
  readonly #cursor: PickleCursor
  readonly #budget: PickleBudget
  #values: PyValue[] = []
  readonly #marked: PyValue[][] = []

  /** @param cursor tells where the pickle is damaged when the stack holds too little */
  constructor(cursor: PickleCursor, budget: PickleBudget) {
    this.#cursor = cursor
    this.#budget = budget
  }

  push(value: PyValue): void {
    this.#budget.spend(1)
    this.#values.push(value)
  }

  /** @throws PickleProblem when there is none above the last mark */
  pop(): PyValue {
    return this.#values.length > 0 ? this.#values.pop()! : this.#cursor.fail('the stack is empty')
  }

  /** The value that pop would give. @throws PickleProblem when there is none above the last mark */
  top(): PyValue {
    return this.#values.length > 0 ? this.#values[this.#values.length - 1]! : this.#cursor.fail('the stack is empty')
  }

  /** The last `count` values, in the order in which they were pushed. @throws PickleProblem when there are fewer */
  popLast(count: number): PyValue[] {
    if (this.#values.length < count) this.#cursor.fail('the stack is too short')
    return this.#values.splice(this.#values.length - count, count)
  }

  mark(): void {
    this.#budget.spend(1)
    this.#marked.push(this.#values)
    this.#values = []
  }

  /** Takes the last mark and all that lies above it. @throws PickleProblem when there is no mark */
  popMark(): PyValue[] {
    const items = this.#values
    this.#values = this.#marked.pop() ?? this.#cursor.fail('a mark is missing')
    return items
  }

  /** Takes the last value, or the mark when nothing lies above it. */
  drop(): void {
    if (this.#values.length > 0) this.#values.pop()
    else this.popMark()
  }
}
