import { stat } from 'node:fs/promises'
import type { MeasuredModel } from '../analysis/changes.ts'
import {
  type CheckpointFacts,
  type CheckpointOrder,
  orderCheckpoints,
  type PlacedCheckpoint,
  type Scalars,
  scalarsOf,
} from '../analysis/checkpoints.ts'
import { parseCsvTable } from '../analysis/csv-table.ts'
import { Trajectory, type TrajectoryRow } from '../analysis/trajectory.ts'
import { spokenName } from '../database/spoken-name.ts'
import { firstLayerOf } from '../drawings/first-layer-of.ts'
import { UsageError } from '../errors.ts'
import { standalone } from '../figures/figure.ts'
import { type FirstLayer, firstLayerRgb } from '../figures/first-layer-rgb.ts'
import { trajectoryHeatMap } from '../figures/trajectory-heat-map.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import { diskFolder } from '../io/node.ts'
import { sha256Of } from '../io/sha256.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import type { MeasureOptions } from '../measure/options.ts'
import type { Parameters } from '../measure/parameters.ts'
import { exportFormats, exportTable, formatEnding } from '../results/export-formats.ts'
import { readTrajectory, trajectoryTable } from '../results/trajectory-table.ts'
import { openSource } from '../sources/open.ts'
import { count, fixed, percent, plural } from '../words.ts'
import { readTextFile } from './meta-file.ts'
import { openOutput } from './run-control.ts'
import { print, say } from './talk.ts'
import { printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'

/** Checkpoints that the filmstrip shows. */
const MOST_IN_STRIP = 12

type Found = CheckpointFacts & { readonly input: FoundInput }

/** What is asked of a series. */
export interface SeriesTask {
  readonly by: CheckpointOrder | undefined
  /** Path of a table of scalars. */
  readonly scalars: string | undefined
  readonly output: string | undefined
  /** What is printed: the last checkpoint as a table, each as a line of JSON, or neither. */
  readonly told: 'last' | 'lines' | 'nothing'
}

/** Size and time of a file; undefined for an address, and for a file that has gone meanwhile. */
export async function fileFacts(location: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(location)
  } catch {
    return undefined // it has neither then, and whoever opens it says why it cannot be read
  }
}

/** A series as the command measures, prints and writes it. */
export class CheckpointSeries {
  readonly #task: SeriesTask
  readonly #options: MeasureOptions
  readonly #parameters: Parameters
  #trajectory: Trajectory
  #checkpoints: readonly PlacedCheckpoint<Found>[] = []
  #by: CheckpointOrder = 'time'
  readonly #facts = new Map<string, CheckpointFacts & { readonly size: number }>()
  #scalars: Scalars = new Map()

  constructor(task: SeriesTask, options: MeasureOptions, parameters: Parameters) {
    this.#task = task
    this.#options = options
    this.#parameters = parameters
    this.#trajectory = new Trajectory(options)
  }

  get length(): number {
    return this.#trajectory.length
  }

  /** A layer and checkpoint a row. */
  get rows(): readonly TrajectoryRow[] {
    return this.#trajectory.rows
  }

  /** The numbers beside the last checkpoint, by their columns. */
  lastScalars(): Readonly<Record<string, number | null>> {
    return Object.fromEntries([...this.#scalars].map(([name, values]) => [name, values[this.length - 1] ?? null]))
  }

  /** The last checkpoint; undefined before there is one. */
  get last(): MeasuredModel | undefined {
    return this.#trajectory.last
  }

  /** Measures what is new among the checkpoints, writes the tables after each, and tells of each. */
  async goOn(found: readonly FoundInput[]): Promise<void> {
    if (found.length === 0 || found.length === this.#checkpoints.length) return
    const facts: Found[] = []
    for (const input of found) facts.push({ ...(await this.#factsOf(input)), input })
    const { by, checkpoints } = orderCheckpoints(facts, this.#task.by)
    const isLonger = by === this.#by && this.#checkpoints.every(({ path }, k) => path === checkpoints[k]!.path)
    if (!isLonger || this.length === 0) this.#trajectory = new Trajectory(this.#options) // one has come in between: all after it change
    const before = this.length
    this.#by = by
    this.#checkpoints = checkpoints
    this.#scalars = await this.#readScalars()
    const { output, told } = this.#task
    const folder = output === undefined ? undefined : (await openOutput(output)).folder
    if (before === 0) {
      say(`${plural(checkpoints.length, 'checkpoint')}, ordered by ${orderWords[by]}`)
      if (output !== undefined) await this.#takeOver(output)
    }
    for (const checkpoint of checkpoints.slice(this.length)) {
      const rows = await this.#trajectory.add({
        name: fileName(checkpoint.path),
        position: checkpoint.position,
        input: checkpoint.input,
      })
      if (folder) await this.#writeTables(folder)
      if (told === 'lines') print(this.#line(checkpoint, rows))
    }
    if (folder) await this.#writeFigures(folder)
  }

  /** Prints the last checkpoint where that is asked for, and gives its layers. @throws UsageError when there is none */
  end(): MeasuredModel {
    const { last } = this
    if (!last) throw new UsageError('no checkpoint was found')
    if (this.#task.told === 'last') print(this.#view(this.#trajectory.rows.filter(({ order }) => order === this.length - 1)))
    return last
  }

  /** Takes over the rows of an earlier run into the same folder, as far as its checkpoints are the first ones of this series. */
  async #takeOver(output: string): Promise<void> {
    const access = await diskFolder(output).open('trajectory.arrow')
    if (!access) return
    let rows: readonly TrajectoryRow[]
    try {
      rows = await readTrajectory(access, this.#parameters, this.#by)
    } finally {
      await access.close?.()
    }
    const measured = [...new Map(rows.map((row) => [row.order, row])).values()]
    let same = 0
    while (same < measured.length && same < this.#checkpoints.length && (await isSame(measured[same]!, this.#checkpoints[same]!)))
      same++
    if (same === 0) return
    say(`${plural(same, 'checkpoint')} measured already`)
    const [first, last] = [this.#checkpoints[0]!, this.#checkpoints[same - 1]!]
    await this.#trajectory.takeOver(
      rows.filter(({ order }) => order < same),
      first.input,
      last.input,
    )
  }

  /** What orders a checkpoint: only its structure is read, and once as long as size and time of its file are the same. */
  async #factsOf(found: FoundInput): Promise<CheckpointFacts> {
    const file = await fileFacts(found.location)
    const known = this.#facts.get(found.location)
    if (known && known.size === file?.size && known.time === file.mtimeMs) return known
    const source = await openSource(await found.open())
    try {
      const { epoch = null, step = null } = source.training ?? {}
      const facts = { path: found.location, epoch, step, time: file?.mtimeMs ?? null }
      if (file) this.#facts.set(found.location, { ...facts, size: file.size })
      return facts
    } finally {
      await source.close()
    }
  }

  async #readScalars(): Promise<Scalars> {
    const path = this.#task.scalars
    if (path === undefined) return new Map()
    return scalarsOf(parseCsvTable(path, await readTextFile(path)), this.#checkpoints, this.#by)
  }

  async #writeTables(folder: OutputFolder): Promise<void> {
    const table = trajectoryTable(this.#trajectory.rows, this.#parameters, this.#by, this.#scalars)
    for (const format of exportFormats) await writeFile(folder, `trajectory.${formatEnding(format)}`, exportTable(table, format))
  }

  async #writeFigures(folder: OutputFolder): Promise<void> {
    const figures = [trajectoryHeatMap({ rows: this.#trajectory.rows, by: this.#by, scalars: this.#scalars })]
    const strip = await this.#filmstrip()
    if (strip.length > 0) figures.push({ ...firstLayerRgb(strip), id: 'first-layer-filmstrip' })
    for (const figure of figures) await writeFile(folder, `figures/${figure.id}.svg`, standalone(figure))
  }

  /** The first layers of up to twelve checkpoints, evenly among all. */
  async #filmstrip(): Promise<FirstLayer[]> {
    const step = Math.max(1, (this.length - 1) / (MOST_IN_STRIP - 1))
    const orders = new Set(Array.from({ length: Math.min(this.length, MOST_IN_STRIP) }, (_, k) => Math.round(k * step)))
    const strip: FirstLayer[] = []
    for (const order of orders) {
      const { path, input } = this.#checkpoints[order]!
      const layers = this.#trajectory.rows.filter((one) => one.order === order)
      const first = await firstLayerOf({ model: fileName(path), layers, inputs: [input] }, this.#parameters)
      if (first) strip.push(first)
    }
    return strip
  }

  /** A checkpoint for a logger. */
  #line({ path, position }: PlacedCheckpoint<Found>, rows: readonly TrajectoryRow[]): string {
    const [checkpoint, order] = [fileName(path), this.length - 1]
    const scalars = Object.fromEntries([...this.#scalars].map(([name, values]) => [name, values[order] ?? null]))
    const layers = rows.map(({ checkpoint: _, sha256: __, order: ___, position: ____, ...row }) => row)
    return JSON.stringify({ checkpoint, order, [this.#by]: position, ...scalars, layers })
  }

  #view(last: readonly TrajectoryRow[]): string {
    const right = 'right' as const
    const columns: TerminalColumn[] = [
      { title: 'layer', isName: true },
      { title: 'filters', align: right, drop: 2 },
      { title: 'from first', short: 'first', align: right },
      { title: 'cosine', align: right },
      { title: 'from previous', short: 'previous', align: right },
      { title: 'D', align: right },
      { title: 'chance', align: right },
    ]
    const rows = last.map((row) => [
      printable(spokenName(row)),
      count(row.filters),
      percent(row.first_relative_change),
      fixed(row.first_cosine),
      percent(row.previous_relative_change),
      fixed(row.first_shift),
      fixed(row.first_shift_chance),
    ])
    const { output } = this.#task
    const next =
      output === undefined ? '-o trajectory keeps them' : `${output}/trajectory.arrow, .csv, .parquet; ${output}/figures`
    const of = `${printable(fileName(this.#checkpoints[this.length - 1]!.path))}, the last of ${plural(this.length, 'checkpoint')}`
    return `\n${wrapped(of, '  ')}\n\n${terminalTable(columns, rows)}\n\n${wrapped(next, '  ')}`
  }
}

const orderWords: Readonly<Record<CheckpointOrder, string>> = {
  step: 'the step in their files',
  epoch: 'the epoch in their files',
  name: 'the number in their names',
  time: 'the time they were written',
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Whether a row of an earlier run is of this checkpoint: its file's bytes are the same. */
async function isSame({ checkpoint, sha256, position }: TrajectoryRow, place: PlacedCheckpoint<Found>): Promise<boolean> {
  if (sha256 === null || checkpoint !== fileName(place.path) || position !== place.position) return false
  const { access } = await place.input.open()
  try {
    return (await sha256Of(access)) === sha256
  } finally {
    await access.close?.()
  }
}
