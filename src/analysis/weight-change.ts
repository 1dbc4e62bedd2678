import { memoryAccess } from '../io/random-access.ts'
import { FiltersInMemory } from '../measure/filters-in-memory.ts'
import { countedLimit } from '../measure/layer-pass.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layerSpectrum, spectrumBytes } from '../measure/layer-spectrum.ts'
import type { LayerJob } from '../measure/measurer.ts'
import type { Parameters } from '../measure/parameters.ts'
import { readSideBySide, sumWeights, type WeightSums, weightCosine } from '../measure/weight-sums.ts'
import { scaleOf } from '../shift/level.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../shift/principal-components.ts'
import { halvesChance } from '../shift/random-halves.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { type Moments, mergeMoments } from '../wasm/moments.ts'
import { weightReader } from '../weights/reader.ts'
import { coefficientBins } from './coefficients.ts'
import type { WeightChange } from './report-types.ts'
import { singularValues } from './singular-values.ts'

/** A layer as it was measured, and where its weights lie. */
export interface MeasuredWeights {
  readonly row: Pick<LayerRow, 'peak' | 'scaled' | 'raw'>
  readonly plan: LayerJob['plan']
}

/** Deals of the filters, and their seed. */
const CHANCE = { seed: 1, draws: 200 }

/** The members about the spectrum of the change. */
type ChangeSpectrum = Pick<
  WeightChange,
  'change_norm' | 'change_edge' | 'change_singular_values' | 'change_above_edge' | 'change_above_energy'
>

const noSpectrum: ChangeSpectrum = {
  change_norm: null,
  change_edge: null,
  change_singular_values: null,
  change_above_edge: null,
  change_above_energy: null,
}

/** Values of the smaller side up to which all are found: a product of 32 MB. */
const MOST_VALUES = 2048

/** Weights of a layer whose change is held at a time for its spectrum: 256 MB. */
const MOST_OF_CHANGE = 1 << 26

/** Components whose span stands for a filter basis. */
const LEADING = 3

/**
 * Compares two weights of one shape; both are read once, for D with its level by chance twice more.
 * @throws InputError when the bytes cannot be read
 */
export async function weightChange(
  wasm: WasmInstance,
  shape: LayerJob['shape'],
  a: MeasuredWeights,
  b: MeasuredWeights,
  parameters: Pick<Parameters, 'threshold' | 'profile' | 'metrics'>,
): Promise<WeightChange> {
  const sums = await sumWeights(wasm, shape, a.plan, b.plan)
  return {
    ...ofSums(sums),
    ...(await shiftOf(wasm, shape, a, b, parameters, sums)),
    principal_cosines: anglesOf(wasm, a, b),
    ...(await spectrumOf(wasm, shape, a, b, parameters, sums)),
  }
}

type OfSums = Omit<WeightChange, 'shift' | 'shift_chance' | 'principal_cosines' | 'because' | keyof ChangeSpectrum>

function ofSums(sums: WeightSums): OfSums {
  const { squares_a, squares_b, products, squared_change, least } = sums
  const either = sums.zeros_a + sums.zeros_b - sums.zeros_both
  return {
    relative_change: squares_a > 0 ? Math.sqrt(squared_change) / Math.sqrt(squares_a) : null,
    cosine: weightCosine(squares_a, squares_b, products, squared_change),
    least_cosine: least?.cosine ?? null,
    least_channel: least?.channel ?? null,
    sign_flips: sums.both_nonzero > 0 ? sums.flipped / sums.both_nonzero : null,
    zeros_a: sums.zeros_a,
    zeros_b: sums.zeros_b,
    zeros_both: sums.zeros_both,
    zero_overlap: either > 0 ? sums.zeros_both / either : null,
  }
}

async function shiftOf(
  wasm: WasmInstance,
  shape: LayerJob['shape'],
  a: MeasuredWeights,
  b: MeasuredWeights,
  { threshold, profile }: Pick<Parameters, 'threshold' | 'profile'>,
  { squared_change }: WeightSums,
): Promise<Pick<WeightChange, 'shift' | 'shift_chance' | 'because'>> {
  const joint = mergeMoments([a.row.scaled, b.row.scaled])
  const because = whyNoBasis(joint)
  if (because !== null || a.row.scaled.count === 0 || b.row.scaled.count === 0)
    return { shift: null, shift_chance: null, because: because ?? 'one of them has no non-sparse filter' }
  if (squared_change === 0) return { shift: 0, shift_chance: null, because: null }
  const basis = principalComponents(joint)
  const taps = shape[2] * shape[3]
  const range: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const widen = (address: number, filters: number): void => {
    const { lowest, highest } = wasm.coefficientRange(address, filters, taps, basis)
    range[0] = lowest.reduce((least, value) => Math.min(least, value), range[0])
    range[1] = highest.reduce((most, value) => Math.max(most, value), range[1])
  }
  await readSideBySide(wasm, shape, a.plan, b.plan, (atA, atB, filters) => {
    widen(atA, filters)
    widen(atB, filters)
  })
  const counts = [new Float64Array(taps * coefficientBins), new Float64Array(taps * coefficientBins)] as const
  const limits = [a, b].map(({ row }) => countedLimit(row.peak, threshold, profile))
  const [low, high] = range
  await readSideBySide(wasm, shape, a.plan, b.plan, (atA, atB, filters) => {
    wasm.coefficientHistogram(atA, filters, taps, basis, { low, high, ...limits[0]! }, counts[0])
    wasm.coefficientHistogram(atB, filters, taps, basis, { low, high, ...limits[1]! }, counts[1])
  })
  const [first, second] = [a, b].map(({ row }, k) =>
    densities({ filters: row.scaled.count, counts: counts[k]! }, range, wasm.math),
  )
  const { shift } = distributionShift(first!, second!, basis.explainedVarianceRatio)
  const chance = halvesChance(shift, ...counts, scaleOf(basis.explainedVarianceRatio, range), wasm, CHANCE)
  return { shift, shift_chance: chance && { median: chance.median, high: chance.high, p: chance.p }, because: null }
}

/** The singular values of b − a, rounded to float32, and the edge s·(√O + √(I·k²)) of independent numbers, s² their mean square. */
async function spectrumOf(
  wasm: WasmInstance,
  shape: LayerJob['shape'],
  a: MeasuredWeights,
  b: MeasuredWeights,
  { metrics }: Pick<Parameters, 'metrics'>,
  { squared_change, weights }: WeightSums,
): Promise<ChangeSpectrum> {
  if (!metrics?.includes('spectral_norm') || weights > MOST_OF_CHANGE) return noSpectrum
  const [out, inputs, height, width] = shape
  const taps = height * width
  const change = new Float32Array(weights)
  let at = 0
  await readSideBySide(wasm, shape, a.plan, b.plan, (atA, atB, filters) => {
    const [x, y] = [wasm.f32(atA, filters * taps), wasm.f32(atB, filters * taps)]
    for (let k = 0; k < x.length; k++) change[at + k] = y[k]! - x[k]!
    at += x.length
  })
  const bytes = Math.ceil(change.byteLength / 16) * 16
  const data = wasm.reserve(bytes + spectrumBytes({ out, inputs, taps }))
  const access = memoryAccess('the change', new Uint8Array(change.buffer))
  const reader = weightReader({ access, offset: 0, dtype: 'float32' }, shape)
  const filters = new FiltersInMemory(wasm, reader, {
    data,
    scratch: data,
    held: reader.filters,
    whole: true,
    batchSize: undefined,
  })
  const { norm } = await layerSpectrum(wasm, filters, { out, inputs, taps, room: data + bytes })
  const deviation = Math.sqrt(squared_change / weights)
  const edge = deviation * (Math.sqrt(out) + Math.sqrt(inputs * taps))
  const known = { ...noSpectrum, change_norm: norm, change_edge: edge }
  if (Math.min(out, inputs * taps) > MOST_VALUES) return known
  const values = await singularValues(change, out, inputs * taps)
  const above = values.filter((value) => value > edge)
  const energy = above.reduce((sum, value) => sum + value * value, 0)
  return {
    ...known,
    change_singular_values: [...values],
    change_above_edge: squared_change > 0 ? above.length : 0,
    change_above_energy: squared_change > 0 ? Math.min(1, energy / squared_change) : 0,
  }
}

/** Cosines of the principal angles between the spans of the leading components: singular values of their products. */
function anglesOf(wasm: WasmInstance, a: MeasuredWeights, b: MeasuredWeights): readonly number[] | null {
  const [first, second] = [basisOf(a.row.scaled), basisOf(b.row.scaled)]
  if (!first || !second) return null
  const taps = first.mean.length
  const n = Math.min(LEADING, taps)
  const products = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < taps; k++) products[i * n + j]! += first.components[i * taps + k]! * second.components[j * taps + k]!
  const squares = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) squares[i * n + j]! += products[i * n + k]! * products[j * n + k]!
  return Array.from(wasm.eigenvalues(squares), (value) => Math.sqrt(Math.min(1, Math.max(0, value))))
}

function basisOf(moments: Moments): PrincipalComponents | null {
  return whyNoBasis(moments) === null ? principalComponents(moments) : null
}
