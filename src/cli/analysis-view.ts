import { type Flag, flagsOf } from '../analysis/flags.ts'
import { depthNote } from '../database/depth-words.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { CollectedRun } from '../results/collect.ts'
import { count, numberFormats, plural } from '../words.ts'
import { pc } from './colour.ts'
import { bar, printable, type TerminalColumn, terminalTable } from './terminal.ts'

/** The metrics that are compared: a share as a number set right, any other with a bar up to its largest value. */
const shown = comparedMetrics.map(describedMetric)
const metricColumns = shown.map(
  ({ label, format }): TerminalColumn => ({ title: label.short, ...(format === 'share' && { align: 'right' }) }),
)

function metricCells(row: Readonly<Record<ComparedMetric, number | null>>, hasBars: boolean): string[] {
  return shown.map(({ name, format, range }) => {
    const value = numberFormats[format].value(row[name])
    return hasBars && format !== 'share' ? `${value} ${pc.cyan(bar(row[name], range.high ?? 1))}` : value
  })
}

/** One model: a line on what it is, a row a layer, the flags in words. */
export function modelView(analysis: CollectedRun, model: ModelRow): string {
  const layers = analysis.layers.filter((row) => row.model === model.model)
  const flagged = layers.map((row) => ({ row, flags: flagsOf(row) }))
  const mixed = new Set(layers.map((row) => row.kernel)).size > 1
  const rows = flagged.map(({ row, flags }) => layerCells(row, flags, mixed))
  const total = ['all layers', ...(mixed ? [''] : []), '', count(model.filters), ...metricCells(model, false)]
  const columns = [
    { title: 'layer' },
    ...(mixed ? [{ title: 'kernel' }] : []),
    { title: 'out×in', align: 'right' as const },
    { title: 'filters', align: 'right' as const },
    ...metricColumns,
  ]
  const lines = [
    `${pc.bold(printable(model.model))}   ${censusLine(analysis, model)}`,
    '',
    terminalTable(columns, [...rows, total]),
  ]
  const words = flagged.flatMap(({ row, flags }) => flags.map((flag) => `${printable(row.layer)}: ${flag.message}`))
  const note = layers.length > 0 ? depthNote([model]) : undefined
  const depth = note === undefined ? [] : ['', pc.dim(note)]
  const remarks = words.length > 0 ? ['', ...words.map((line) => `${pc.yellow('!')} ${line}`)] : []
  return lines.concat(depth, remarks).join('\n')
}

function layerCells(row: MeasuredLayer, flags: readonly Flag[], mixed: boolean): string[] {
  const mark = (metric: ComparedMetric): string => (flags.some((flag) => flag.metric === metric) ? ` ${pc.yellow('!')}` : '')
  return [
    printable(row.layer),
    ...(mixed ? [row.kernel.replace('x', '×')] : []),
    `${row.out_channels}×${row.in_channels}`,
    count(row.filters),
    ...metricCells(row, true).map((cell, k) => cell + mark(comparedMetrics[k]!)),
  ]
}

/** Many models: one row each. */
export function modelsView(analysis: CollectedRun): string {
  const flags = analysis.flagged
  const rows = analysis.models.map((model) => [
    printable(model.model),
    model.format,
    count(model.layers),
    count(model.filters),
    ...metricCells(model, true),
    flags.has(model.model) ? pc.yellow(`! ${plural(flags.get(model.model)!, 'layer')}`) : '',
  ])
  const right = 'right' as const
  const table = terminalTable(
    [
      { title: 'model' },
      { title: 'format' },
      { title: 'layers', align: right },
      { title: 'filters', align: right },
      ...metricColumns,
      { title: '' },
    ],
    rows,
  )
  const depth = depthNote(analysis.models)
  return depth === undefined ? table : `${table}\n\n${pc.dim(depth)}`
}

/** "ONNX, 12 convolutions or tensors: 10 measured (36,000 filters); left out: 2 × 1×1". */
function censusLine(analysis: CollectedRun, model: ModelRow): string {
  const skipped = analysis.skipped.filter((entry) => entry.model === model.model)
  const measured = `${plural(model.layers, 'layer')} measured (${plural(model.filters, 'filter')})`
  return `${model.format}: ${measured}${skipped.length > 0 ? `; ${skippedSummary(skipped)}` : ''}`
}

/** "37 left out: 36 because 1×1, 1 because 7×7 (--kernel all)". */
export function skippedSummary(skipped: readonly { reason: string }[]): string {
  const reasons = new Map<string, number>()
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const parts = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${count(n)}: ${printable(reason)}`)
  return `${count(skipped.length)} left out (${parts.join('; ')})`
}
