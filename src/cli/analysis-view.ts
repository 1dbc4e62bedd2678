import { type Flag, flagsOf } from '../analysis/flags.ts'
import { beyondUntrained, untrainedText } from '../analysis/untrained.ts'
import { depthNote } from '../database/depth-words.ts'
import { spokenName } from '../database/spoken-name.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { isNonFiniteLayer } from '../measure/non-finite.ts'
import type { CollectedRun } from '../results/collect.ts'
import { count, numberFormats, plural } from '../words.ts'
import { pc } from './colour.ts'
import { furtherColumns } from './further-columns.ts'
import { bar, lineWidth, printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'

/** The metrics that are compared: a share as a number set right, any other with a bar up to its largest value. */
const shown = comparedMetrics.map(describedMetric)

const metricColumns = shown.flatMap(({ label, format }): TerminalColumn[] => [
  { title: label.short, ...(label.shortest && { short: label.shortest }), align: format === 'share' ? 'right' : 'left' },
  ...(format === 'share' ? [] : [{ title: '', drop: 6, joins: true }]),
])

/** A cell for each of these columns; what is flagged is the loudest thing in its row. */
function metricCells(row: Metrics, isFlagged: (metric: ComparedMetric) => boolean, hasBars = true): string[] {
  return shown.flatMap(({ name, format, range }) => {
    const value = numberFormats[format].value(row[name])
    const text = isFlagged(name) ? pc.bold(pc.yellow(`${value} !`)) : format === 'share' ? `${value}  ` : value
    return format === 'share' ? [text] : [text, hasBars ? pc.dim(bar(row[name], range.high ?? 1)) : '']
  })
}

type Metrics = Readonly<Record<ComparedMetric, number | null>>
const never = (): boolean => false

/** Layers of one model up to this many are listed; of more the flagged and the extremes, as many of each as the second. */
const MOST_LAYERS = 1000
const MOST_OF_EACH = 12

/** Of very many layers those that matter, in their order: of the flagged the first, and both ends of each metric. */
function notableLayers(layers: readonly MeasuredLayer[]): MeasuredLayer[] {
  const kept = new Set(layers.filter((row) => flagsOf(row).length > 0).slice(0, MOST_OF_EACH))
  for (const { name } of shown) {
    const ranked = layers.filter((row) => row[name] !== null).sort((p, q) => p[name]! - q[name]!)
    for (const row of [...ranked.slice(0, MOST_OF_EACH), ...ranked.slice(-MOST_OF_EACH)]) kept.add(row)
  }
  return layers.filter((row) => kept.has(row))
}

/** One model: a line on what it is, a row a layer, the flags in words; `all`: every layer, however many there are. */
export function modelView(analysis: CollectedRun, model: ModelRow, all: boolean): string {
  const layers = analysis.layers.filter((row) => row.model === model.model)
  const listed = all || layers.length <= MOST_LAYERS ? layers : notableLayers(layers)
  const flagged = listed.map((row) => ({ row, flags: flagsOf(row) }))
  const mixed = new Set(layers.map((row) => row.kernel)).size > 1
  const further = furtherColumns(layers)
  const rows = flagged.map(({ row, flags }) => [...layerCells(row, flags, mixed), ...further.cells(row)])
  const ofModel = [...metricCells(model, never, false), ...further.cells(model)]
  const total = ['all layers', ...(mixed ? [''] : []), '', count(model.filters), ...ofModel]
  const columns: TerminalColumn[] = [
    { title: 'layer', isName: true },
    ...(mixed ? [{ title: 'kernel' }] : []),
    { title: 'out×in', align: 'right', drop: 7 },
    { title: 'filters', align: 'right', drop: 8 },
    ...metricColumns,
    ...further.columns,
  ]
  // Of a model that looks untrained as a whole a note says so, and not each of its layers again.
  const isUntrained = untrainedText(model.model, layers) !== undefined
  const words = flagged.flatMap(({ row, flags }) =>
    (isUntrained ? beyondUntrained(flags) : flags).map(({ message }) => `${pc.bold(printable(spokenName(row)))}: ${message}`),
  )
  const note = layers.length > 0 ? depthNote([model]) : undefined
  const broken = analysis.skipped.filter((entry) => entry.model === model.model && isNonFiniteLayer(entry))
  const bad = layers.filter((row) => flagsOf(row).length > 0).length + broken.length
  const rest =
    listed.length < layers.length
      ? [
          '',
          wrapped(
            pc.dim(
              `${plural(listed.length, 'layer')} of ${count(layers.length)}: flagged ones and both ends of each metric; --layers or --csv lists all`,
            ),
          ),
        ]
      : []
  return [
    wrapped(`${pc.bold(printable(model.model))}   ${censusLine(analysis, model)}`, '  '),
    '',
    terminalTable(columns, [...rows, total]),
    ...rest,
    ...(note === undefined ? [] : ['', wrapped(pc.dim(note))]),
    ...(bad > 0
      ? [
          '',
          pc.yellow(`${plural(bad, 'layer')} flagged${isUntrained ? '; the model looks untrained' : ''}`),
          ...[...broken.map(brokenText), ...words].map((line) => wrapped(`${pc.yellow('!')} ${line}`, '  ')),
        ]
      : []),
  ].join('\n')
}

function brokenText({ name, reason }: CollectedRun['skipped'][number]): string {
  return `${pc.bold(printable(name))}: ${printable(reason)}; the layer is broken and in no number here`
}

function layerCells(row: MeasuredLayer, flags: readonly Flag[], mixed: boolean): string[] {
  return [
    printable(spokenName(row)),
    ...(mixed ? [row.kernel.replace('x', '×')] : []),
    `${row.out_channels}×${row.in_channels}`,
    count(row.filters),
    ...metricCells(row, (metric) => flags.some((flag) => flag.metric === metric)),
  ]
}

/** More models than this are not all listed on a terminal. */
const MOST_MODELS = 24

/** Many models: one row each; on a terminal the flagged and the extremes of more than two dozen, unless all are asked for. */
export function modelsView(analysis: CollectedRun, all: boolean): string {
  const flags = analysis.flagged
  const isShort = !all && analysis.models.length > MOST_MODELS && Number.isFinite(lineWidth())
  const chosen = isShort ? notable(analysis) : analysis.models.map((model) => ({ model, why: '' }))
  const rows = chosen.map(({ model, why }) => {
    const bad = flags.get(model.model)
    return [
      printable(model.model),
      model.format,
      count(model.layers),
      count(model.filters),
      ...metricCells(model, never),
      bad === undefined ? pc.dim(why) : pc.bold(pc.yellow(`! ${plural(bad, 'layer')}`)),
    ]
  })
  const table = terminalTable(
    [
      { title: 'model', isName: true },
      { title: 'format', drop: 7 },
      { title: 'layers', align: 'right', drop: 9 },
      { title: 'filters', align: 'right', drop: 8 },
      ...metricColumns,
      { title: '' },
    ],
    rows,
  )
  const depth = depthNote(analysis.models)
  const flagged = [...flags.values()].reduce((sum, n) => sum + n, 0)
  const parts = [
    ...(flags.size > 0
      ? [
          pc.yellow(
            wrapped(
              `${plural(flagged, 'layer')} of ${plural(flags.size, 'model')} flagged: --layers shows them, -o results keeps why`,
            ),
          ),
        ]
      : []),
    table,
    ...(isShort
      ? [
          pc.dim(
            wrapped(
              `${count(chosen.length)} of ${count(analysis.models.length)} models: those with flagged layers and the extremes; --all lists every one`,
            ),
          ),
        ]
      : []),
    ...(depth === undefined ? [] : [wrapped(pc.dim(depth))]),
  ]
  return parts.join('\n\n')
}

/** Models with flagged layers, those with most first; then the extremes of each metric. Half of what is listed may be flagged ones. */
function notable({ models, flagged }: CollectedRun): { readonly model: ModelRow; readonly why: string }[] {
  const bad = models
    .filter(({ model }) => flagged.has(model))
    .sort((a, b) => flagged.get(b.model)! - flagged.get(a.model)!)
    .slice(0, MOST_MODELS / 2)
  const chosen = new Map(bad.map((model) => [model, '']))
  for (const { name, label } of shown) {
    const known = models.filter((model) => model[name] !== null).sort((a, b) => a[name]! - b[name]!)
    for (const [k, model] of [known[0], known.at(-1)].entries())
      if (model && !chosen.has(model)) chosen.set(model, `${k === 0 ? 'least' : 'most'} ${label.short}`)
  }
  return [...chosen].map(([model, why]) => ({ model, why }))
}

/** "ONNX, 12 convolutions or tensors: 10 measured (36,000 filters); left out: 2 × 1×1". */
function censusLine(analysis: CollectedRun, model: ModelRow): string {
  const skipped = analysis.skipped.filter((entry) => entry.model === model.model)
  const measured = `${plural(model.layers, 'layer')} measured (${plural(model.filters, 'filter')})`
  return `${model.format}: ${measured}${skipped.length > 0 ? `; ${skippedSummary(skipped)}` : ''}`
}

/** "37 left out: 36 because 1×1, 1 because 7×7 (--kernel all)". */
function skippedSummary(skipped: readonly { reason: string }[]): string {
  const reasons = new Map<string, number>()
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const parts = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${count(n)}: ${printable(reason)}`)
  return `${count(skipped.length)} left out (${parts.join('; ')})`
}
