import { type Fields, numberField, optional, type RowOf, textField } from '../arrow/fields.ts'
import { InputError } from '../errors.ts'
import type { LazyInput } from '../io/random-access.ts'
import { type LayerMetrics, type LayerRow, layerFields, layerMetricNames } from '../measure/layer-row.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import { isNonFiniteLayer } from '../measure/non-finite.ts'
import { type MeasureOptions, settingsOf } from '../measure/options.ts'
import { measure } from '../measure/run.ts'
import { changesOf, type MeasuredModel } from './changes.ts'
import { matchLayers } from './compare-models.ts'
import type { LeftOut } from './findings.ts'
import type { WeightChange } from './report-types.ts'

/** A checkpoint of a series: its name, its place, and where it is read from. */
export interface SeriesCheckpoint {
  readonly name: string
  readonly position: number
  readonly input: LazyInput
}

const by = 'the series'

function changeFields(which: 'first' | 'previous') {
  const of = (what: string) => optional(numberField('float64', `${what}, from the ${which} checkpoint`, by))
  return {
    [`${which}_relative_change`]: of('‖b − a‖ / ‖a‖ of the weights'),
    [`${which}_cosine`]: of('cosine of the weights'),
    [`${which}_least_cosine`]: of('least cosine of an output channel'),
    [`${which}_sign_flips`]: of('share of weights whose sign differs'),
    [`${which}_shift`]: of('distribution shift D in the basis of both'),
    [`${which}_shift_chance`]: of('95 % level of that D by chance'),
  } as const
}

const placeInSeries = {
  checkpoint: textField('its file', by),
  sha256: optional(textField("SHA-256 of the file's bytes; null where it is more than one file", 'the run')),
  order: numberField('int32', 'its place in the series, from 0', by),
  position: numberField('float64', 'step, epoch, number in the name or time in milliseconds, as the table says by which', by),
} as const satisfies Fields

/** The members of a row of a trajectory: a layer at a checkpoint, its metrics, and what changed. */
export function trajectoryFields(metrics: readonly Metric[] = layerMetrics): Fields {
  const layer = layerFields(metrics)
  return {
    ...placeInSeries,
    ...Object.fromEntries(layerMetricNames(metrics).flatMap((name) => (name === 'model' ? [] : [[name, layer[name]!]]))),
    ...changeFields('first'),
    ...changeFields('previous'),
  }
}

/** A layer at a checkpoint. Null changes: it is the first, has no counterpart, or another shape. */
export type TrajectoryRow = RowOf<typeof placeInSeries> &
  Omit<LayerMetrics, 'model'> &
  Readonly<
    Record<
      `${'first' | 'previous'}_${'relative_change' | 'cosine' | 'least_cosine' | 'sign_flips' | 'shift' | 'shift_chance'}`,
      number | null
    >
  >

/** A series of checkpoints while it is measured: rows of all, statistics and weights of the first and of the one before. */
export class Trajectory {
  readonly rows: TrajectoryRow[] = []
  readonly #options: MeasureOptions
  #first: MeasuredModel | undefined
  #previous: MeasuredModel | undefined
  #order = 0

  constructor(options: MeasureOptions) {
    this.#options = options
  }

  /** Checkpoints so far. */
  get length(): number {
    return this.#order
  }

  /** The last checkpoint, with the statistics of its layers. */
  get last(): MeasuredModel | undefined {
    return this.#previous
  }

  /** Measures the next checkpoint. @throws InputError when it cannot be read, or holds no layer to measure */
  async add({ name, position, input }: SeriesCheckpoint): Promise<readonly TrajectoryRow[]> {
    const { model, sha256 } = await this.#measure(input)
    return this.addMeasured({ name, position, sha256 }, model)
  }

  /** The same for one that was measured with the options of the series. @throws InputError when it cannot be read again */
  async addMeasured(
    { name, position, sha256 }: Omit<SeriesCheckpoint, 'input'> & { readonly sha256: string | null },
    model: MeasuredModel,
  ): Promise<readonly TrajectoryRow[]> {
    const [first, previous] = [await this.#changes(this.#first, model), await this.#changes(this.#previous, model)]
    const names = layerMetricNames().filter((key) => key !== 'model')
    const rows = model.layers.map((layer): TrajectoryRow => {
      const metrics = Object.fromEntries(names.map((key) => [key, layer[key]])) as unknown as Omit<LayerMetrics, 'model'>
      return {
        ...{ checkpoint: name, sha256, order: this.#order, position },
        ...metrics,
        ...columnsOfChange('first', first.get(layer)),
        ...columnsOfChange('previous', previous.get(layer)),
      } as TrajectoryRow
    })
    this.#first ??= model
    this.#previous = model
    this.#order++
    for (const row of rows) this.rows.push(row)
    return rows
  }

  /**
   * Takes over what an earlier run has measured of the same series: rows of its first checkpoints, of which the first and the last
   * are measured once more, for what comes after them changes from them.
   */
  async takeOver(rows: readonly TrajectoryRow[], first: LazyInput, last: LazyInput): Promise<void> {
    for (const row of rows) this.rows.push(row)
    this.#order = new Set(rows.map(({ order }) => order)).size
    this.#first = (await this.#measure(first)).model
    this.#previous = first === last ? this.#first : (await this.#measure(last)).model
  }

  async #measure(input: LazyInput): Promise<{ model: MeasuredModel; sha256: string | null }> {
    const layers: LayerRow[] = []
    let skipped: LeftOut[] = []
    let found: { model: string; sha256: string | null } | undefined
    for await (const event of measure([input], this.#options)) {
      if (event.kind === 'failed') throw event.error
      if (event.kind === 'layer') layers.push(event.row)
      if (event.kind !== 'model' || found) continue
      const { model, sha256, layers: measured } = event.row
      skipped = event.skipped.filter(isNonFiniteLayer).map(({ name, reason }) => ({ model, name, reason }))
      if (measured > 0 || skipped.length > 0) found = { model, sha256 }
    }
    if (!found) throw new InputError(input.path, 'holds no layer that can be measured; filterlens inspect lists what it holds')
    const { model, sha256 } = found
    return { model: { model, layers: layers.filter((row) => row.model === model), skipped, inputs: [input] }, sha256 }
  }

  async #changes(from: MeasuredModel | undefined, to: MeasuredModel): Promise<ReadonlyMap<LayerRow, WeightChange | null>> {
    if (!from) return new Map()
    const { matches } = matchLayers(from.layers, to.layers)
    const { parameters } = settingsOf(this.#options)
    const changes = await changesOf(matches, from, to, parameters, this.#options.signal)
    return new Map(matches.map(([, layer], k) => [layer, changes[k] ?? null]))
  }
}

function columnsOfChange(which: 'first' | 'previous', change: WeightChange | null | undefined): Record<string, number | null> {
  return {
    [`${which}_relative_change`]: change?.relative_change ?? null,
    [`${which}_cosine`]: change?.cosine ?? null,
    [`${which}_least_cosine`]: change?.least_cosine ?? null,
    [`${which}_sign_flips`]: change?.sign_flips ?? null,
    [`${which}_shift`]: change?.shift ?? null,
    [`${which}_shift_chance`]: change?.shift_chance?.high ?? null,
  }
}
