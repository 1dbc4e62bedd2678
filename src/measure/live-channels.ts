import type { WasmInstance } from '../wasm/module.ts'
import type { ConvShape } from '../weights/plan.ts'

/** A layer's channels: rows of its weight, filters of a row, and the groups that rows are cut into. */
export interface LayerChannels {
  readonly out: number
  readonly inputs: number
  readonly groups: number
}

/** Which channels some filters of a layer show to be live: a 1 each, from the first of them on. */
export interface LivePart {
  readonly firstOutput: number
  readonly outputs: Uint8Array
  readonly firstInput: number
  readonly inputs: Uint8Array
}

/** @param groups those that do not divide the output channels are taken for one */
export function channelsOf([out, inputs]: ConvShape, groups: number = 1): LayerChannels {
  return { out, inputs, groups: groups > 0 && out % groups === 0 ? groups : 1 }
}

/** Bytes that `LiveMarks` works in. */
export function liveBytes({ out, inputs, groups }: LayerChannels): number {
  return Math.ceil((out + inputs * groups) / 16) * 16
}

/** The channels that filters [from, from + count) belong to, `from` of an input to the end of the group where they wrap around. */
function rangesOf({ out, inputs, groups }: LayerChannels, from: number, count: number) {
  const [firstRow, endRow] = [Math.floor(from / inputs), Math.ceil((from + count) / inputs)]
  const rows = out / groups
  const [firstGroup, endGroup] = [Math.floor(firstRow / rows), Math.ceil(endRow / rows)]
  const isInside = endRow - firstRow === 1
  const firstInput = firstGroup * inputs + (isInside ? from % inputs : 0)
  const endInput = isInside ? firstInput + count : endGroup * inputs
  return { firstRow, endRow, firstInput, endInput, isWhole: isInside || (count >= inputs && endGroup - firstGroup === 1) }
}

/** Marks of the channels of a layer that are not dead, in the module's memory. */
export class LiveMarks {
  readonly #wasm: WasmInstance
  readonly #channels: LayerChannels
  readonly #at: number

  /** @param at address of `liveBytes` bytes */
  constructor(wasm: WasmInstance, channels: LayerChannels, at: number) {
    this.#wasm = wasm
    this.#channels = channels
    this.#at = at
  }

  clear(): void {
    this.#wasm.u8(this.#at, liveBytes(this.#channels)).fill(0)
  }

  /** Looks at `filters` filters that lie at `address`, from `first` on, `sparse` of which are sparse by the limit. */
  mark(
    address: number,
    { first, filters, taps, sparse }: { first: number; filters: number; taps: number; sparse: number },
    limit: number,
    strict: boolean,
  ): void {
    if (filters === 0 || sparse === filters) return
    const { out, inputs, groups } = this.#channels
    const { firstRow, endRow, firstInput, endInput, isWhole } = rangesOf(this.#channels, first, filters)
    if (sparse === 0 && isWhole) {
      this.#wasm.u8(this.#at + firstRow, endRow - firstRow).fill(1)
      this.#wasm.u8(this.#at + out + firstInput, endInput - firstInput).fill(1)
      return
    }
    const rows = out / groups
    this.#wasm.markLive({ address, first, filters, taps, limit, strict, inputs, rows }, this.#at, this.#at + out)
  }

  /** What filters [from, from + count) have marked since `clear`. */
  part(from: number, count: number): LivePart {
    if (count === 0) return { firstOutput: 0, outputs: new Uint8Array(0), firstInput: 0, inputs: new Uint8Array(0) }
    const { firstRow, endRow, firstInput, endInput } = rangesOf(this.#channels, from, count)
    return {
      firstOutput: firstRow,
      outputs: this.#wasm.u8(this.#at + firstRow, endRow - firstRow).slice(),
      firstInput,
      inputs: this.#wasm.u8(this.#at + this.#channels.out + firstInput, endInput - firstInput).slice(),
    }
  }
}

export interface DeadCounts {
  readonly dead_outputs: number
  readonly dead_inputs: number
}

const noneDead: DeadCounts = { dead_outputs: 0, dead_inputs: 0 }

/** Of a layer in one piece: nothing is looked at where fewer filters are sparse than a dead channel has. */
export function deadOf(channels: LayerChannels, sparse: number, look: () => LivePart): DeadCounts {
  const { out, inputs, groups } = channels
  if (sparse < Math.min(inputs, out / groups)) return noneDead
  const dead = new DeadChannels(channels)
  dead.add(look())
  return dead.counts(out * inputs)
}

/** The channels of a layer that no part shows to be live. */
export class DeadChannels {
  readonly #outputs: Uint8Array
  readonly #inputs: Uint8Array

  constructor({ out, inputs, groups }: LayerChannels) {
    this.#outputs = new Uint8Array(out)
    this.#inputs = new Uint8Array(inputs * groups)
  }

  add({ firstOutput, outputs, firstInput, inputs }: LivePart): void {
    for (let k = 0; k < outputs.length; k++) this.#outputs[firstOutput + k]! |= outputs[k]!
    for (let k = 0; k < inputs.length; k++) this.#inputs[firstInput + k]! |= inputs[k]!
  }

  /** How many; without filters none is. */
  counts(filters: number): DeadCounts {
    if (filters === 0) return noneDead
    return { dead_outputs: zerosIn(this.#outputs), dead_inputs: zerosIn(this.#inputs) }
  }
}

function zerosIn(marks: Uint8Array): number {
  let zeros = 0
  for (let k = 0; k < marks.length; k++) if (marks[k] === 0) zeros++
  return zeros
}
