import { stat } from 'node:fs/promises'
import { requireAskedColumns } from '../analysis/asked-columns.ts'
import type { MeasuredModel } from '../analysis/changes.ts'
import { findColumn, parseCsvTable } from '../analysis/csv-table.ts'
import { joinMeta } from '../analysis/join-meta.ts'
import { type MetaTable, parseMeta } from '../analysis/meta-table.ts'
import {
  inOrderOf,
  runsOf,
  type SweepQuestion,
  type SweepRow,
  type SweepRun,
  type SweepTest,
  sweepRows,
  sweepTests,
  wholeNetwork,
} from '../analysis/sweep.ts'
import { InputError, UsageError } from '../errors.ts'
import { standalone } from '../figures/figure.ts'
import { sweepHeatMap } from '../figures/sweep-heat-map.ts'
import { type FoundInput, listInputs } from '../inputs/node-inputs.ts'
import { writeFile } from '../io/sink.ts'
import type { MeasureOptions } from '../measure/options.ts'
import type { Parameters } from '../measure/parameters.ts'
import { exportFormats, exportTable, formatEnding } from '../results/export-formats.ts'
import { sweepTables } from '../results/sweep-tables.ts'
import { openInstance } from '../wasm/module.ts'
import { count, fixed, percent, plural, pNumber } from '../words.ts'
import { pc } from './colour.ts'
import { readTextFile } from './meta-file.ts'
import { openOutput } from './run-control.ts'
import { withRunFolder } from './run-folder.ts'
import { print, say, warn } from './talk.ts'
import { printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'
import { CheckpointSeries, type SeriesTask } from './track-series.ts'

/** What is asked of several runs. */
export interface SweepTask extends Omit<SeriesTask, 'told'>, SweepQuestion {
  readonly json: boolean
  /** Path of the table of their parameters, and its column of names. */
  readonly parameters: string | undefined
  readonly nameColumn: string | undefined
}

/** Tests that the terminal shows; the tables hold all. */
const MOST_TESTS = 12

/** True where at least two of the paths are folders of several checkpoints each: each is a run then, unless it is told otherwise. */
export async function areRuns(paths: readonly string[]): Promise<boolean> {
  if (paths.length < 2) return false
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false, // a pattern or an address; what cannot be opened is said by what opens it
    )
    if (!isFolder || (await listInputs([path])).length < 2) return false
  }
  return true
}

/**
 * Measures the checkpoints of several runs, run by run, and holds their ends against the runs' parameters.
 * @returns the last checkpoint of each, by the name of its run
 * @throws UsageError when there are not two runs, or a parameter is not known
 */
export async function trackSweep(
  found: readonly FoundInput[],
  task: SweepTask,
  options: MeasureOptions,
  parameters: Parameters,
): Promise<readonly MeasuredModel[]> {
  const names = runsOf(found.map(({ location }) => location))
  const byRun = new Map<string, FoundInput[]>()
  for (const [k, input] of found.entries()) byRun.set(names[k]!, [...(byRun.get(names[k]!) ?? []), input])
  if (byRun.size < 2)
    throw new UsageError(
      'several runs are compared by the folders that they lie in, and there is one; name the folders of several',
    )
  const given = await readParameters(task, [...byRun.keys()])
  requireAskedColumns(given, task, false) // the checkpoints may hold further columns
  const ends: MeasuredModel[] = []
  const measured: { model: string; meta: SweepRun['meta']; rows: SweepRun['rows'] }[] = []
  for (const [run, inputs] of byRun) {
    say(`\n${run}`)
    const output = task.output === undefined ? undefined : `${task.output}/${run}`
    const series = new CheckpointSeries({ ...task, output, told: 'nothing' }, options, parameters)
    await withRunFolder(output, () => series.goOn(inputs)) // the run may be followed by itself at the same time
    const end = series.end()
    const named = <T extends object>(rows: readonly T[] = []): T[] => rows.map((row) => ({ ...row, model: run }))
    ends.push({ ...end, model: run, layers: named(end.layers), skipped: named(end.skipped) })
    measured.push({ model: run, rows: series.rows, meta: series.lastScalars() })
  }
  const joined = given ? joinMeta(measured, given) : { models: measured, warnings: [] }
  for (const text of joined.warnings) warn(text.replaceAll('models', 'runs'))
  let runs = joined.models.map(({ model, ...run }): SweepRun => ({ run: model, ...run }))
  const asked = [...task.groupBy, ...task.correlate]
  const tests = asked.length > 0 ? sweepTests(runs, task, (await openInstance()).math) : []
  for (const name of asked.toReversed()) runs = [...inOrderOf(runs, name)]
  const shown = [...new Set(tests.map(({ against }) => against))]
  if (task.output !== undefined) {
    const { folder } = await openOutput(task.output)
    for (const table of sweepTables(runs, tests, parameters))
      for (const format of exportFormats)
        await writeFile(folder, `${table.name}.${formatEnding(format)}`, exportTable(table, format))
    const figure = sweepHeatMap({ runs, tests, shown })
    await writeFile(folder, `figures/${figure.id}.svg`, standalone(figure))
  }
  if (task.json) print(JSON.stringify({ runs: sweepRows(runs), tests }, null, 2))
  else print(sweepView(sweepRows(runs), tests, shown, task.output))
  return ends
}

/** The table of parameters, a row a run; undefined where none is given. @throws InputError when it says of no row which run it is about, or is a table of checkpoints */
async function readParameters(
  { parameters: path, nameColumn }: SweepTask,
  runs: readonly string[],
): Promise<MetaTable | undefined> {
  if (path === undefined) return undefined
  const text = await readTextFile(path)
  const { columns } = parseCsvTable(path, text)
  const known = nameColumn ?? ['Run', 'Name', 'ID', 'Folder'].find((name) => findColumn(columns, name) >= 0)
  if (known === undefined)
    throw new InputError(
      path,
      `says of no row which run it is about: it needs a column Run, Name or ID, or --name-column names one`,
    )
  if (nameColumn === undefined && ['Step', 'Epoch', 'Checkpoint'].some((name) => findColumn(columns, name) >= 0))
    throw new InputError(path, 'is about checkpoints, not about runs; give it with --scalars')
  const table = parseMeta(path, text, known)
  return { ...table, rows: table.rows.map((row) => ({ ...row, name: runOf(row.name, runs) })) }
}

/** A run's folder as trackers call it: "run-20260101_101500-ab12cd34" is the run ab12cd34. */
function runOf(name: string, runs: readonly string[]): string {
  if (runs.includes(name)) return name
  const ending = runs.filter((run) => run.endsWith(`-${name}`))
  return ending.length === 1 ? ending[0]! : name
}

function sweepView(
  rows: readonly SweepRow[],
  tests: readonly SweepTest[],
  shown: readonly string[],
  output: string | undefined,
): string {
  const right = 'right' as const
  const parameters = shown.length > 0 ? shown : [...new Set(rows.flatMap(({ meta }) => Object.keys(meta)))].slice(0, 4)
  const columns: TerminalColumn[] = [
    { title: 'run', isName: true },
    ...parameters.map((title) => ({ title, align: right })),
    { title: 'checkpoints', align: right, drop: 1 },
    ...['change', 'D'].map((title) => ({ title, align: right })),
    { title: 'sparsity', short: 'sparse', align: right },
    { title: 'entropy', align: right },
    { title: 'orthogonality', short: 'orthog.', align: right },
  ]
  const cells = rows.map((row) => [
    printable(row.run),
    ...parameters.map((name) => printable(String(row.meta[name] ?? '–'))),
    count(row.checkpoints),
    percent(row.relative_change),
    fixed(row.shift),
    percent(row.sparsity),
    fixed(row.variance_entropy),
    fixed(row.orthogonality),
  ])
  const found = tests.filter(({ p }) => p !== null)
  const wholes = found.filter(({ layer }) => layer === wholeNetwork)
  const single = found.filter(({ layer, p_holm }) => layer !== wholeNetwork && p_holm! < 0.05)
  const listed = [...wholes, ...single].sort((a, b) => a.p_holm! - b.p_holm! || a.p! - b.p!).slice(0, MOST_TESTS)
  const testTable = terminalTable(
    [
      { title: 'measure', isName: true },
      { title: 'layer', isName: true },
      { title: 'against' },
      { title: 'test', drop: 1 },
      { title: 'effect', align: right },
      { title: 'p (Holm)', align: right },
      { title: 'n', align: right },
    ],
    listed.map(({ of, layer, against, test, effect, p_holm, n }) => [
      of.replaceAll('_', ' '),
      printable(layer),
      printable(against),
      test!,
      fixed(effect, 2),
      pNumber(p_holm),
      count(n),
    ]),
  )
  const why = [...new Set(tests.flatMap(({ because }) => (because === null ? [] : [because])))]
  return [
    '',
    `${plural(rows.length, 'run')}, from the first to the last checkpoint of each`,
    '',
    terminalTable(columns, cells),
    ...(listed.length > 0 ? ['', pc.bold('Against the parameters'), '', testTable] : []),
    ...(listed.length === 0 && why.length > 0 ? ['', wrapped(`no test: ${why.join('; ')}`, '  ')] : []),
    '',
    output === undefined
      ? '-o sweep keeps them'
      : wrapped(
          `${output}/sweep-runs, sweep-layers${tests.length > 0 ? ', sweep-tests' : ''} (.arrow, .csv, .parquet); ${output}/figures; a folder a run`,
          '  ',
        ),
  ].join('\n')
}
