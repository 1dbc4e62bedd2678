import * as v from 'valibot'
import { type Histograms, layerPieces, type RangedLayer } from '../measure/coefficients.ts'
import { tapsOf } from '../measure/kernel-size.ts'
import { countedLimit } from '../measure/layer-pass.ts'
import { layersAgain, wantedOf } from '../measure/layers-again.ts'
import { type MeasureOptions, settingsOf } from '../measure/options.ts'
import { isMeasuredKernel } from '../measure/select.ts'
import { recordNumberBytes, recordNumbers, recordOf, recordValue } from '../results/records.ts'
import { coefficientBins } from '../shift/bins.ts'
import { openInstance } from '../wasm/module.ts'
import { damagedPart, type GrowingPart, layerOfPart, type PartLayerKey, type PartRecord } from './part-file.ts'
import type { PlannedPiece } from './planned-inputs.ts'
import { type PlaceOpener, PlannedOpener } from './planned-opener.ts'
import type { CommonRanges, PlannedPass } from './second-pass.ts'

/** One shard of the pass `ranges`, or with the common ranges of the pass `counts`. */
export interface CoefficientTask {
  readonly pieces: AsyncIterable<PlannedPiece>
  readonly place: PlaceOpener
  readonly passes: readonly PlannedPass[]
  readonly ranges: CommonRanges | undefined
  /** Records of the shard's part of the pass `measure`. */
  readonly measured: AsyncIterable<PartRecord>
  readonly options: MeasureOptions
  /** Called with the filters of each layer, and of all that are read. */
  readonly onFilters?: (filters: number, all: number, model: string) => void
}

/** The text of a layer's record: what finds it, the second passes that it is of, and what sums over layers need of its row. */
type CoefficientText = readonly [
  input: '',
  model: string,
  layer_id: number,
  layer: string,
  of: readonly number[],
  row: RangedLayer,
]

/** Reads the coefficients of a shard's layers that its part does not hold yet. @throws InputError as `readCoefficients` */
export async function coefficientShard(part: GrowingPart, task: CoefficientTask): Promise<void> {
  const { passes, ranges, options, place, pieces, onFilters } = task
  const { parameters } = settingsOf(options)
  const models = passes.map(({ wanted, ranging }) => new Set(ranges ? wanted : ranging))
  const passesOf = (row: RangedLayer): number[] =>
    passes.flatMap(({ basis }, k) =>
      models[k]!.has(row.model) && tapsOf(row.kernel) === basis.mean.length && ranges?.[k] !== null ? [k] : [],
    )
  const rows: RangedLayer[] = []
  for await (const record of task.measured) {
    if (!record.text.startsWith('[')) continue
    const row = rangedLayer(layerOfPart(record).row)
    if (passesOf(row).length > 0 && !part.has(row)) rows.push(row)
  }
  const all = rows.reduce((sum, { filters }) => sum + filters, 0)
  const own = new Set(rows.map(({ model }) => model))
  const wasm = await openInstance()
  const layers = layersAgain({
    inputs: [],
    analysis: { parameters },
    wanted: wantedOf(rows),
    options: {
      ...(options.signal && { signal: options.signal }),
      open: (choice) =>
        new PlannedOpener(pieces, {
          place,
          choice,
          hash: false,
          keepGoing: false,
          only: (model) => own.has(model),
          signal: options.signal,
        }),
    },
  })
  for await (const { row, layer } of layers) {
    const taps = tapsOf(row.kernel)
    const of = passesOf(row)
    const arrays: (Float64Array | Uint32Array)[] = []
    if (ranges) {
      const limit = countedLimit(row.peak, parameters.threshold, parameters.profile)
      const counts = of.map(() => new Float64Array(taps * coefficientBins))
      for await (const [address, count] of layerPieces(wasm, layer))
        for (const [i, k] of of.entries()) {
          const [low, high] = ranges[k]!
          wasm.coefficientHistogram(address, count, taps, passes[k]!.basis, { low, high, ...limit }, counts[i]!)
        }
      for (const one of counts) arrays.push(Uint32Array.from(one))
    } else {
      const found = of.map(() => ({ min: new Float64Array(taps).fill(Infinity), max: new Float64Array(taps).fill(-Infinity) }))
      for await (const [address, count] of layerPieces(wasm, layer))
        for (const [i, k] of of.entries()) {
          const { lowest, highest } = wasm.coefficientRange(address, count, taps, passes[k]!.basis)
          const { min, max } = found[i]!
          for (let c = 0; c < taps; c++) {
            min[c] = Math.min(min[c]!, lowest[c]!)
            max[c] = Math.max(max[c]!, highest[c]!)
          }
        }
      for (const { min, max } of found) arrays.push(min, max)
    }
    const text = ['', row.model, row.layer_id, row.layer, of, row] satisfies CoefficientText
    await part.addLayer(recordOf(JSON.stringify(text), arrays))
    onFilters?.(row.filters, all, row.model)
  }
}

/** What the second pass needs of a row. */
function rangedLayer(row: RangedLayer): RangedLayer {
  const { model, layer, layer_id, kernel, conv_depth, conv_depth_norm, in_channels, filters, peak, sparse_filters } = row
  return { model, layer, layer_id, kernel, conv_depth, conv_depth_norm, in_channels, filters, peak, sparse_filters }
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const coefficientSchema: v.GenericSchema<CoefficientText> = v.strictTuple([
  v.literal(''),
  v.string(),
  count,
  v.string(),
  v.array(count),
  v.strictObject({
    model: v.string(),
    layer: v.string(),
    layer_id: count,
    kernel: v.pipe(v.string(), v.check(isMeasuredKernel)),
    conv_depth: count,
    conv_depth_norm: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    in_channels: count,
    filters: count,
    peak: v.pipe(v.number(), v.finite(), v.minValue(0)),
    sparse_filters: count,
  }),
])

/** What a record of a second pass says; `width`: bytes of a tap in each pass. What is wrong with it where it says nothing. */
function coefficientIn(text: string, bytes: Uint8Array, width: number): CoefficientText | string {
  const read = recordValue(coefficientSchema, text, 'is that of no layer')
  if ('problem' in read) return read.problem
  const [, model, layer_id, layer, of, row] = read.value
  const [found, expected] = [recordNumberBytes(bytes), of.length * tapsOf(row.kernel) * width]
  if (found !== expected) return `layer ${layer} of ${model} has ${found} bytes of numbers for ${expected}`
  return row.model === model && row.layer_id === layer_id && row.layer === layer
    ? read.value
    : `layer ${layer} of ${model} has the row of another`
}

/** Bytes of a tap: its two ends in the pass `ranges`, its bins in the pass `counts`. */
const RANGE_WIDTH = 2 * Float64Array.BYTES_PER_ELEMENT
const COUNTS_WIDTH = coefficientBins * Uint32Array.BYTES_PER_ELEMENT

/** The layer of a record of a second pass; undefined where it holds none. */
export function coefficientKey(pass: 'ranges' | 'counts'): (record: Uint8Array, text: string) => PartLayerKey | undefined {
  return (record, text) => {
    const read = coefficientIn(text, record, pass === 'ranges' ? RANGE_WIDTH : COUNTS_WIDTH)
    return typeof read === 'string' ? undefined : { model: read[1], layer_id: read[2], layer: read[3] }
  }
}

/** @throws InputError when the record holds no layer of a second pass */
function coefficientOf({ file, text, bytes }: PartRecord, width: number): CoefficientText {
  const read = coefficientIn(text, bytes, width)
  if (typeof read === 'string') throw damagedPart(file, read)
  return read
}

/** The ranges of one second pass in a part's records, layer by layer. */
export async function* rangesIn(
  records: AsyncIterable<PartRecord>,
  pass: number,
): AsyncGenerator<{ readonly row: RangedLayer } & Pick<Histograms, 'min' | 'max'>> {
  for await (const record of records) {
    const [, , , , of, row] = coefficientOf(record, RANGE_WIDTH)
    const taps = tapsOf(row.kernel)
    const { doubles } = recordNumbers(record.bytes)
    for (const k of of) {
      const [min, max] = [doubles(taps), doubles(taps)]
      if (min.some(Number.isNaN) || max.some(Number.isNaN))
        throw damagedPart(record.file, `layer ${row.layer} of ${row.model} has ranges that are no numbers`)
      if (k === pass) yield { row, min, max }
    }
  }
}

/** The counts of one second pass in a part's records, layer by layer. */
export async function* countsIn(
  records: AsyncIterable<PartRecord>,
  pass: number,
): AsyncGenerator<{ readonly row: RangedLayer; readonly counts: Float64Array }> {
  for await (const record of records) {
    const [, , , , of, row] = coefficientOf(record, COUNTS_WIDTH)
    const taps = tapsOf(row.kernel)
    const { words } = recordNumbers(record.bytes)
    for (const k of of) {
      const counts = words(taps * coefficientBins)
      if (k === pass) yield { row, counts: Float64Array.from(counts) }
    }
  }
}
