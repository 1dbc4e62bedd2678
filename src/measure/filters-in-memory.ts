import type { WasmInstance } from '../wasm/module.ts'
import type { WeightReader } from '../weights/reader.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Where a layer's filters lie while they are worked on. */
export interface FilterRoom {
  /** Address of the filters, and of the room to decode them. */
  readonly data: number
  readonly scratch: number
  /** Whether all filters have a place of their own; otherwise each call reads to the same place. */
  readonly whole: boolean
  /** Filters that there is room for. */
  readonly held: number
  /** Filters per read; undefined: as many as are asked for. */
  readonly batchSize: number | undefined
}

/** A layer's filters in the module's memory, read when they are asked for; what is held is read once. */
export class FiltersInMemory {
  /** Weights read so far that were not exactly a float32. */
  narrowed = 0
  readonly #wasm: WasmInstance
  readonly #reader: WeightReader
  readonly #room: FilterRoom
  /** Which parts of a layer that is held as a whole have been read, by segments. */
  readonly #loaded: Uint8Array
  /** Of a scattered layer that is not held as a whole, the filters that were read last. */
  #block = { from: 0, count: 0 }

  constructor(wasm: WasmInstance, reader: WeightReader, room: FilterRoom) {
    this.#wasm = wasm
    this.#reader = reader
    this.#room = room
    this.#loaded = new Uint8Array(room.whole ? Math.ceil(reader.filters / SEGMENT) : 0)
  }

  /**
   * The address of filters [from, from + count), which stay there until the next call.
   * @param ahead those behind them will be asked for next: where each read goes through all that is stored, as many are read as there is room for
   * @throws InputError
   */
  async at(from: number, count: number, ahead: boolean = false): Promise<number> {
    const { data, whole } = this.#room
    const { filters, taps, isScattered } = this.#reader
    if (!whole && isScattered) return this.#inBlock(from, count, ahead)
    if (!whole) {
      await this.#read(data, from, count)
      return data
    }
    const last = isScattered ? this.#loaded.length : Math.ceil((from + count) / SEGMENT)
    for (let first = isScattered ? 0 : Math.floor(from / SEGMENT); first < last; ) {
      let end = first
      while (end < last && !this.#loaded[end]) end++
      if (end > first) {
        const start = first * SEGMENT
        await this.#read(data + start * taps * 4, start, Math.min(end * SEGMENT, filters) - start)
        this.#loaded.fill(1, first, end)
      }
      first = end + 1
    }
    return data + from * taps * 4
  }

  async #inBlock(from: number, count: number, ahead: boolean): Promise<number> {
    const { data, held } = this.#room
    const { filters, taps } = this.#reader
    if (from < this.#block.from || from + count > this.#block.from + this.#block.count) {
      this.#block = { from: 0, count: 0 }
      const some = ahead ? Math.min(Math.max(count, held), filters - from) : count
      await this.#read(data, from, some)
      this.#block = { from, count: some }
    }
    return data + (from - this.#block.from) * taps * 4
  }

  async #read(address: number, from: number, count: number): Promise<void> {
    const { whole, batchSize, scratch } = this.#room
    const { taps, isScattered } = this.#reader
    for (const [within, some] of pieces(count, whole && !isScattered ? (batchSize ?? count) : count))
      this.narrowed += await this.#reader.read(this.#wasm, address + within * taps * 4, scratch, from + within, some)
  }
}
