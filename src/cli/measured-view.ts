import { join } from 'node:path'
import type { Argv } from 'yargs'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { CollectedRun } from '../results/collect.ts'
import type { ExtendedRun } from '../results/extend-run.ts'
import { plural } from '../words.ts'
import { modelsView, modelView } from './analysis-view.ts'
import type { Words } from './command.ts'
import { groupsView } from './groups-view.ts'
import { type checkInputs, fileCheckView } from './input-check.ts'
import type { Measured } from './measuring.ts'
import { complain, print, printParts, printRow, say, warn } from './talk.ts'

/** The options that say where a run's results go, and what of them is printed. */
export function shownOptions(parser: Argv): Argv {
  const group = 'Output:'
  return parser
    .option('output', { alias: 'o', type: 'string', describe: 'folder for the results: tables, parameters, hashes', group })
    .option('json', { type: 'boolean', describe: 'print JSON', group })
    .option('csv', { type: 'boolean', describe: 'print the layer table as CSV', group })
    .conflicts('json', 'csv')
    .option('layers', { type: 'boolean', describe: 'show every layer of every model', group })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'list every model on a terminal, not only the flagged and the extremes of many',
      group,
    })
}

/** What a run that measured is to show. */
export interface ShownRun {
  /** Of the command line: json, csv, layers, all, output. */
  readonly words: Words
  readonly measured: Measured
  readonly extended: Pick<ExtendedRun, 'groups' | 'studies'>
  readonly checks?: Awaited<ReturnType<typeof checkInputs>> | undefined
  readonly hasMeta: boolean
  readonly report: boolean
}

/** Says what is to be known about a run. */
export function sayNotes(record: CollectedRun): void {
  for (const text of record.warnings) warn(text)
  for (const { file, problem } of record.failed) complain(`${file}: ${problem}`)
}

/** Prints what was measured, as the command line asks for it. */
export async function showMeasured({ words, measured, extended, checks, hasMeta, report }: ShownRun): Promise<void> {
  const { record } = measured
  for (const { file, problem } of checks ?? []) if (problem !== undefined) complain(`${file}: ${problem}`)
  const compared = checks?.filter(({ problem }) => problem === undefined) ?? []
  // What a run prints is loaded when it is asked for: each file that need not be read is time that every run is spared.
  if (words['json'] === true)
    printParts((await import('../results/json.ts')).recordJsonParts(record, extended.groups, checks, undefined, extended.studies))
  else if (words['csv'] === true) {
    const { layersCsv } = await import('../results/csv.ts')
    for (const line of layersCsv(record.layers, storedMetrics(record.parameters))) printRow(line)
    for (const check of compared) say(fileCheckView(check))
  } else {
    print(view(record, words['layers'] as boolean | undefined, words['all'] === true))
    const counted = hasMeta ? (await import('./counts-view.ts')).countsView(record.models, extended.groups?.datasets) : undefined
    if (counted !== undefined) print(counted)
    if (extended.groups) print(groupsView(extended.groups))
    if (extended.studies) print((await import('./studies-view.ts')).studiesView(extended.studies))
    for (const check of compared) print(fileCheckView(check))
    say(closing(measured, words['output'] as string | undefined, report))
  }
}

function view(record: CollectedRun, layers: boolean | undefined, all: boolean): string {
  const single = record.models.length === 1
  const overview = single ? [] : [modelsView(record, all)]
  const parts =
    (layers ?? single)
      ? overview.concat(record.models.map((model) => modelView(record, model, all || layers === true)))
      : overview
  return `\n${parts.join('\n\n')}\n`
}

function closing({ record, seconds, resultsSha256 }: Measured, output: string | undefined, report: boolean): string {
  const filters = record.models.reduce((n, model) => n + model.filters, 0)
  const speed = `${plural(filters, 'filter')} in ${plural(record.layerCount, 'layer')}, ${seconds.toFixed(2)} s`
  if (output === undefined) return `${speed}  ·  -o results keeps them`
  const next = report ? `report: ${join(output, 'report.html')}` : `filterlens report ${output}`
  return `${speed}  ·  ${next}\nresults.sha256 ${resultsSha256}`
}
