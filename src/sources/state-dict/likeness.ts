import type { StoredType } from '../../wasm/stored.ts'
import { numbersOf } from '../../weights/numbers.ts'
import { storedBytes } from '../../weights/stored-bytes.ts'
import type { NamedTensor } from './named-tensor.ts'

/** Elements of each weight that are compared, from its first one on. */
const SAMPLED = 1024
/** Elements by which most weights are told apart, and the cosine over them below which they are. */
const GLANCED = 64
const LEAST_LIKENESS = 0.5
/** Values further from the others than this many times their median are cut to it, so that the ones of an identity do not decide. */
const MOST_DEVIATION = 3
/** The cosine from which on what is a weight's own, beside what all its kernels share, is alike too. */
const OWN_ALIKE = 0.5
/** What rounding to bfloat16 changes at most, of a value: half of its last of eight bits; and the smallest step of float16. */
const ROUNDING = 1 / 256
const SMALLEST_STEP = 1 / 16_777_216
/** The same of float8 with two bits behind the first, and the step of its smallest numbers. */
const FLOAT8_ROUNDING = 1 / 8
const FLOAT8_STEP = 1 / 512
/** Bytes that are compared in one step. */
const COMPARED = 1 << 20
/** Weights that were learned, or drawn at random, take more values than this; those of a fixed kernel (a blur, an edge) fewer. */
const FEWEST_VALUES = 16
/** Weights that are looked at in one step of time. */
const AT_A_TIME = 8

/**
 * From this cosine on between their weights two networks of one structure are one and its copy. An average over the training, a target
 * or a state of the same training is above it; networks with a start of their own are near 0 (docs/decisions/depth-by-names.md).
 */
export const ALIKE = 0.95

/** The first stored values of a weight, as they stand in the file. */
export interface Sample {
  readonly values: Float64Array
  /** The type in which they are stored. */
  readonly dtype: StoredType
  /** How they are laid out: samples of one layout alone can be compared. */
  readonly layout: string
  /** Elements of one kernel. */
  readonly kernel: number
  /** Whether they tell one weight from another: a constant, a mask or a fixed kernel does not. */
  readonly isTelling: boolean
}

/** The samples of some tensors by position; a tensor without plain stored values has none. */
export async function samplesOf(tensors: readonly NamedTensor[], positions: readonly number[]): Promise<Map<number, Sample>> {
  const samples = new Map<number, Sample>()
  for (let from = 0; from < positions.length; from += AT_A_TIME) {
    const some = positions.slice(from, from + AT_A_TIME)
    const read = await Promise.all(some.map((k) => sampleOf(tensors[k]!)))
    some.forEach((k, at) => {
      if (read[at]) samples.set(k, read[at])
    })
  }
  return samples
}

async function sampleOf({ shape, weights }: NamedTensor): Promise<Sample | undefined> {
  if ('unsupported' in weights || weights.dequantise) return undefined
  const { access, offset, dtype, strides } = weights
  const count = Math.min(
    SAMPLED,
    shape.reduce((product, size) => product * size, 1),
  )
  const bytes = count * storedBytes[dtype]
  // A file that is too short is refused by whoever reads the weight.
  if (count === 0 || offset + bytes > access.byteLength) return undefined
  return sampleFrom(
    numbersOf(await access.read(offset, bytes), dtype, count),
    dtype,
    strides?.join() ?? '',
    shape.slice(2).reduce((product, size) => product * size, 1),
  )
}

/** A sample of these values, which are kernels of so many elements. */
function sampleFrom(values: Float64Array, dtype: StoredType, layout: string, kernel: number): Sample {
  return { values, dtype, layout, kernel, isTelling: new Set(values).size >= FEWEST_VALUES && values.every(Number.isFinite) }
}

/**
 * The cosine between two networks over the samples of all their weights: 1 for equal ones. Undefined when nothing tells. Sums in the order
 * of the pairs, so it is the same everywhere.
 */
export function networkCosine(pairs: Iterable<readonly [Sample | undefined, Sample | undefined]>): number | undefined {
  let [dot, first, second] = [0, 0, 0]
  for (const [a, b] of pairs) {
    if (!a?.isTelling || !b?.isTelling || a.layout !== b.layout) continue
    const count = Math.min(a.values.length, b.values.length)
    for (let k = 0; k < count; k++) {
      dot += a.values[k]! * b.values[k]!
      first += a.values[k]! * a.values[k]!
      second += b.values[k]! * b.values[k]!
    }
  }
  return first > 0 && second > 0 ? dot / (Math.sqrt(first) * Math.sqrt(second)) : undefined
}

/**
 * Whether two networks are alike in what is their own as well: without the median of each place of the kernels, and without outliers. Two
 * networks that were drawn around one constant, one blur or one identity are near each other by `networkCosine`, and no copies.
 */
export function areOwnValuesAlike(pairs: Iterable<readonly [Sample | undefined, Sample | undefined]>): boolean {
  const rests = [...pairs].map(([a, b]) => [a && ownValues(a), b && ownValues(b)] as const)
  return (networkCosine(rests) ?? 1) >= OWN_ALIKE
}

function ownValues(sample: Sample): Sample {
  const { values, kernel } = sample
  const middles = Array.from({ length: kernel }, (_, place) => medianOf(values.filter((_, k) => k % kernel === place)))
  const rest = values.map((value, k) => value - middles[k % kernel]!)
  const most = MOST_DEVIATION * medianOf(rest.map(Math.abs))
  return { ...sample, values: most > 0 ? rest.map((value) => Math.min(most, Math.max(-most, value))) : rest }
}

/** Sorts them. */
const medianOf = (values: Float64Array): number => values.sort()[values.length >> 1] ?? 0

/** False where the first few values say already that two weights are not alike, so that most pairs cost little. */
export function mayBeAlike(a: Sample, b: Sample): boolean {
  const count = Math.min(GLANCED, a.values.length, b.values.length)
  let [dot, first, second] = [0, 0, 0]
  for (let k = 0; k < count; k++) {
    dot += a.values[k]! * b.values[k]!
    first += a.values[k]! * a.values[k]!
    second += b.values[k]! * b.values[k]!
  }
  return first === 0 || second === 0 || dot >= LEAST_LIKENESS * Math.sqrt(first) * Math.sqrt(second)
}

/** Whether two tensors are stored alike and are the same bytes, compared from the first to the last or to where they differ. */
export async function sameBytes(a: NamedTensor, b: NamedTensor): Promise<boolean> {
  const [x, y] = [a.weights, b.weights]
  if ('unsupported' in x || 'unsupported' in y || x.dequantise || y.dequantise) return false
  if (x.dtype !== y.dtype || x.strides?.join() !== y.strides?.join()) return false
  const elements = a.shape.reduce((product, size) => product * size, 1)
  if (elements !== b.shape.reduce((product, size) => product * size, 1)) return false
  // A view with gaps, or one that repeats its elements, is compared with nothing.
  if (x.strides && x.strides.reduce((span, stride, axis) => span + stride * (a.shape[axis]! - 1), 1) !== elements) return false
  const stored = storedBytes[x.dtype] * elements
  // A file that is too short is refused by whoever reads the weight.
  if (x.offset + stored > x.access.byteLength || y.offset + stored > y.access.byteLength) return false
  for (let from = 0; from < stored; from += COMPARED) {
    const bytes = Math.min(COMPARED, stored - from)
    const [p, q] = await Promise.all([x.access.read(x.offset + from, bytes), y.access.read(y.offset + from, bytes)])
    if (!p.every((byte, k) => byte === q[k])) return false
  }
  return true
}

/**
 * How two samples of one weight are to each other: `same` numbers; `rounded` ones, as float16 and bfloat16 leave them and float8 in its
 * type; or `other` ones, as any step of a training makes them.
 */
export function areSameRounded(a: Sample, b: Sample): 'same' | 'rounded' | 'other' {
  if (a.layout !== b.layout) return 'other'
  const isCoarse = [a, b].some(({ dtype }) => dtype.startsWith('float8'))
  const most = isCoarse ? FLOAT8_ROUNDING : ROUNDING
  const count = Math.min(a.values.length, b.values.length)
  let isSame = a.dtype === b.dtype
  for (let k = 0; k < count; k++) {
    const [x, y] = [a.values[k]!, b.values[k]!]
    if (x === y) continue
    isSame = false
    if (Math.abs(x - y) > most * Math.max(Math.abs(x), Math.abs(y)) + (isCoarse ? FLOAT8_STEP : SMALLEST_STEP)) return 'other'
  }
  return isSame ? 'same' : 'rounded'
}

/** Names that differ in a number only: states of one training, members of an ensemble, blocks. */
export function isSeries(a: string, b: string): boolean {
  return a !== b && a.replaceAll(/\d+/g, '#') === b.replaceAll(/\d+/g, '#')
}

/** What is said of two networks with nearly the same values, neither of which is named like a copy; `more`: further pairs. */
export function nearWords(a: string, b: string, cosine: number, more = 0): string {
  const others = more > 0 ? `, and ${more} further pair${more === 1 ? '' : 's'}` : ''
  return `${a} and ${b} hold nearly the same values (cosine ${cosine.toFixed(4)}${others}): as no name speaks of an average or a teacher, each is measured for itself`
}

/** What is said of a copy whose values were compared. */
export function cosineWords(cosine: number | undefined): string {
  return cosine === undefined ? '' : `, with values alike: cosine ${cosine.toFixed(4)}`
}
