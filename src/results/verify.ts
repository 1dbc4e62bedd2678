import type { MetaTable } from '../analysis/meta-table.ts'
import type { Pair, PairTable } from '../analysis/pairs.ts'
import { DamagedRowError } from '../arrow/fields.ts'
import { steadyInputs } from '../inputs/steady-inputs.ts'
import type { Folder, LazyInput } from '../io/random-access.ts'
import type { Analysis } from '../measure/model-row.ts'
import { firstFew, plural } from '../words.ts'
import { checkDerived, type ToDerive } from './check-derived.ts'
import { checkFiles } from './check-files.ts'
import { compareMeta, comparePairsWith } from './compare-meta.ts'
import type { Difference } from './compare-rows.ts'
import { readPairs } from './groups.ts'
import { RESULTS } from './manifest.ts'
import { type Recomputation, type RecomputeOptions, recompute } from './recompute.ts'
import { remake } from './remake.ts'
import { withRun } from './tables-read.ts'

/** What results are held against, beside themselves. */
export interface VerifyOptions {
  /** The number that was quoted: 64 lower-case hexadecimal digits. */
  readonly expect?: string | undefined
  /** The tables that the run was given. */
  readonly meta?: MetaTable | undefined
  readonly pairs?: PairTable | undefined
  /** The models that were measured. */
  readonly inputs?: readonly LazyInput[] | undefined
  /** Measures only this many of the inputs again, drawn by `seed`. */
  readonly sample?: number | undefined
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Runs what computes for long without a pause; default: at once. The command line lets signals end it. */
  readonly occupied?: <T>(work: () => T | Promise<T>) => Promise<T>
  readonly onProgress?: (done: number, total: number, label: string) => void
}

/** What was compared and found equal, what was not equal, and what was not compared. */
export interface Verdict {
  readonly resultsSha256: string
  /** Files whose hashes were checked. */
  readonly files: number
  /** Files that follow from the layer table, and do. */
  readonly derived: number
  /** Layers that were measured again. */
  readonly layers: number
  /** Files that were made again from the inputs alone (and tables that were compared), with the same bytes. */
  readonly remade: number
  /** Files that were made again with the same bytes from inputs and from metadata or pairs that nothing was held against. */
  readonly remadeAsTold: number
  readonly problems: readonly string[]
  readonly differences: readonly Difference[]
  /** Sentences: what none of this says anything about, and which option would. */
  readonly notCompared: readonly string[]
}

/**
 * Holds results against their hashes, against themselves (what follows from the layer table is made again), and against the
 * number, the tables and the models that are given. @throws InputError when there are no results, or they are of another module
 */
export async function verifyResults(folder: Folder, name: string, options: VerifyOptions = {}): Promise<Verdict> {
  const { expect, signal } = options
  const { problems, entries, resultsSha256, extra } = await checkFiles(folder, name, signal)
  const found = {
    resultsSha256,
    files: entries.length,
    derived: 0,
    layers: 0,
    remade: 0,
    remadeAsTold: 0,
    problems:
      expect === undefined || expect === resultsSha256
        ? problems
        : [`${RESULTS} is ${resultsSha256}, not ${expect}: these are not the results that were quoted`, ...problems],
    differences: [],
    notCompared: [],
  }
  if (found.problems.length > 0) return found
  try {
    return await withRun(folder, name, (stored) => verifyRun({ folder, name, stored, entries }, extra, found, options))
  } catch (error) {
    if (error instanceof DamagedRowError) return { ...found, problems: [error.message] }
    throw error
  }
}

/** The same of results whose hashes are right. */
async function verifyRun(
  { folder, name, stored, entries }: ToDerive,
  extra: readonly string[],
  found: Verdict,
  options: VerifyOptions,
): Promise<Verdict> {
  const { expect, occupied = async (work) => work() } = options
  const pairs = await readPairs(folder, name)
  const again =
    options.inputs &&
    (await recompute(name, stored, steadyInputs(options.inputs), { ...sampled(options), ...callbacks(options) }))
  const { differences: metaDifferences, unchecked } = compareMeta(stored.models, {
    table: options.meta,
    ...(again && { own: again.meta }),
  })
  const differences = [
    ...(again?.differences ?? []),
    ...metaDifferences,
    ...(options.pairs ? comparePairsWith(stored.models, pairs, options.pairs) : []),
  ]
  const notCompared = [
    ...outside(expect),
    ...ofInputs(stored, options, again),
    ...ofTables(options, unchecked, pairs),
    ...(extra.length > 0 ? [`${plural(extra.length, 'file')} beside the results and no part of them: ${firstFew(extra)}`] : []),
  ]
  const measured = { ...found, layers: again?.layers ?? 0, problems: again?.problems ?? [], differences, notCompared }
  if (measured.problems.length > 0 || differences.length > 0) return measured
  if (!again?.isWhole) {
    const derived = await occupied(() => checkDerived({ folder, name, stored, entries }))
    return {
      ...measured,
      derived: derived.equal.length,
      differences: derived.differences,
      notCompared: [...notCompared, ...derived.notes],
    }
  }
  const made = await remake({ folder, name, stored, entries, inputs: again.inputs, occupied, ...callbacks(options) })
  const isTold = toldFrom(unchecked.length > 0, options.pairs === undefined && pairs.length > 0)
  return {
    ...measured,
    remade: made.equal.filter((path) => !isTold(path)).length,
    remadeAsTold: made.equal.filter(isTold).length,
    differences: made.differences,
    notCompared: [...notCompared, ...made.notes],
  }
}

function sampled({ sample, seed }: VerifyOptions): Pick<RecomputeOptions, 'sample' | 'seed'> {
  return { ...(sample !== undefined && { sample }), ...(seed !== undefined && { seed }) }
}

function callbacks({ signal, onProgress }: VerifyOptions): Pick<VerifyOptions, 'signal' | 'onProgress'> {
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) }
}

/** Which files hold what comes from tables that nothing was held against. */
function toldFrom(meta: boolean, pairs: boolean): (path: string) => boolean {
  return (path) =>
    ((meta || pairs) && /^(groups\.json|groups\/|report\.html|figures\/)/.test(path)) ||
    (meta && path === 'models.arrow') ||
    (pairs && path === 'pairs.json')
}

function outside(expect: string | undefined): string[] {
  return [
    ...(expect === undefined ? [`${RESULTS} with the number that was quoted: --expect does it`] : []),
    'machine.json, and what ro-crate-metadata.json says of the run (its command line, dates, licence): they are not hashed',
  ]
}

function ofInputs(
  stored: Pick<Analysis, 'models' | 'failed'>,
  { inputs, sample }: VerifyOptions,
  again: Recomputation | undefined,
): string[] {
  if (!inputs || !again) return ['the numbers with the models: --inputs does it']
  const files = new Set(stored.models.map(({ file }) => file)).size
  const given = new Set(inputs.map(({ path }) => path))
  const failed = stored.failed.filter(({ file }) => !given.has(file)).map(({ file }) => file)
  const { leftOut, warnings } = again
  return [
    ...(sample !== undefined && sample < files ? [`the other ${files - sample} of ${files} inputs: a sample was drawn`] : []),
    ...(leftOut.length > 0 ? [`${plural(leftOut.length, 'input')} given and not in the results: ${firstFew(leftOut)}`] : []),
    ...(failed.length > 0
      ? [`${plural(failed.length, 'input')} that could not be measured then and not given now: ${firstFew(failed)}`]
      : []),
    ...(warnings.missing.length > 0 && again.isWhole
      ? [`warnings that came and are not in the results: ${firstFew(warnings.missing)}`]
      : []),
    ...(warnings.unseen.length > 0 ? [`warnings in the results that did not come: ${firstFew(warnings.unseen)}`] : []),
  ]
}

function ofTables({ meta, pairs }: VerifyOptions, unchecked: readonly string[], stored: readonly Pair[]): string[] {
  const how = meta ? 'neither the table nor a model that was read holds them' : '--meta does it'
  return [
    ...(unchecked.length > 0
      ? [`metadata of the models (${firstFew(unchecked)}), and what the groups and the report say by it: ${how}`]
      : []),
    ...(stored.length > 0 && !pairs
      ? [`${plural(stored.length, 'pair')} of models, and what the groups and the report say by them: --pairs does it`]
      : []),
  ]
}
