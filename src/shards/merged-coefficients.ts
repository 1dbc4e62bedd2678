import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import type { CoefficientReading } from '../measure/coefficients.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { LayerSource, StreamedRun } from '../measure/layer-source.ts'
import { keepsSparse } from '../measure/profile.ts'
import type { MeasureEvent } from '../measure/run.ts'
import type { CollectedRun } from '../results/collect.ts'
import type { FilterBasis } from '../wasm/projections.ts'
import { countsIn, rangesIn } from './coefficient-shard.ts'
import { type PartRecord, partRecords } from './part-file.ts'
import type { OpenPlan } from './plan.ts'
import { type PassName, planPaths } from './plan-paths.ts'
import type { CommonRanges, PlannedPass } from './second-pass.ts'

/** Opens the part of a shard in a pass, which was checked. */
export type PassPartOpener = (pass: PassName, shard: number) => Promise<RandomAccess>

/** The records of all parts of a pass, in the order of the run. */
async function* recordsOfPass({ plan }: OpenPlan, pass: PassName, open: PassPartOpener): AsyncGenerator<PartRecord> {
  for (let shard = 0; shard < plan.shards.length; shard++) {
    const access = await open(pass, shard)
    try {
      yield* partRecords(access)
    } finally {
      await access.close?.()
    }
  }
}

/** The common range of each second pass, from the parts of the pass `ranges`. */
export async function commonRanges(plan: OpenPlan, passes: readonly PlannedPass[], open: PassPartOpener): Promise<CommonRanges> {
  const found: (readonly [low: number, high: number] | null)[] = []
  for (const k of passes.keys()) {
    let [low, high] = [Infinity, -Infinity]
    for await (const { min, max } of rangesIn(recordsOfPass(plan, 'ranges', open), k)) {
      low = min.reduce((a, b) => Math.min(a, b), low)
      high = max.reduce((a, b) => Math.max(a, b), high)
    }
    found.push(low > high ? null : [low, high])
  }
  return found
}

/** Tells what `readCoefficients` does, from the parts of the passes `ranges` and `counts`; asked once for each second pass, in their order. */
export function coefficientReader(
  plan: OpenPlan,
  passes: readonly PlannedPass[],
  ranges: CommonRanges,
  open: PassPartOpener,
): (reading: CoefficientReading) => Promise<void> {
  let asked = 0
  return async ({ analysis, basis, options, onRange, onCommonRange, onCounts }) => {
    const k = asked++
    const pass = passes[k]
    if (!pass || !isSameBasis(pass.basis, basis))
      throw new InputError(
        `${plan.name}/${planPaths.basis}`,
        'is not of the parts that are there; delete it and run filterlens merge --basis again',
      )
    for await (const { row, min, max } of rangesIn(recordsOfPass(plan, 'ranges', open), k)) {
      options.signal?.throwIfAborted()
      onRange(row, { min, max })
    }
    const range = ranges[k] ?? null
    onCommonRange(range ?? [0, 1])
    if (!range) return
    const kept = keepsSparse(analysis.parameters.profile)
    for await (const { row, counts } of countsIn(recordsOfPass(plan, 'counts', open), k)) {
      options.signal?.throwIfAborted()
      onCounts(row, { filters: kept ? row.filters : row.filters - row.sparse_filters, counts })
    }
  }
}

function isSameBasis(a: FilterBasis, b: FilterBasis): boolean {
  const isSame = (one: Float64Array, other: Float64Array): boolean =>
    one.length === other.length && one.every((value, k) => Object.is(value, other[k]))
  return isSame(a.mean, b.mean) && isSame(a.components, b.components)
}

/** Rows that are told together. */
const BATCH = 256

/** A run whose layers are read from parts whenever they are asked for, all of them in order: `events` tells the run from its start. */
export function runOfEvents(record: CollectedRun, events: () => AsyncIterable<MeasureEvent>): StreamedRun {
  const models = new Set(record.models.map(({ model }) => model))
  const inOrder = (): never => {
    throw new Error('layers of parts are read in order, not by model')
  }
  async function* rows(): AsyncGenerator<readonly LayerRow[]> {
    let batch: LayerRow[] = []
    for await (const event of events()) {
      if (event.kind !== 'layer' || !models.has(event.row.model)) continue
      batch.push(event.row)
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }
  const layers: LayerSource = { count: record.layerCount, rows, metrics: rows, of: inOrder, metricsOf: inOrder }
  return { ...record, layers, skipped: { count: 0, rows: inOrder, of: inOrder } }
}
