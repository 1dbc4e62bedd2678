import { UsageError } from '../errors.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { list } from '../words.ts'
import { type LayerRow, type NullableMetric, nullableMetrics } from './layer-row.ts'
import { type Pass, passesFor, usualMetrics } from './metrics/registry.ts'
import type { Parameters } from './parameters.ts'
import { type Profile, profiles } from './profile.ts'
import { type KernelChoice, parseKernel } from './select.ts'

/** What can be asked of a run. Only `kernel`, `profile`, `threshold` and `metrics` can change a number. */
export interface MeasureOptions {
  /** "3x3" (default), "5x5", "1x7" … or "all". */
  readonly kernel?: string
  /** Default "cvprw22". */
  readonly profile?: Profile
  /** Share of the layer's peak, 0 to 1; default 0.01. */
  readonly threshold?: number
  /** Only these are computed (orthogonality is the costly one); the others are null, "not asked for". Default: all but those of the spectrum and the distance to random filters. */
  readonly metrics?: readonly NullableMetric[]
  /** Leaves out layers with NaN or infinity, and lists them; default: the first one is an error. */
  readonly skipNonFinite?: boolean
  /** Lists inputs that cannot be read and goes on; default: the first one is an error. */
  readonly keepGoing?: boolean
  /** SHA-256 of every input file; default true. */
  readonly hash?: boolean
  /** Filters per read; default: a layer. */
  readonly batchSize?: number
  /** Bytes of weights held in memory at a time, over all workers; default 256 MB. */
  readonly memory?: number
  /** Threads that measure; 1 is the calling one. Default: that one for small jobs, one per processor for large ones. */
  readonly workers?: number
  /** Model names by input path (`inputNames`). Needed only for an async iterable in which stems may clash. */
  readonly names?: ReadonlyMap<string, string>
  /** A layer that an earlier run finished with the same parameters is not measured again. */
  readonly finished?: (layer: LayerIdentity) => FinishedLayer | undefined
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

const known: Readonly<Record<keyof MeasureOptions, true>> = {
  kernel: true,
  profile: true,
  threshold: true,
  metrics: true,
  skipNonFinite: true,
  keepGoing: true,
  hash: true,
  batchSize: true,
  memory: true,
  workers: true,
  names: true,
  finished: true,
  signal: true,
  onProgress: true,
}

/** `more`: options beside those of measuring. @throws UsageError for an option that is not known: a misspelt one would be left out without a word */
export function requireKnownOptions(options: object, more: readonly string[] = []): void {
  if (typeof options !== 'object' || options === null) throw new UsageError(`options are ${String(options)}; give an object`)
  const names = [...Object.keys(known), ...more]
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new UsageError(`option ${list(unknown)} is not known; there are ${list(names)}`)
}

/** A layer as an earlier run measured it: all that the measuring of it tells. */
export interface FinishedLayer {
  readonly row: LayerRow
  /** Weights that were not exactly a float32. */
  readonly narrowed: number
}

/** What distinguishes a layer from all others of a run. */
export interface LayerIdentity {
  readonly input: Input
  /** Further files that its model is read from. */
  readonly parts: readonly RandomAccess[]
  readonly model: string
  readonly layer_id: number
  readonly layer: string
}

/** How far a run is; reported after every layer. */
export interface Progress {
  /** Inputs that are done, and in all (undefined while an async iterable is still going). */
  readonly inputs: { readonly done: number; readonly total: number | undefined }
  readonly model: string
  readonly layer: string
  /** Layers and filters of the current input. */
  readonly layers: { readonly done: number; readonly total: number }
  readonly filters: { readonly done: number; readonly total: number }
}

/** The options that decide numbers, checked and with defaults. */
export interface Settings {
  readonly parameters: Parameters
  readonly choice: KernelChoice
  readonly metrics: ReadonlySet<NullableMetric>
  readonly passes: ReadonlySet<Pass>
}

/** @throws UsageError for a value that means nothing */
export function settingsOf(options: MeasureOptions): Settings {
  const { kernel = '3x3', profile = 'cvprw22', threshold = 0.01 } = options
  const choice = parseKernel(kernel)
  if (!profiles.includes(profile)) {
    throw new UsageError(`profile "${profile}": there are ${list(profiles)}`)
  }
  if (typeof threshold !== 'number' || !(threshold >= 0 && threshold <= 1))
    throw new UsageError(`threshold ${threshold}: give a share of the peak from 0 to 1`)
  if (options.metrics !== undefined && !Array.isArray(options.metrics)) throw new UsageError('metrics: give a list of names')
  const unknown = options.metrics?.find((name) => !nullableMetrics.includes(name))
  if (unknown !== undefined) throw new UsageError(`metric "${unknown}": there are ${nullableMetrics.join(', ')}`)
  const batchSize = options.batchSize ?? 1
  if (!(Number.isSafeInteger(batchSize) && batchSize > 0))
    throw new UsageError(`batch size ${batchSize}: give a whole number above 0`)
  const workers = options.workers ?? 1
  if (!(Number.isSafeInteger(workers) && workers > 0)) throw new UsageError(`workers ${workers}: give a whole number above 0`)
  const metrics = new Set(options.metrics ?? usualMetrics)
  const usual = metrics.size === usualMetrics.length && usualMetrics.every((name) => metrics.has(name))
  const parameters: Parameters = {
    profile,
    threshold,
    kernel: choice === 'all' ? 'all' : `${choice.height}x${choice.width}`,
    kernel_sha256: moduleSha256,
    ...(!usual && { metrics: nullableMetrics.filter((name) => metrics.has(name)) }),
  }
  return { parameters, choice, metrics, passes: passesFor(metrics) }
}
