import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type PartRecord, partRecords } from './part-file.ts'
import type { OpenPlan } from './plan.ts'
import { type PlannedInput, type PlannedPiece, pieceOf } from './planned-inputs.ts'

/** Opens the part of a shard, which was checked. */
export type PartOpener = (shard: number) => Promise<RandomAccess>

/** Reads the parts of a plan's shards one after the other, in the order of the run. One is open at a time. */
export class PartsInOrder {
  readonly #shards: OpenPlan['plan']['shards']
  readonly #openPart: PartOpener
  #shard = -1
  #access: RandomAccess | undefined
  #records: AsyncGenerator<PartRecord> | undefined
  #ahead: PartRecord | undefined

  constructor({ plan }: OpenPlan, openPart: PartOpener) {
    this.#shards = plan.shards
    this.#openPart = openPart
  }

  /** The first piece of an input that has not been passed yet: of the part that is being read, or of the next that has one. */
  async pieceOf(number: number, input: PlannedInput): Promise<PlannedPiece> {
    for (;;) {
      const shard = this.#shards[this.#shard]
      const piece = shard && pieceOf(number, input, shard)
      if (piece) return piece
      await this.#openNext()
    }
  }

  /** The next piece of the input, in the next part that has one. */
  async pieceAfter({ number, input }: PlannedPiece): Promise<PlannedPiece> {
    await this.#openNext()
    return this.pieceOf(number, input)
  }

  /** The next record, which is not taken; undefined at the end of the part. */
  async peek(): Promise<PartRecord | undefined> {
    if (!this.#ahead) {
      const next = await this.#records?.next()
      this.#ahead = next?.done === false ? next.value : undefined
    }
    return this.#ahead
  }

  /** Takes the next record. @throws InputError at the end of the part */
  async next(): Promise<PartRecord> {
    const record = await this.peek()
    if (!record) throw this.wrong()
    this.#ahead = undefined
    return record
  }

  /** Reads the rest. @throws InputError when there is more than what was planned */
  async finish(): Promise<void> {
    while (this.#shard + 1 < this.#shards.length) await this.#openNext()
    await this.#requireEnd()
  }

  async close(): Promise<void> {
    const access = this.#access
    this.#access = undefined
    await access?.close?.()
  }

  /** What is said of a part that does not hold what its shard was to measure. */
  wrong(): InputError {
    return new InputError(
      this.#access?.name ?? `part ${this.#shard}`,
      'does not hold what was planned for its shard; delete it and run the shard again',
    )
  }

  async #requireEnd(): Promise<void> {
    if (this.#access && (await this.peek())) throw this.wrong()
  }

  async #openNext(): Promise<void> {
    await this.#requireEnd()
    await this.close()
    this.#shard++
    if (this.#shard >= this.#shards.length) throw new RangeError('the plan has no shard for an input')
    this.#access = await this.#openPart(this.#shard)
    this.#records = partRecords(this.#access)
    this.#ahead = undefined
  }
}
