import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { requireRange } from '../io/random-access.ts'
import { numbersOf } from './numbers.ts'
import type { ConvShape, WeightPlan } from './plan.ts'
import { storedBytes } from './stored-bytes.ts'

/**
 * What a network does to a stored tensor before it uses it as a weight:
 * - `mask`: w · m, element by element (pruning);
 * - `scale`: w · s, with one s or one for each output channel (eight-bit floats with their scale beside them);
 * - `norm`: v · (g / ‖v‖), the norm over all elements of one index of `axis`, or over the whole tensor (weight normalisation);
 * - `spectral`: w / σ with σ = Σ_o u_o · Σ_j w_oj · v_j, rows o being the channels of `axis`, j all else in (out, in, row, column) order
 *   (spectral normalisation with its stored u and v);
 *   where v is not stored, as before torch 1.0, it is t / max(‖t‖, 1e-12) with t_j = Σ_o u_o · w_oj, the step that torch makes.
 */
export type Effect =
  | { readonly kind: 'mask'; readonly mask: WeightPlan }
  | { readonly kind: 'scale'; readonly scale: WeightPlan; readonly axis: 0 | undefined }
  | { readonly kind: 'norm'; readonly gain: WeightPlan; readonly axis: 0 | 1 | undefined }
  | { readonly kind: 'spectral'; readonly u: WeightPlan; readonly v: WeightPlan | undefined; readonly axis: 0 | 1 }

/** What torch.nn.utils.spectral_norm divides by at least. */
const SMALLEST_NORM = 1e-12
/** Elements that are computed at a time. */
const PIECE = 1 << 18
/** Stored bytes of a strided part that are read at once; a larger one is refused. */
const MOST_STRIDED = 1 << 28

/**
 * The plan of an effective weight. Its bytes are computed when they are read: every product, sum and quotient in double, sums in
 * (out, in, row, column) order, and the result rounded once to float32; so the same bits come out in every engine, whatever range is
 * read. Memory is one piece of each part, and one factor per channel.
 */
export function effectivePlan(name: string, shape: ConvShape, weight: WeightPlan, effect: Effect): WeightPlan {
  const count = shape.reduce((product, size) => product * size, 1)
  const byteLength = 4 * count
  const base = elementsOf(weight, shape)
  const factor = factorOf(shape, count, base, effect)
  let known: Promise<Factor> | undefined
  const access: RandomAccess = {
    name,
    byteLength,
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      known ??= factor()
      const multiply = await known
      const out = into?.subarray(0, length) ?? new Uint8Array(length)
      const last = Math.ceil((offset + length) / 4)
      for (let from = Math.floor(offset / 4); from < last; from += PIECE) {
        const some = Math.min(PIECE, last - from)
        const values = Float32Array.from(await multiply(await base(from, some), from))
        const bytes = new Uint8Array(values.buffer)
        const skip = Math.max(0, offset - 4 * from)
        const at = 4 * from + skip - offset
        out.set(bytes.subarray(skip, skip + Math.min(bytes.length - skip, length - at)), at)
      }
      return out
    },
  }
  return { access, offset: 0, dtype: 'float32' }
}

/** Turns stored elements, of which the first is `from`, into effective ones in place. */
type Factor = (values: Float64Array, from: number) => Float64Array | Promise<Float64Array>

function factorOf(shape: ConvShape, count: number, base: Elements, effect: Effect): () => Promise<Factor> {
  if (effect.kind === 'mask') {
    const mask = elementsOf(effect.mask, shape)
    return async () => async (values, from) => {
      const factors = await mask(from, values.length)
      for (let k = 0; k < values.length; k++) values[k]! *= factors[k]!
      return values
    }
  }
  const [out, inputs, rows, columns] = shape
  const perOut = inputs * rows * columns
  const taps = rows * columns
  if (effect.kind === 'spectral') {
    const row = effect.axis === 0 ? out : inputs
    const perRow = count / row
    const rowOf = effect.axis === 0 ? (k: number) => Math.floor(k / perOut) : (k: number) => Math.floor(k / taps) % inputs
    const restOf = effect.axis === 0 ? (k: number) => k % perOut : (k: number) => Math.floor(k / perOut) * taps + (k % taps)
    return async () => {
      const u = await all(effect.u, row)
      const v = effect.v ? await all(effect.v, perRow) : await rightVector(base, count, u, perRow, rowOf, restOf)
      const sums = new Float64Array(row)
      await eachElement(base, count, (value, k) => {
        sums[rowOf(k)]! += value * v[restOf(k)]!
      })
      let sigma = 0
      for (let r = 0; r < row; r++) sigma += u[r]! * sums[r]!
      return (values) => {
        for (let k = 0; k < values.length; k++) values[k]! /= sigma
        return values
      }
    }
  }
  if (effect.kind === 'scale')
    return async () => {
      const scales = await all(effect.scale, effect.axis === 0 ? out : 1)
      return (values, from) => {
        for (let k = 0; k < values.length; k++) values[k]! *= scales[effect.axis === 0 ? Math.floor((from + k) / perOut) : 0]!
        return values
      }
    }
  const { axis } = effect
  const channels = axis === 0 ? out : axis === 1 ? inputs : 1
  const channelOf = (k: number): number => (axis === 0 ? Math.floor(k / perOut) : axis === 1 ? Math.floor(k / taps) % inputs : 0)
  return async () => {
    const gains = await all(effect.gain, channels)
    const squares = new Float64Array(channels)
    await eachElement(base, count, (value, k) => {
      squares[channelOf(k)]! += value * value
    })
    const factors = gains.map((gain, k) => gain / Math.sqrt(squares[k]!))
    return (values, from) => {
      for (let k = 0; k < values.length; k++) values[k]! *= factors[channelOf(from + k)]!
      return values
    }
  }
}

/** Wᵀu over its norm. */
async function rightVector(
  base: Elements,
  count: number,
  u: Float64Array,
  perRow: number,
  rowOf: (k: number) => number,
  restOf: (k: number) => number,
): Promise<Float64Array> {
  const v = new Float64Array(perRow)
  await eachElement(base, count, (value, k) => {
    v[restOf(k)]! += value * u[rowOf(k)]!
  })
  let squares = 0
  for (const value of v) squares += value * value
  const norm = Math.max(Math.sqrt(squares), SMALLEST_NORM)
  return v.map((value) => value / norm)
}

/** Elements [from, from + count) in (out, in, row, column) order, as doubles in an array of their own. */
type Elements = (from: number, count: number) => Promise<Float64Array>

function elementsOf(plan: WeightPlan, shape: ConvShape): Elements {
  const { access, offset, dtype, strides } = plan
  const bytes = storedBytes[dtype]
  if (!strides) return async (from, count) => numbersOf(await access.read(offset + from * bytes, count * bytes), dtype, count)
  const [, inputs, rows, columns] = shape
  const span = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 1)
  let whole: Promise<Float64Array> | undefined
  return async (from, count) => {
    if (span * bytes > MOST_STRIDED)
      throw new InputError(access.name, `a strided tensor of ${span * bytes} bytes is too large to be computed with`)
    whole ??= access.read(offset, span * bytes).then((read) => numbersOf(read, dtype, span))
    const stored = await whole
    return Float64Array.from({ length: count }, (_, n) => {
      const k = from + n
      const column = k % columns
      const row = Math.floor(k / columns) % rows
      const input = Math.floor(k / (columns * rows)) % inputs
      const out = Math.floor(k / (columns * rows * inputs))
      return stored[out * strides[0] + input * strides[1] + row * strides[2] + column * strides[3]]!
    })
  }
}

async function eachElement(base: Elements, count: number, visit: (value: number, k: number) => void): Promise<void> {
  for (let from = 0; from < count; from += PIECE) {
    const values = await base(from, Math.min(PIECE, count - from))
    for (let k = 0; k < values.length; k++) visit(values[k]!, from + k)
  }
}

/** A small dense tensor as a whole. */
async function all({ access, offset, dtype }: WeightPlan, count: number): Promise<Float64Array> {
  return numbersOf(await access.read(offset, count * storedBytes[dtype]), dtype, count)
}
