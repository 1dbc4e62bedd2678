import { randomWords } from '../analysis/random.ts'
import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { measure } from '../measure/run.ts'
import { kernelSha256 } from '../wasm.ts'
import { compareLayerRows, type Difference } from './compare-rows.ts'

/** What measuring the inputs again gave. */
export interface Recomputation {
  /** Layers that were measured again. */
  readonly layers: number
  readonly differences: readonly Difference[]
  /** Sentences: inputs that are missing or have other bytes than those that were measured. */
  readonly problems: readonly string[]
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

/**
 * Measures the inputs of an artifact again and compares every bit of every layer row.
 * @throws InputError when the artifact was made by another kernel: its numbers may differ in the last digit without being wrong
 */
export async function recompute(
  name: string,
  stored: Analysis,
  find: (path: string) => Promise<Input | undefined>,
  options: RecomputeOptions = {},
): Promise<Recomputation> {
  const { kernel_sha256 } = stored.parameters
  if (kernel_sha256 !== kernelSha256) {
    throw new InputError(
      name,
      `was made by filterlens ${stored.version} with kernel ${kernel_sha256}; this is kernel ${kernelSha256}, which may round differently: recompute with that version, or verify the hashes alone (without --inputs)`,
    )
  }
  const byFile = new Map<string, ModelRow[]>()
  for (const row of stored.models) byFile.set(row.file, [...(byFile.get(row.file) ?? []), row])
  const files = sampleOf([...byFile.keys()], options)
  const rows = new Map<string, Map<number, LayerRow>>()
  for (const row of stored.layers) {
    const layers = rows.get(row.model) ?? new Map<number, LayerRow>()
    rows.set(row.model, layers.set(row.layer_id, row))
  }
  const skippedNonFinite = stored.skipped.some(({ reason }) => reason.startsWith('the weight at index'))
  const problems: string[] = []
  const differences: Difference[] = []
  let layers = 0
  for (const [k, file] of files.entries()) {
    options.onProgress?.(k, files.length, file)
    const input = await find(file)
    if (!input) {
      problems.push(`${file} is not among the inputs`)
      continue
    }
    const expected = byFile.get(file)!
    const hash = await sha256Of(input.access, options.signal)
    const wanted = expected[0]!.sha256
    if (wanted !== null && hash !== wanted) {
      problems.push(`${file} has other bytes than the file that was measured: its SHA-256 is ${hash}, not ${wanted}`)
      await input.access.close?.()
      continue
    }
    // Names were settled among all inputs of the run; alone, a file's models come in the same order.
    const order = [...expected]
    let current: LayerRow[] = []
    const lazy: LazyInput = { path: file, open: async () => input }
    const { profile, threshold, kernel, metrics } = stored.parameters
    const events = measure([lazy], {
      profile,
      threshold,
      kernel,
      ...(metrics && { metrics }),
      hash: false,
      skipNonFinite: skippedNonFinite,
      ...(options.signal && { signal: options.signal }),
    })
    for await (const event of events) {
      if (event.kind === 'layer') current.push(event.row)
      if (event.kind !== 'model') continue
      const model = order.shift()
      if (!model) {
        problems.push(`${file} holds more models than the artifact has rows for it`)
        break
      }
      const known = rows.get(model.model) ?? new Map<number, LayerRow>()
      if (known.size !== current.length)
        problems.push(`${model.model}: ${current.length} layers now, ${known.size} in the artifact`)
      for (const row of current) {
        const before = known.get(row.layer_id)
        if (before) differences.push(...compareLayerRows(before, { ...row, model: before.model }))
        layers++
      }
      current = []
    }
    for (const { model } of order) problems.push(`${model} is no longer in ${file}`)
  }
  return { layers, differences, problems }
}

/** A seeded choice without repetition, in the order of the run. */
function sampleOf(files: readonly string[], { sample, seed = 0 }: RecomputeOptions): string[] {
  if (sample === undefined || sample >= files.length) return [...files]
  const next = randomWords(seed)
  const left = files.map((_, k) => k)
  const chosen = new Set<number>()
  while (chosen.size < sample) chosen.add(left.splice(next() % left.length, 1)[0]!)
  return files.filter((_, k) => chosen.has(k))
}
