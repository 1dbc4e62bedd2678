import { untrainedText } from '../analysis/untrained.ts'
import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import { describeCensus } from '../measure/census.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { type StreamedRun, streamed } from '../measure/layer-source.ts'
import { RowsOfModel } from '../measure/layers-again.ts'
import { inputNames } from '../measure/model-names.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { type MeasureEvent, measure } from '../measure/run.ts'
import { randomWords } from '../shift/random.ts'
import type { Skipped } from '../sources/source.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { compareLayerRows, compareModelRows, type Difference, MOST_DIFFERENCES } from './compare-rows.ts'

/** What measuring the inputs again gave. */
export interface Recomputation {
  /** Layers that were measured again. */
  readonly layers: number
  readonly differences: readonly Difference[]
  /** Sentences: inputs that are missing or have other bytes than those that were measured. */
  readonly problems: readonly string[]
  /** The inputs that were measured again, in the order of the run, then those that were left out again as the same network; all of them when no sample was drawn and none is missing. */
  readonly inputs: readonly LazyInput[]
  /** True when every input of the run is among them. */
  readonly isWhole: boolean
  /** What the files say of the models that were measured again, by model. */
  readonly meta: ReadonlyMap<string, ModelRow['meta']>
  /** Paths that were given and are not in the results: models that were left out, or that were never measured. */
  readonly leftOut: readonly string[]
  /** Warnings that came again and the results do not hold, and those of the results that did not come again. */
  readonly warnings: { readonly missing: readonly string[]; readonly unseen: readonly string[] }
}

/** How much to measure again. */
export interface RecomputeOptions {
  /** Number of inputs, drawn by seed; default all. */
  readonly sample?: number
  /** Default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number, file: string) => void
}

/** @throws InputError when the results were made by another module: its numbers may differ in the last digit without being wrong */
function requireSameModule(
  name: string,
  { version, parameters: { kernel_sha256 } }: Pick<Analysis, 'version' | 'parameters'>,
): void {
  if (kernel_sha256 === moduleSha256) return
  throw new InputError(
    name,
    `was made by filterlens ${version} with the module ${kernel_sha256}; this is module ${moduleSha256}, which may round differently: recompute with that version, or verify the hashes alone (without --inputs)`,
  )
}

/**
 * Measures the inputs of results again and compares every bit of every row of its tables. An input that holds the filters
 * of models of other names (a filter database) is measured when it is given and the models' own files are not.
 * @param name what error messages call the results
 * @throws InputError when the results were made by another module
 * @example
 * const stored = await readResults(diskFolder('results'), 'results')
 * const { layers, differences, problems } = await recompute('results', stored, await listInputs(['models/']))
 * console.log(layers, differences, problems)
 */
export async function recompute(
  name: string,
  given: Analysis | StreamedRun,
  candidates: readonly LazyInput[],
  options: RecomputeOptions = {},
): Promise<Recomputation> {
  const stored = streamed(given)
  requireSameModule(name, stored)
  const byFile = rowsByFile(stored.models)
  const byPath = new Map(candidates.map((input) => [input.path, input]))
  const failedBefore = new Map(stored.failed.map(({ file, problem }) => [file, problem]))
  const others = candidates.filter(({ path }) => !byFile.has(path) && !failedBefore.has(path))
  const problems: string[] = []
  const inputs: LazyInput[] = []
  const drawn = sampleOf([...byFile.keys()], options)
  const absent = drawn.filter((file) => !byPath.has(file))
  for (const file of drawn) {
    const input = byPath.get(file)
    if (input) inputs.push(input)
  }
  // Whose own file is not there may lie in a database; what is not found there either is missing.
  const areDatabases = absent.length > 0 && absent.length === drawn.length
  for (const input of areDatabases ? others : candidates.filter(({ path }) => failedBefore.has(path) && !byFile.has(path)))
    inputs.push(input)
  const sound: LazyInput[] = []
  const refused = new Set<string>()
  for (const input of inputs) {
    const wanted = byFile.get(input.path)?.[0]?.sha256 ?? null
    const problem = wanted === null ? undefined : await changedProblem(input, wanted, options.signal)
    if (problem === undefined) {
      sound.push(input)
      continue
    }
    problems.push(problem)
    refused.add(input.path)
  }
  // What was left out as the same network in another format is left out again: it had a part in the names.
  const families = new Set(sound.flatMap(({ family }) => family ?? []))
  const twins = areDatabases ? [] : others.filter(({ family }) => family !== undefined && families.has(family))
  const again = new Again(stored, failedBefore, drawn.length === byFile.size)
  const { profile, threshold, kernel, metrics } = stored.parameters
  const events = measure([...sound, ...twins], {
    profile,
    threshold,
    kernel,
    ...(metrics && { metrics }),
    names: inputNames([...byFile.keys(), ...failedBefore.keys(), ...twins.map(({ path }) => path)]),
    skipNonFinite: await leftOutNonFinite(stored),
    keepGoing: true,
    ...(options.signal && { signal: options.signal }),
    ...(options.onProgress && {
      onProgress: ({ inputs: { done }, model }: { inputs: { done: number }; model: string }) =>
        options.onProgress!(done, sound.length, model),
    }),
  })
  for await (const event of events) await again.take(event)
  const missing = new Set(absent)
  for (const file of again.seen) missing.delete(file)
  for (const file of missing) problems.push(`${file} is not among the inputs`)
  for (const { file, model } of again.left(drawn))
    if (!missing.has(file) && !refused.has(file) && !again.failed.has(file)) problems.push(`${model} is no longer in ${file}`)
  const isWhole = drawn.length === byFile.size && problems.length + again.problems.length === 0
  const before = new Set(stored.warnings)
  return {
    layers: again.layers,
    differences: again.differences,
    problems: problems.concat(again.problems),
    inputs: [...sound, ...twins],
    isWhole,
    meta: again.meta,
    leftOut: areDatabases ? [] : others.filter((input) => !twins.includes(input)).map(({ path }) => path),
    warnings: {
      missing: [...again.warnings].filter((text) => !before.has(text)),
      unseen: stored.warnings.filter((text) => !again.warnings.has(text)),
    },
  }
}

/** True when a layer was left out for a weight that is not finite. */
async function leftOutNonFinite({ skipped }: Pick<StreamedRun, 'skipped'>): Promise<boolean> {
  for await (const rows of skipped.rows()) if (rows.some(({ reason }) => reason.startsWith('the weight at index'))) return true
  return false
}

async function changedProblem(lazy: LazyInput, wanted: string, signal?: AbortSignal): Promise<string | undefined> {
  let input: Input | undefined
  try {
    input = await lazy.open()
    const hash = await sha256Of(input.access, signal)
    return hash === wanted
      ? undefined
      : `${lazy.path} has other bytes than the file that was measured: its SHA-256 is ${hash}, not ${wanted}`
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  } finally {
    await input?.access.close?.()
  }
}

/** A model while its layers come again. */
interface ModelAgain {
  /** Its row in the results; undefined when these have none. */
  readonly before: ModelRow | undefined
  readonly rows: RowsOfModel<LayerRow>
  layers: number
  /** What is asked of them when all have come: whether they look untrained. */
  readonly flagged: Pick<LayerRow, 'filters' | 'flags'>[]
  readonly differences: Difference[]
  /** Layers that are not in the results where they were looked for. */
  readonly unmatched: LayerRow[]
}

/** Compares what is measured again with the rows of results, model by model; of these a batch is held at a time. */
class Again {
  readonly differences: Difference[] = []
  readonly problems: string[] = []
  /** Files of which a model was seen. */
  readonly seen = new Set<string>()
  /** Files that could not be measured again. */
  readonly failed = new Set<string>()
  /** What the files say of their models. */
  readonly meta = new Map<string, ModelRow['meta']>()
  readonly warnings = new Set<string>()
  layers = 0
  readonly #stored: StreamedRun
  readonly #failedBefore: ReadonlyMap<string, string>
  /** In a sample other models may have had the name first. */
  readonly #namesCount: boolean
  readonly #waiting: ReadonlyMap<string, ModelRow[]>
  #current: ModelAgain | undefined

  constructor(stored: StreamedRun, failedBefore: ReadonlyMap<string, string>, namesCount: boolean) {
    this.#stored = stored
    this.#failedBefore = failedBefore
    this.#namesCount = namesCount
    this.#waiting = rowsByFile(stored.models)
  }

  async take(event: MeasureEvent): Promise<void> {
    if (event.kind === 'layer') await this.#layer(event.row, event.identity.input.path)
    else if (event.kind === 'failed') {
      this.#current = undefined
      this.failed.add(event.file)
      const before = this.#failedBefore.get(event.file)
      if (before === undefined) this.problems.push(event.error.message)
      else if (before !== event.error.problem)
        this.#note({ table: 'models', row: event.file, column: 'failed', stored: before, recomputed: event.error.problem })
    } else if (event.kind === 'warning') this.warnings.add(event.text)
    else if (event.kind === 'model') {
      await this.#model(event)
      this.#current = undefined
    }
  }

  /** Models of these files that did not come. */
  left(files: readonly string[]): ModelRow[] {
    return files.flatMap((file) => this.#waiting.get(file) ?? [])
  }

  #note(difference: Difference): void {
    if (this.differences.length < MOST_DIFFERENCES) this.differences.push(difference)
  }

  #begin(file: string): ModelAgain {
    const before = this.#waiting.get(file)?.[0]
    const rows = before ? this.#stored.layers.of(before.model) : noRows()
    return { before, rows: new RowsOfModel(rows), layers: 0, flagged: [], differences: [], unmatched: [] }
  }

  async #layer(row: LayerRow, file: string): Promise<void> {
    this.#current ??= this.#begin(file)
    const current = this.#current
    current.layers++
    current.flagged.push({ filters: row.filters, flags: row.flags })
    if (!current.before) return
    const stored = await current.rows.take(row.layer_id, false)
    if (stored) this.#compare(current, stored, row)
    else current.unmatched.push(row)
  }

  #compare({ before, differences }: ModelAgain, stored: LayerRow, row: LayerRow): void {
    for (const difference of compareLayerRows(stored, { ...row, model: before!.model }))
      if (differences.length < MOST_DIFFERENCES) differences.push(difference)
  }

  async #model({ row, skipped }: Extract<MeasureEvent, { kind: 'model' }>): Promise<void> {
    this.seen.add(row.file)
    const current = this.#current ?? this.#begin(row.file)
    const { before } = current
    if (!before) {
      this.problems.push(
        this.#failedBefore.has(row.file)
          ? `${row.file} is left out of the results as broken (${this.#failedBefore.get(row.file)}), and can be measured`
          : `${row.file} holds more models than the results have rows for`,
      )
      return
    }
    this.#waiting.get(row.file)!.shift()
    const { model } = before
    const named = this.#namesCount ? row : { ...row, model }
    this.meta.set(model, row.meta)
    for (const difference of compareModelRows(before, { ...named, meta: before.meta })) this.#note(difference)
    const fresh = untrainedText(model, current.flagged)
    if (fresh !== undefined) this.warnings.add(fresh)
    if (row.layers === 0) this.warnings.add(`${model}: no layer to measure: ${describeCensus(skipped)}`)
    await this.#endLayers(current, model)
    await this.#skipped(model, skipped)
  }

  async #endLayers(current: ModelAgain, model: string): Promise<void> {
    // Layers that stand in another order than in the table.
    for (const layer of current.unmatched) {
      const stored = await current.rows.take(layer.layer_id, true)
      if (stored) this.#compare(current, stored, layer)
      else this.problems.push(`${model}: layer ${layer.layer} is not in the results`)
    }
    for (const difference of current.differences) this.#note(difference)
    this.layers += current.layers
    for (let row = await current.rows.next(); row; row = await current.rows.next()) {
      this.problems.push(`${model}: layer ${row.layer} is in the results, and is not measured now`)
      await current.rows.take(row.layer_id, true)
    }
  }

  async #skipped(model: string, skipped: readonly Skipped[]): Promise<void> {
    const text = ({ name, kind, shape, reason }: Skipped): string => JSON.stringify([name, kind, shape, reason])
    const was: string[] = []
    for await (const rows of this.#stored.skipped.of(model)) for (const row of rows) was.push(text(row))
    const is = skipped.map(text)
    for (let k = 0; k < Math.max(was.length, is.length); k++)
      if (was[k] !== is[k])
        this.#note({
          table: 'skipped',
          row: `${model}, ${k}`,
          column: 'all',
          stored: String(was[k]),
          recomputed: String(is[k]),
        })
  }
}

function rowsByFile(models: readonly ModelRow[]): Map<string, ModelRow[]> {
  const byFile = new Map<string, ModelRow[]>()
  for (const row of models) {
    const own = byFile.get(row.file)
    if (own) own.push(row)
    else byFile.set(row.file, [row])
  }
  return byFile
}

async function* noRows(): AsyncGenerator<readonly LayerRow[]> {}

/** A seeded choice without repetition, in the order of the run. */
function sampleOf(files: readonly string[], { sample, seed = 0 }: RecomputeOptions): string[] {
  if (sample === undefined || sample >= files.length) return [...files]
  const next = randomWords(seed)
  const left = files.map((_, k) => k)
  const chosen = new Set<number>()
  while (chosen.size < sample) chosen.add(left.splice(next() % left.length, 1)[0]!)
  return files.filter((_, k) => chosen.has(k))
}
