import { type FirstFilters, firstFiltersOf } from '../activation/first-filters.ts'
import { compareModels } from '../analysis/compare-models.ts'
import { type GroupReport, type MetricName, type ModelComparison, metricNames } from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { inMemory, streamed } from '../measure/layer-source.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import type { Analysis } from '../measure/model-row.ts'
import { pictures } from '../report/pictures.ts'
import type { ReportInput } from '../report/report-input.ts'
import { firstFiltersInMemory } from '../results/first-filters-table.ts'
import { recordJson } from '../results/json.ts'
import { numberFormats } from '../words.ts'
import { pc } from './colour.ts'
import type { Command } from './command.ts'
import { extendByOptions } from './extend.ts'
import { figureEndings, figureLookOptions } from './figure-output.ts'
import { groupsView } from './groups-view.ts'
import { measureInputs } from './measuring.ts'
import { measuringOptions, measuringOptionsOf } from './measuring-options.ts'
import { figuresAsked, writeReport } from './report.ts'
import { print, say, warn } from './talk.ts'
import { printable, terminalTable } from './terminal.ts'

export const compareCommand: Command = {
  options: (parser) =>
    figureLookOptions(measuringOptions(parser))
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'the reference: a model, or several' })
      .option('with', { type: 'string', array: true, demandOption: true, describe: 'what it is compared with' })
      .option('names', { type: 'string', default: 'A,B', describe: 'names of the two groups, separated by a comma' })
      .option('report', { type: 'string', describe: 'write a report: a name that ends in .html', group: 'Output:' })
      .option('figures', { choices: figureEndings, describe: 'with --report: write its figures too', group: 'Output:' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON', group: 'Output:' })
      .example('$0 compare before.pth --with after.pth', 'two checkpoints, layer by layer')
      .example('$0 compare normal/ --with robust/ --names normal,robust --report report.html', 'two groups'),
  async run(words) {
    const [first, second] = [words['inputs'] as string[], words['with'] as string[]]
    const report = words['report'] as string | undefined
    if (report !== undefined && !/\.html?$/i.test(report))
      throw new UsageError(`--report ${report}: give a name that ends in .html`)
    const names = (words['names'] as string).split(',').map((name) => name.trim())
    if (names.length !== 2 || names.some((name) => name === '') || names[0] === names[1])
      throw new UsageError(`--names ${String(words['names'])}: give two names, separated by a comma`)
    const ofFirst = (await listInputs(first)).length
    const inputs = await listInputs([...first, ...second])
    if (inputs.length === ofFirst) throw new UsageError('both sides are the same files; there is nothing to compare')
    const side = new Map(inputs.map(({ path }, k) => [path, k < ofFirst ? 'a' : 'b'] as const))
    const models: { a: string[]; b: string[] } = { a: [], b: [] }
    let comparison: ModelComparison | undefined
    let groups: GroupReport | undefined
    let input: ReportInput | undefined
    const { record } = await measureInputs({
      inputs,
      options: measuringOptionsOf(words),
      resume: false,
      keepLayers: true,
      onModel: (model, { path }) => models[side.get(path)!].push(model),
      extend: async (measured) => {
        const analysis = await inMemory(await measured.run.whole())
        if (models.a.length === 1 && models.b.length === 1)
          comparison = compareModels(layersOf(analysis, models.a[0]!), layersOf(analysis, models.b[0]!))
        else {
          const choice = { a: { name: names[0]!, models: models.a }, b: { name: names[1]!, models: models.b } }
          groups = await extendByOptions(measured, { pairs: undefined, groups: choice, report: false })
        }
        if (report === undefined) return
        const run = streamed(analysis)
        const first: FirstFilters[] = []
        for await (const some of firstFiltersOf(measured.inputs, run, { signal: measured.signal })) first.push(some)
        const drawn = await pictures(run, groups, firstFiltersInMemory(first))
        input = { analysis, groups, comparison, ...drawn }
      },
    })
    for (const text of new Set([...record.warnings, ...(comparison?.warnings ?? []), ...(groups?.warnings ?? [])])) warn(text)
    const depth = depthNote(record.models)
    if (words['json'] === true) print(comparison ? JSON.stringify(comparison, null, 2) : recordJson(record, groups))
    else if (comparison) print(comparisonView(comparison, depth))
    else if (groups) print(`\n${groupsView(groups)}${depth ? `\n${pc.dim(depth)}\n` : ''}`)
    if (report !== undefined && input) await writeReport(input, report, await figuresAsked(words))
    else if (words['json'] !== true) say('--report report.html draws it')
    return record.failed.length > 0 ? 1 : 0
  },
}

function layersOf(analysis: Analysis, model: string): { model: string; layers: Analysis['layers'] } {
  return { model, layers: analysis.layers.filter((row) => row.model === model) }
}

function comparisonView(comparison: ModelComparison, depth: string | undefined): string {
  const { a, b, layers, metrics } = comparison
  const cells = (values: ModelComparison['metrics']): string[] => metricNames.map((metric) => change(metric, values[metric]))
  const rows = layers.map((layer) => [
    printable(layer.layer_a === layer.layer_b ? layer.layer_a : `${layer.layer_a} / ${layer.layer_b}`),
    layer.shape_a === layer.shape_b ? layer.shape_a : `${layer.shape_a} / ${layer.shape_b}`,
    ...cells(layer.metrics),
  ])
  const columns = ['layer', 'shape', ...metricNames.map((metric) => describedMetric(metric).label.short)].map((title) => ({
    title,
  }))
  return `\n${pc.bold(printable(a))} → ${pc.bold(printable(b))}\n\n${terminalTable(columns, [...rows, ['all layers', '', ...cells(metrics)]])}\n${depth ? `\n${pc.dim(depth)}\n` : ''}`
}

function change(metric: MetricName, { a, b, difference }: ModelComparison['metrics'][MetricName]): string {
  const { format } = describedMetric(metric)
  const { value } = numberFormats[format]
  if (difference === null) return `${value(a)} → ${value(b)}`
  const size = format === 'share' ? `${(100 * Math.abs(difference)).toFixed(1)}` : Math.abs(difference).toFixed(3)
  const text = `${difference < 0 ? '−' : '+'}${size}`
  return `${value(a)} → ${value(b)}  ${difference < 0 ? pc.magenta(text) : pc.cyan(text)}`
}
