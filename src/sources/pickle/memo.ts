import type { PyValue } from './values.ts'

/** A pickle's memo: numbered from 0 without gaps in nearly every file, which an array holds far more cheaply than a Map. */
export class PickleMemo {
  readonly #dense: PyValue[] = []
  readonly #sparse = new Map<number, PyValue>()

  get size(): number {
    return this.#dense.length + this.#sparse.size
  }

  /** @returns undefined when nothing was remembered under that number */
  get(index: number): PyValue | undefined {
    return index < this.#dense.length ? this.#dense[index] : this.#sparse.get(index)
  }

  /** @returns true when the entry went beyond a gap, which costs more memory */
  set(index: number, value: PyValue): boolean {
    if (index < this.#dense.length) this.#dense[index] = value
    else if (index === this.#dense.length) {
      this.#dense.push(value)
      this.#sparse.delete(index)
    } else {
      this.#sparse.set(index, value)
      return true
    }
    return false
  }
}
