import { batch, computed, signal } from '@preact/signals'
import { type Flag, flagsOf } from '../../analysis/flags.ts'
import { joinMeta } from '../../analysis/join-meta.ts'
import { joinPairs } from '../../analysis/join-pairs.ts'
import type { MetaTable } from '../../analysis/meta-table.ts'
import type { Pair, PairTable } from '../../analysis/pairs.ts'
import type { GroupReport } from '../../analysis/report-types.ts'
import type { Studies } from '../../analysis/study-types.ts'
import type { GivenFile } from '../../inputs/given-inputs.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { layersByModel } from '../../measure/layer-source.ts'
import { listsByKey } from '../../measure/lists-by-key.ts'
import type { Analysis, ModelRow, Parameters } from '../../measure/model-row.ts'
import type {
  DroppedResult,
  HeldResults,
  ModelFile,
  ModelsInTable,
  ResultsTable,
  StoredCheck,
  StoredModel,
} from '../tasks/protocol.ts'
import { type MeasuredAgain, measuredAgain } from './measured-again.ts'
import { layersToLookAt } from './to-look-at.ts'
import { warningsByModel } from './warnings-of.ts'

/** A model in the page: its rows, and the files that it came from (none for results of an earlier run). */
export interface Loaded {
  /** Unique in the page: the model's name, with a number where two have the same. */
  readonly name: string
  readonly row: ModelRow
  readonly layers: readonly LayerRow[]
  readonly flags: readonly (readonly Flag[])[]
  /** Layers that are flagged, or were left out for a weight that is no number; null while they are being counted. */
  readonly toLookAt: number | null
  /** The table that its layers stay in until the model is opened; null: they are here. */
  readonly table: ResultsTable | null
  readonly skipped: Analysis['skipped']
  readonly files: readonly GivenFile[]
  /** Number of the drop that it came with. */
  readonly drop: number
  /** Name of the model in its own analysis. */
  readonly ownName: string
  readonly parameters: Parameters
  readonly version: string
  readonly warnings: readonly string[]
  /** Results of an earlier run that it came from. */
  readonly held: HeldResults | null
  /** What came of measuring it again, where its results came first and its file then; null: that was not done. */
  readonly again: MeasuredAgain | null
  /** Of results of an earlier run: the filters that they keep of a layer, by layer_id. */
  readonly firstFilters: ReadonlyMap<number, Float32Array>
}

let drops = 0
const read = signal<readonly Loaded[]>([])
/** The meta table and the pairs that were dropped last. */
export const metaTable = signal<MetaTable | null>(null)
export const pairTable = signal<PairTable | null>(null)

/** What a computation gives, or the sentence that says why not. */
export interface Attempt<T> {
  readonly value: T
  readonly problem: string | null
}

function attempt<T>(work: () => T, otherwise: T): Attempt<T> {
  try {
    return { value: work(), problem: null }
  } catch (error) {
    return { value: otherwise, problem: error instanceof Error ? error.message : String(error) }
  }
}

const joined = computed((): Attempt<readonly Loaded[]> => {
  const table = metaTable.value
  if (!table || read.value.length === 0) return { value: read.value, problem: null }
  return attempt(() => {
    const rows = joinMeta(
      read.value.map(({ row }) => row),
      table,
    ).models
    return read.value.map((model, k) => ({ ...model, row: rows[k]! }))
  }, read.value)
})

/** Every model of the page, in the order in which it came. */
export const models = computed(() => joined.value.value)
export const metaProblem = computed(() => joined.value.problem)

/** Pairs, and comparisons of groups, that came with results of earlier runs. */
const earlierPairs = signal<readonly Pair[]>([])
export const earlierGroups = signal<readonly GroupReport[]>([])
/** Tables of results whose models go by their own names here: a comparison of groups that lies beside them is of models of the page. */
export const seenTables = signal<readonly ResultsTable[]>([])

/** Takes a comparison that lay beside such a table. */
export function addStoredGroups(report: GroupReport): void {
  earlierGroups.value = [...earlierGroups.value, report]
}

/** Studies by columns that came with results of an earlier run. */
export interface EarlierStudies {
  /** The results. */
  readonly name: string
  /** Its models in the page. */
  readonly models: readonly string[]
  readonly studies: Studies
}
const readStudies = signal<readonly EarlierStudies[]>([])
/** Those of which no model was put away. */
export const earlierStudies = computed(() => {
  const here = new Set(models.value.map(({ name }) => name))
  return readStudies.value.filter((one) => one.models.every((name) => here.has(name)))
})

/** Pairs of which both models are here; the table may know more than was dropped. Without a table, those of earlier results. */
const matched = computed((): Attempt<readonly Pair[]> => {
  const table = pairTable.value
  const names = models.value.map(({ name }) => name)
  if (!table) {
    const here = new Set(names)
    return { value: earlierPairs.value.filter(({ a, b }) => here.has(a) && here.has(b)), problem: null }
  }
  if (names.length === 0) return { value: [], problem: null }
  const each = table.rows.map((row) => attempt(() => joinPairs(names, { ...table, rows: [row] }), []))
  const found = each.flatMap(({ value }) => value)
  return { value: found, problem: found.length === 0 ? (each[0]?.problem ?? null) : null }
})
export const pairs = computed(() => matched.value.value)
export const pairsProblem = computed(() => matched.value.problem)

const byName = computed(() => new Map(models.value.map((model) => [model.name, model])))

/** The model of that name, or undefined. */
export function modelNamed(name: string | undefined): Loaded | undefined {
  return name === undefined ? undefined : byName.value.get(name)
}

/** Models as one analysis: what groups and results are made of. Null when they were measured by different conventions. */
export function analysisOf(list: readonly Loaded[]): Analysis | null {
  const [first] = list
  if (!first || !areMeasuredAlike(list)) return null
  return {
    version: first.version,
    parameters: first.parameters,
    models: list.map(({ row }) => row),
    layers: list.flatMap(({ layers }) => layers),
    skipped: list.flatMap(({ skipped }) => skipped),
    failed: [],
    warnings: [...new Set(list.flatMap(({ warnings }) => warnings))],
  }
}

/** True for models that were measured by the same conventions; those of one run share them. */
export function areMeasuredAlike(list: readonly Loaded[]): boolean {
  const runs = new Map(list.map((model) => [model.parameters, model]))
  return new Set([...runs.values()].map(conventions)).size === 1
}

/** The models whose layers are in tables of results, by these. */
export function tablesOf(list: readonly Loaded[]): ModelsInTable[] {
  const waiting = list.flatMap((model) => (model.table ? [{ ...model, table: model.table }] : []))
  return [...listsByKey(waiting, ({ table }) => table)].map(([table, own]) => ({
    table,
    names: new Map(own.map(({ ownName, name }) => [ownName, name])),
  }))
}

/** Adds an analysis's models to the page and returns the names they go by. */
export function addResult(
  { analysis, pairs: given, groups, studies, held, firstFilters, table }: DroppedResult,
  files: readonly GivenFile[],
): string[] {
  const drop = ++drops
  const list = [...read.value]
  const taken = new Set(list.map((model) => model.name))
  const layersOf = layersByModel(analysis.layers)
  const skippedOf = layersByModel(analysis.skipped)
  const filtersOf = layersByModel(firstFilters)
  const warningsOf = warningsByModel(analysis)
  const names = new Map<string, string>()
  for (const row of analysis.models) {
    const without =
      files.length === 0 ? -1 : list.findIndex((model) => model.files.length === 0 && isSameModel(model, row, analysis))
    const earlier = list[without]
    const name = earlier?.name ?? freeName(row.model, taken)
    taken.add(name)
    names.set(row.model, name)
    const own = layersOf.get(row.model) ?? []
    const renamed = name !== row.model
    const layers = renamed ? own.map((layer) => ({ ...layer, model: name })) : own
    const model: Loaded = {
      name,
      row: { ...row, model: name, meta: { ...(earlier?.row.meta ?? {}), ...row.meta } },
      ...lookedAt(
        layers,
        (skippedOf.get(row.model) ?? []).map((skip) => ({ ...skip, model: name })),
      ),
      ...(table && { toLookAt: null }),
      table,
      files,
      drop,
      ownName: row.model,
      parameters: analysis.parameters,
      version: analysis.version,
      warnings: warningsOf(row.model),
      held: earlier?.held ?? held,
      again: earlier && !earlier.table ? measuredAgain(earlier, layers) : null,
      firstFilters: new Map((filtersOf.get(row.model) ?? []).map((kept) => [kept.layer_id, kept.filters])),
    }
    if (without < 0) list.push(model)
    else list[without] = model
  }
  const renamedPair = (pair: Pair): Pair => ({ ...pair, a: names.get(pair.a) ?? pair.a, b: names.get(pair.b) ?? pair.b })
  batch(() => {
    read.value = list
    earlierPairs.value = [...earlierPairs.value, ...given.map(renamedPair)]
    const from = held?.name ?? table?.name
    if (studies && from !== undefined)
      readStudies.value = [...readStudies.value, { name: from, models: [...names.values()], studies }]
    if (![...names].every(([own, name]) => own === name)) return
    if (groups) earlierGroups.value = [...earlierGroups.value, groups]
    if (table) seenTables.value = [...seenTables.value, table]
  })
  return [...names.values()]
}

/** What follows from a model's layers, and from those that were left out. */
function lookedAt(
  layers: readonly LayerRow[],
  skipped: Analysis['skipped'],
): Pick<Loaded, 'layers' | 'flags' | 'skipped' | 'toLookAt'> {
  const flags = layers.map(flagsOf)
  return { layers, flags, skipped, toLookAt: layersToLookAt({ flags, skipped }) }
}

/** Takes the layers of a model that were read from its table. */
export function takeLayers({ name, table }: Loaded, { layers: stored, skipped, firstFilters }: StoredModel): void {
  const inPage = <Row extends { readonly model: string }>(rows: readonly Row[]): Row[] =>
    rows.map((row) => ({ ...row, model: name }))
  const filters = new Map(firstFilters.map((kept) => [kept.layer_id, kept.filters]))
  const taken = { ...lookedAt(inPage(stored), inPage(skipped)), firstFilters: filters, table: null }
  read.value = read.value.map((model) => (model.name === name && model.table === table ? { ...model, ...taken } : model))
}

/** Takes what came of holding results against their hashes. */
export function takeCheck(drop: number, { held, toLookAt }: StoredCheck): void {
  read.value = read.value.map((model) =>
    model.drop === drop ? { ...model, held, toLookAt: toLookAt.get(model.ownName) ?? 0 } : model,
  )
}

/** Puts away the models of a drop: their files are not what they were. */
export function removeDrop(drop: number): void {
  read.value = read.value.filter((model) => model.drop !== drop)
}

/** True when a file that is dropped now is the one that results of an earlier run were measured from, by the same conventions. */
function isSameModel(model: Loaded, row: ModelRow, { version, parameters }: Analysis): boolean {
  return (
    row.sha256 !== null &&
    model.row.sha256 === row.sha256 &&
    model.ownName === row.model &&
    conventions(model) === conventions({ version, parameters })
  )
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let k = 2; taken.has(name); k++) name = `${wanted} (${k})`
  return name
}

/** What two measurements must have in common to be compared; parameters that were read back have their keys in another order. */
function conventions({ version, parameters }: Pick<Analysis, 'version' | 'parameters'>): string {
  return JSON.stringify([version, Object.entries(parameters).sort(([x], [y]) => (x < y ? -1 : 1))])
}

export function removeModel(name: string): void {
  read.value = read.value.filter((model) => model.name !== name)
}

/** The files that hold models, each once; null when one of them came without its file. */
export function filesOf(list: readonly Loaded[]): ModelFile[] | null {
  const files = new Map<string, { drop: number; files: readonly GivenFile[]; input: string; names: string[] }>()
  for (const { drop, files: dropped, row, name } of list) {
    if (dropped.length === 0) return null
    const key = `${drop}/${row.file}`
    const found = files.get(key)
    if (found) found.names.push(name)
    else files.set(key, { drop, files: dropped, input: row.file, names: [name] })
  }
  return [...files.values()]
}
