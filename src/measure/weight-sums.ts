import { takeTurns } from '../io/turns.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { readerInOrder } from '../weights/in-order.ts'
import type { ConvShape } from '../weights/plan.ts'
import type { LayerJob } from './measurer.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Sums over the weights a and b of two layers of one shape, weight by weight. */
export interface WeightSums {
  readonly weights: number
  /** Σ a², Σ b², Σ a·b, Σ (b − a)². */
  readonly squares_a: number
  readonly squares_b: number
  readonly products: number
  readonly squared_change: number
  /** Weights that are 0 in neither, and those of them whose sign differs. */
  readonly both_nonzero: number
  readonly flipped: number
  /** Weights that are exactly 0 in a, in b, in both. */
  readonly zeros_a: number
  readonly zeros_b: number
  readonly zeros_both: number
  /** Least cosine of an output channel that is zero in neither layer, and which channel; null when there is none. */
  readonly least: { readonly channel: number; readonly cosine: number } | null
}

/** Filters of two layers side by side, at their addresses. */
export type SideBySide = (addressA: number, addressB: number, filters: number) => void

/**
 * Reads two layers of one shape side by side, piece by piece in the layer's order.
 * @throws InputError when the bytes cannot be read
 */
export async function readSideBySide(
  wasm: WasmInstance,
  shape: ConvShape,
  a: LayerJob['plan'],
  b: LayerJob['plan'],
  each: SideBySide,
): Promise<void> {
  const [out, inputs, height, width] = shape
  const taps = height * width
  const filters = out * inputs
  const first = await readerInOrder(wasm, a, shape)
  const second = await readerInOrder(wasm, b, shape).catch(async (error: unknown) => {
    await first.close()
    throw error
  })
  const [readerA, readerB] = [first.reader, second.reader]
  const step = readerA.isScattered || readerB.isScattered ? filters : Math.min(filters, SEGMENT)
  const bytes = Math.ceil((step * taps * 4) / 16) * 16
  const room = wasm.reserve(2 * bytes + Math.max(readerA.scratchBytes, readerB.scratchBytes) + 32)
  try {
    for (const [from, count] of pieces(filters, step)) {
      await takeTurns()
      await readerA.read(wasm, room, room + 2 * bytes, from, count)
      await readerB.read(wasm, room + bytes, room + 2 * bytes, from, count)
      each(room, room + bytes, count)
    }
  } finally {
    await first.close()
    await second.close()
  }
}

/**
 * The sums of two layers of one shape. They run through an output channel weight by weight and then from channel to channel,
 * whatever is read at a time.
 * @throws InputError when the bytes cannot be read
 */
export async function sumWeights(
  wasm: WasmInstance,
  shape: ConvShape,
  a: LayerJob['plan'],
  b: LayerJob['plan'],
): Promise<WeightSums> {
  const [, inputs, height, width] = shape
  const taps = height * width
  const sums = new ChannelSums(inputs * taps)
  await readSideBySide(wasm, shape, a, b, (atA, atB, count) => sums.add(wasm.f32(atA, count * taps), wasm.f32(atB, count * taps)))
  return sums.total()
}

/** Adds weights in the layer's order, output channel by output channel. */
class ChannelSums {
  readonly #length: number
  #at = 0
  #channel = 0
  /** Of the channel under way. */
  #a = 0
  #b = 0
  #ab = 0
  #change = 0
  /** Of the channels before it. */
  #weights = 0
  #squaresA = 0
  #squaresB = 0
  #products = 0
  #changes = 0
  #nonzero = 0
  #flipped = 0
  #zerosA = 0
  #zerosB = 0
  #zerosBoth = 0
  #least: WeightSums['least'] = null

  /** @param length weights of an output channel */
  constructor(length: number) {
    this.#length = length
  }

  add(a: Float32Array, b: Float32Array): void {
    for (let from = 0; from < a.length; ) {
      const end = Math.min(a.length, from + this.#length - this.#at)
      this.#addPart(a, b, from, end)
      this.#at += end - from
      from = end
      if (this.#at === this.#length) this.#endChannel()
    }
    this.#weights += a.length
  }

  #addPart(a: Float32Array, b: Float32Array, from: number, end: number): void {
    let [squaresA, squaresB, products, changes] = [this.#a, this.#b, this.#ab, this.#change]
    for (let k = from; k < end; k++) {
      const x = a[k]!
      const y = b[k]!
      squaresA += x * x
      squaresB += y * y
      products += x * y
      changes += (y - x) * (y - x)
      if (x === 0) {
        this.#zerosA++
        if (y === 0) this.#zerosBoth++
      }
      if (y === 0) this.#zerosB++
      else if (x !== 0) {
        this.#nonzero++
        if (x < 0 !== y < 0) this.#flipped++
      }
    }
    this.#a = squaresA
    this.#b = squaresB
    this.#ab = products
    this.#change = changes
  }

  #endChannel(): void {
    const cosine = weightCosine(this.#a, this.#b, this.#ab, this.#change)
    if (cosine !== null && (this.#least === null || cosine < this.#least.cosine)) this.#least = { channel: this.#channel, cosine }
    this.#squaresA += this.#a
    this.#squaresB += this.#b
    this.#products += this.#ab
    this.#changes += this.#change
    this.#a = this.#b = this.#ab = this.#change = 0
    this.#at = 0
    this.#channel++
  }

  total(): WeightSums {
    return {
      weights: this.#weights,
      squares_a: this.#squaresA,
      squares_b: this.#squaresB,
      products: this.#products,
      squared_change: this.#changes,
      both_nonzero: this.#nonzero,
      flipped: this.#flipped,
      zeros_a: this.#zerosA,
      zeros_b: this.#zerosB,
      zeros_both: this.#zerosBoth,
      least: this.#least,
    }
  }
}

/** a·b / (|a|·|b|) within [−1, 1], exactly 1 where nothing changed; null where one of them is zero. */
export function weightCosine(squaresA: number, squaresB: number, products: number, change: number): number | null {
  if (!(squaresA > 0 && squaresB > 0)) return null
  if (change === 0) return 1
  return Math.max(-1, Math.min(1, products / (Math.sqrt(squaresA) * Math.sqrt(squaresB))))
}
