import { type FirstFilters, firstFiltersOf } from '../activation/first-filters.ts'
import { bothNames, byChange } from '../analysis/by-change.ts'
import { compareWeights } from '../analysis/changes.ts'
import {
  type GroupReport,
  type LayerComparison,
  type MetricName,
  type ModelComparison,
  metricNames,
} from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { allOf, type StreamedRun } from '../measure/layer-source.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { pictures } from '../report/pictures.ts'
import type { ReportInput } from '../report/report-input.ts'
import { firstFiltersInMemory } from '../results/first-filters-table.ts'
import { recordJson } from '../results/json.ts'
import { count, list, numberFormats, plural } from '../words.ts'
import { changeView } from './change-view.ts'
import { pc } from './colour.ts'
import type { Command } from './command.ts'
import { extendByOptions } from './extend.ts'
import { figureEndings, figureLookOptions } from './figure-output.ts'
import { groupsView } from './groups-view.ts'
import { measureInputs } from './measuring.ts'
import { measuringOptions, measuringOptionsOf } from './measuring-options.ts'
import { requireNoInput } from './output-file.ts'
import { figuresAsked, placeReport, writeReport } from './report.ts'
import { print, say, warn } from './talk.ts'
import { lineWidth, printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'
import { terminalWidth } from './text-width.ts'

export const compareCommand: Command = {
  options: (parser) =>
    figureLookOptions(measuringOptions(parser))
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'the reference: a model, or several' })
      .option('with', { type: 'string', array: true, describe: 'what it is compared with (required)' })
      .option('names', { type: 'string', default: 'A,B', describe: 'names of the two groups, separated by a comma' })
      .option('report', { type: 'string', describe: 'write a report: a name that ends in .html', group: 'Output:' })
      .option('figures', { choices: figureEndings, describe: 'with --report: write its figures too', group: 'Output:' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON', group: 'Output:' })
      .example('$0 compare before.pth --with after.pth', 'two checkpoints, layer by layer')
      .example('$0 compare normal/ --with robust/ --names normal,robust --report report.html', 'two groups'),
  async run(words) {
    const first = words['inputs'] as string[]
    const second = secondSide(first, words['with'] as string[] | undefined)
    const report = words['report'] as string | undefined
    if (report !== undefined && !/\.html?$/i.test(report))
      throw new UsageError(`--report ${report}: give a name that ends in .html`)
    const names = (words['names'] as string).split(',').map((name) => name.trim())
    if (names.length !== 2 || names.some((name) => name === '') || names[0] === names[1])
      throw new UsageError(`--names ${String(words['names'])}: give two names, separated by a comma`)
    const place = report === undefined ? undefined : await placeReport(report, '--report', words)
    const ofFirst = (await listInputs(first)).length
    const inputs = await listInputs([...first, ...second])
    if (inputs.length === ofFirst) throw new UsageError('both sides are the same files; there is nothing to compare')
    const read = new Set([...first, ...second, ...inputs.map(({ location }) => location)])
    if (place) await requireNoInput([place], read)
    const side = new Map(inputs.map(({ path }, k) => [path, k < ofFirst ? 'a' : 'b'] as const))
    const models: { a: string[]; b: string[] } = { a: [], b: [] }
    let comparison: ModelComparison | undefined
    let groups: GroupReport | undefined
    const { record } = await measureInputs({
      inputs,
      options: measuringOptionsOf(words),
      resume: false,
      keepLayers: words['json'] === true,
      ...(place && { onFile: (path) => void read.add(path) }),
      onModel: (model, { path }) => models[side.get(path)!].push(model),
      extend: async (measured) => {
        const analysis = await measured.run.whole()
        if (models.a.length === 1 && models.b.length === 1)
          comparison = await compareWeights(
            { ...(await layersOf(analysis, models.a[0]!)), inputs: inputs.slice(0, ofFirst) },
            { ...(await layersOf(analysis, models.b[0]!)), inputs: inputs.slice(ofFirst) },
            analysis.parameters,
            measured.signal,
          )
        else {
          const choice = { a: { name: names[0]!, models: models.a }, b: { name: names[1]!, models: models.b } }
          groups = (await extendByOptions(measured, { pairs: undefined, groups: choice, report: false })).groups
        }
        if (!place) return
        await requireNoInput([place], read)
        const first: FirstFilters[] = []
        for await (const some of firstFiltersOf(measured.inputs, analysis, { signal: measured.signal })) first.push(some)
        const drawn = await pictures(analysis, groups, firstFiltersInMemory(first))
        const input: ReportInput = { analysis, groups, comparison, ...drawn }
        await writeReport(input, place, await figuresAsked(words))
      },
    })
    for (const text of new Set([...record.warnings, ...(comparison?.warnings ?? []), ...(groups?.warnings ?? [])])) warn(text)
    const depth = depthNote(record.models)
    if (words['json'] === true) print(comparison ? JSON.stringify(comparison, null, 2) : recordJson(record, groups))
    else if (comparison) print(comparisonView(comparison, depth) + changeView(comparison))
    else if (groups) print(`\n${groupsView(groups)}${depth ? `\n${wrapped(pc.dim(depth))}\n` : ''}`)
    const isCompared = comparison === undefined || comparedLayers(comparison).length > 0
    if (report === undefined && words['json'] !== true && isCompared) say('--report report.html draws it')
    return record.failed.length > 0 || !isCompared ? 1 : 0
  },
}

/** @throws UsageError with what was meant, where nothing is said to compare with */
function secondSide(first: readonly string[], second: readonly string[] | undefined): readonly string[] {
  if (second && second.length > 0) return second
  const [a = 'before.pth', b = 'after.pth', ...more] = first
  const meant = `filterlens compare ${a} --with ${b}`
  throw new UsageError(
    more.length > 0
      ? `what comes after --with is compared with what comes before it, and --with is missing: ${meant} …`
      : `--with says what it is compared with, and it is missing: ${meant}`,
  )
}

async function layersOf({ layers }: StreamedRun, model: string): Promise<{ model: string; layers: LayerRow[] }> {
  return { model, layers: await allOf(layers, model) }
}

const changes = (metrics: ModelComparison['metrics']): MetricName[] =>
  metricNames.filter((metric) => isChange(metric, metrics[metric]))

const comparedLayers = ({ layers }: ModelComparison): LayerComparison[] => layers.filter(({ because }) => because === null)

/** What changed first, in words; then every layer, those that look the same in grey; of models without a layer to compare the words alone. */
function comparisonView(comparison: ModelComparison, depth: string | undefined): string {
  const { a, b, layers, metrics } = comparison
  const head = [
    '',
    wrapped(`${pc.bold(printable(a))} → ${pc.bold(printable(b))}`, '  '),
    '',
    wrapped(changedSentence(comparison), '  '),
    '',
  ]
  if (comparedLayers(comparison).length === 0) return head.join('\n')
  const cells = (values: ModelComparison['metrics'], isDim: boolean): string[] =>
    metricNames.map((metric) => change(metric, values[metric], isDim))
  const rows = layers.map((layer) => {
    const isDim = layer.because === null && changes(layer.metrics).length === 0
    const grey = isDim ? pc.dim : (text: string): string => text
    return [
      printable(bothNames(layer)),
      grey(layer.shape_a === layer.shape_b ? layer.shape_a : `${layer.shape_a} / ${layer.shape_b}`),
      ...cells(layer.metrics, isDim),
    ]
  })
  const columns: TerminalColumn[] = [
    { title: 'layer', isName: true },
    { title: 'shape', drop: 1 },
    ...metricNames.map((metric) => describedMetric(metric).label.short).map((title) => ({ title })),
  ]
  const whole = terminalTable(columns, [...rows, ['all layers', '', ...cells(metrics, false)]])
  const isNarrow = whole.split('\n').some((line) => terminalWidth(line) > lineWidth())
  return [...head, isNarrow ? changeTable(comparison) : whole, ...(depth ? ['', wrapped(pc.dim(depth))] : []), ''].join('\n')
}

/** "3 of 16 layers changed; most: layer4.2.conv2 (sparsity +12.3 points)": in their weights, where these were compared. */
function changedSentence(comparison: ModelComparison): string {
  const compared = comparedLayers(comparison)
  if (compared.length === 0)
    return 'No layer of the one has a layer of the same shape in the other: there is nothing to compare. filterlens analyze shows both, one beside the other.'
  const seen = compared.filter((layer) => changes(layer.metrics).length > 0)
  const weights = new Set(byChange(compared).changed.map(({ layer }) => layer))
  const changed = compared.filter((layer) => weights.has(layer) || seen.includes(layer))
  const among = plural(compared.length, 'layer')
  if (changed.length === 0) return `None of ${among} changed in the digits that are shown.`
  const lead = pc.bold(`${count(changed.length)} of ${among} changed`)
  if (seen.length === 0) return `${lead}, none in the digits of the measures.`
  const by = new Map<string, string[]>()
  for (const metric of metricNames) {
    const size = (layer: LayerComparison): number => Math.abs(layer.metrics[metric].difference ?? 0)
    const most = seen.reduce((x, y) => (size(y) > size(x) ? y : x))
    if (!isChange(metric, most.metrics[metric])) continue
    const { label, format } = describedMetric(metric)
    const text = `${label.long} ${numberFormats[format].difference(most.metrics[metric].difference)}`
    by.set(most.name_b, [...(by.get(most.name_b) ?? []), text])
  }
  const parts = [...by].map(([layer, texts]) => `${pc.bold(printable(layer))} (${texts.join(', ')})`)
  const measures = seen.length < changed.length ? `, ${count(seen.length)} of them in the digits of the measures` : ''
  return `${lead}${measures}; most: ${list(parts)}.`
}

/** Where there is no room for both values of three metrics: the differences alone. */
function changeTable({ layers, metrics }: ModelComparison): string {
  const rows = [...layers, { name_b: 'all layers', metrics }].map((layer) => {
    const isDim = changes(layer.metrics).length === 0
    return [
      printable(layer.name_b),
      ...metricNames.map((metric) => {
        const text = numberFormats[describedMetric(metric).format].difference(layer.metrics[metric].difference)
        return isDim ? pc.dim(text) : text
      }),
    ]
  })
  const titles = metricNames.map((metric) => {
    const { short, shortest } = describedMetric(metric).label
    return { title: `Δ ${shortest ?? short}`, align: 'right' as const }
  })
  return terminalTable([{ title: 'layer', isName: true }, ...titles], rows)
}

/** True for a difference that is seen in the digits that are shown. */
function isChange(metric: MetricName, { a, b, difference }: ModelComparison['metrics'][MetricName]): boolean {
  const { value } = numberFormats[describedMetric(metric).format]
  return difference === null ? (a === null) !== (b === null) : value(a) !== value(b)
}

function change(metric: MetricName, values: ModelComparison['metrics'][MetricName], isDim: boolean): string {
  const { a, b, difference } = values
  const { format } = describedMetric(metric)
  const { value } = numberFormats[format]
  if (isDim) return pc.dim(value(b))
  if (!isChange(metric, values)) return `${value(a)} → ${value(b)}`
  if (difference === null) return pc.bold(`${value(a)} → ${value(b)}`)
  const size = format === 'share' ? `${(100 * Math.abs(difference)).toFixed(1)}` : Math.abs(difference).toFixed(3)
  if (Number(size) === 0) return `${value(a)} → ${value(b)}` // two values beside a border of rounding
  const text = `${difference < 0 ? '−' : '+'}${size}`
  return `${value(a)} → ${value(b)}  ${pc.bold(difference < 0 ? pc.magenta(text) : pc.cyan(text))}`
}
