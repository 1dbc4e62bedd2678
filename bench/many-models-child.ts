// A process of its own for each step of bench/many-models.ts: its processor time and its peak memory are its own.
import { readFileSync } from 'node:fs'
import type { FirstFilters } from '../src/activation/first-filters.ts'
import { statisticsOfRun } from '../src/analysis/analyze-groups.ts'
import { bucketIndex } from '../src/analysis/depth.ts'
import type { GroupQuestion } from '../src/analysis/group-analysis.ts'
import type { Pair } from '../src/analysis/pairs.ts'
import type { GroupReport } from '../src/analysis/report-types.ts'
import { analyze } from '../src/analyze.ts'
import { keepOldHeapSmall, MANY_MODELS } from '../src/cli/old-heap.ts'
import { letYoungHeapGrow } from '../src/cli/young-heap.ts'
import { outputFolder } from '../src/io/node-output.ts'
import { emptyFolder, memoryAccess } from '../src/io/random-access.ts'
import { aggregateLayers } from '../src/measure/aggregate.ts'
import { coefficientBins } from '../src/measure/coefficients.ts'
import type { LayerRow } from '../src/measure/layer-row.ts'
import type { StreamedRun } from '../src/measure/layer-source.ts'
import type { Analysis, ModelRow } from '../src/measure/model-row.ts'
import { openRunTables } from '../src/results/collect.ts'
import { finishResults } from '../src/results/finish.ts'
import { FIRST_FILTERS, firstFiltersInMemory, writeFirstFilters } from '../src/results/first-filters-table.ts'
import { writeGroups } from '../src/results/groups.ts'
import { openLayerTable, openSkippedTable } from '../src/results/layer-table.ts'
import { writeReportFiles } from '../src/results/report-files.ts'
import { type StagedResults, stageResults } from '../src/results/staged.ts'
import { tableFiles } from '../src/results/table-files.ts'
import { randomWords } from '../src/shift/random.ts'
import { version } from '../src/version.ts'
import { bellShaped } from './weights.ts'

/** What to make: results of that many models. */
export interface ManyTask {
  readonly folder: string
  readonly models: number
  readonly layers: number
}

/** What a step took. */
export interface Step {
  readonly step: string
  /** Seconds of the processor, all threads. */
  readonly processor: number
  /** Largest resident memory so far, bytes. */
  readonly peak: number
}

const unit = (next: () => number): number => next() / 2 ** 32

/** A row that was measured: the others are made of it, so that every column is there. */
async function measured(): Promise<{ template: LayerRow; model: ModelRow; parameters: Analysis['parameters'] }> {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (64, 64, 3, 3), }`
  const values = bellShaped(64 * 64)
  const bytes = new Uint8Array(128 + values.byteLength)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0])
  bytes.set(new TextEncoder().encode(`${header.padEnd(117, ' ')}\n`), 10)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 128)
  const one = await analyze([{ path: 'one.npy', access: memoryAccess('one.npy', bytes), folder: emptyFolder }])
  return { template: one.layers[0]!, model: one.models[0]!, parameters: one.parameters }
}

/** A layer between others: its statistics are those of the measured one, stretched. */
function layerOf(template: LayerRow, model: string, k: number, count: number, next: () => number): LayerRow {
  const stretch = 0.5 + unit(next)
  const scaled = { ...template.scaled, scatter: template.scaled.scatter.map((value, i) => value * (i % 10 === 0 ? stretch : 1)) }
  const raw = { ...template.raw, mean: template.raw.mean.map((value) => value * stretch) }
  return {
    ...template,
    model,
    layer: `layer${k}.conv.weight`,
    layer_id: k,
    depth: k,
    conv_depth: k,
    conv_depth_norm: count > 1 ? k / (count - 1) : null,
    variance_entropy: 0.6 + 0.3 * unit(next),
    orthogonality: 0.4 + 0.5 * unit(next),
    scaled,
    raw,
  }
}

const VALUES = ['cifar10', 'cifar100', 'imagenet'] as const

/** Tables of models that were never there, row by row: every second one robust, the partner of the one before it. */
async function writeTables(
  results: StagedResults,
  models: number,
  layers: number,
): Promise<Omit<StreamedRun, 'layers' | 'skipped'>> {
  const { template, model, parameters } = await measured()
  const tables = await openRunTables(results, parameters)
  const next = randomWords(1)
  const rows: ModelRow[] = []
  for (let m = 0; m < models; m++) {
    const name = `model${String(m).padStart(6, '0')}`
    const own: LayerRow[] = []
    for (let k = 0; k < layers; k++) {
      const row = layerOf(template, name, k, layers, next)
      own.push(row)
      await tables.layer(row)
    }
    const robust = m % 2 === 1
    const meta = {
      Robust: robust,
      'Clean Accuracy': 80 + 15 * unit(next),
      'Robust Accuracy': robust ? 30 + 30 * unit(next) : 0,
      'Training-Dataset': VALUES[(m >> 1) % 3]!,
      Backbone: `net${(m >> 1) % 8}`,
    }
    rows.push({ ...model, model: name, file: `${name}.npy`, ...aggregateLayers(own), meta })
  }
  const record = { version, parameters, models: rows, failed: [], warnings: [] }
  await tables.finish(record)
  return record
}

function pairsOf(models: readonly ModelRow[]): Pair[] {
  const pairs: Pair[] = []
  for (let k = 0; k + 1 < models.length; k += 2)
    pairs.push({ a: models[k]!.model, b: models[k + 1]!.model, architecture: null, dataset: null })
  return pairs
}

/** The analysis of the groups as `analyze --pairs` makes it, with histograms that are made up where that reads the filters again. */
async function groupsOf(run: StreamedRun, question: GroupQuestion): Promise<GroupReport> {
  const statistics = await statisticsOfRun(run, question)
  const { basis } = statistics.basis()
  const sums = statistics.coefficientSums(basis!)
  const next = randomWords(2)
  const range = { min: new Float64Array(9).fill(-1), max: new Float64Array(9).fill(1) }
  for await (const rows of run.layers.metrics())
    for (const row of rows) sums.addRange(statistics.member(row.model)!, bucketIndex(row), range)
  sums.range = [-1, 1]
  const counts = new Float64Array(9 * coefficientBins)
  for await (const rows of run.layers.metrics())
    for (const row of rows) {
      const filters = row.filters - row.sparse_filters
      fill(counts, filters, next)
      sums.addCounts(statistics.member(row.model)!, bucketIndex(row), { filters, counts })
    }
  return statistics.report(sums)
}

/** Every filter once in the histogram of each component: in half of the bins, anywhere. */
function fill(counts: Float64Array, filters: number, next: () => number): void {
  counts.fill(0)
  const wide = coefficientBins / 2
  for (let from = 0; from < counts.length; from += coefficientBins) {
    const at = from + (next() % wide)
    for (let k = 0; k < wide; k++) counts[at + k] = Math.floor(filters / wide)
    counts[at]! += filters % wide
  }
}

async function make({ folder, models, layers }: ManyTask): Promise<void> {
  const results = stageResults(outputFolder(folder))
  letYoungHeapGrow()
  if (models > MANY_MODELS) keepOldHeapSmall() // as the command does
  const record = await writeTables(results, models, layers)
  tell('the tables')
  const open = await Promise.all([results.readBack(tableFiles.layers), results.readBack(tableFiles.skipped)])
  const run = { ...record, layers: await openLayerTable(open[0]), skipped: await openSkippedTable(open[1]) }
  const pairs = pairsOf(record.models)
  const groups = await groupsOf(run, { pairs })
  tell('groups, pairs and shifts')
  await writeGroups(results, groups, pairs)
  await writeFirstFilters(await results.create(FIRST_FILTERS), none())
  await writeReportFiles(results, { analysis: run, groups, first: firstFiltersInMemory([]) })
  await finishResults(results, record, {
    command: 'bench',
    finished: '2026-01-01T00:00:00Z',
    machine: {},
    license: 'https://creativecommons.org/publicdomain/zero/1.0/',
  })
  for (const access of open) await access.close?.()
  tell('their tables and the report')
}

async function* none(): AsyncGenerator<FirstFilters> {}

let before = 0

/** Tells the parent what the step that ends here took. */
function tell(step: string): void {
  const { user, system } = process.cpuUsage()
  const processor = (user + system) / 1e6
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024
  process.send?.({ step, processor: processor - before, peak } satisfies Step)
  before = processor
}

process.on('message', (task: ManyTask) => {
  void make(task).then(() => process.disconnect())
})
