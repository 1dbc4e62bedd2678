import { instantiateSync } from '@assemblyscript/loader'
import { moduleBase64, moduleSha256 } from './module.generated.ts'
import type { Moments } from './moments.ts'
import type { StoredType } from './stored.ts'

/** SHA-256 (hex) of the WASM module: results of two modules must not be mixed. */
export { moduleSha256 }

/** Kernels with more taps than this (11×11) are not measured. */
export const maxTaps = 121

/** Bins of a histogram, and counts over all components, at most. */
const maxBins = 1024
const maxCounts = 16384

/** Rows of a panel of the Gram matrix, at most. */
export const panelLimit = 128

const storedTypes: readonly StoredType[] = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
]

/** The module's exports: addresses, counts and flags are plain numbers. Order of arguments as in assembly/. */
interface Exports extends Record<string, unknown> {
  memory: WebAssembly.Memory
  freeMemory(): number
  storedBytes(kind: number): number
  decode(...argument: number[]): number
  firstNonFinite(address: number, count: number): number
  scan(address: number, count: number, out: number): void
  momentsWorkBytes(taps: number): number
  momentsBytes(taps: number): number
  moments(...argument: number[]): void
  eigen(matrix: number, taps: number, values: number, vectors: number): void
  eigenvalues(matrix: number, taps: number, values: number, work: number): void
  entropy(values: number, count: number): number
  entropyWorkBytes(taps: number): number
  varianceEntropy(set: number, taps: number, work: number): number
  randomEntropy(filters: number): number
  packedRowBytes(kind: number, length: number): number
  packRows(kind: number, address: number, rows: number, length: number, panel: number): number
  pairBytes(): number
  gramPanels(...argument: number[]): void
  binEdges(low: number, high: number, bins: number, edges: number): void
  coefficientWorkBytes(taps: number): number
  coefficientRange(...argument: number[]): void
  coefficientHistogram(...argument: number[]): void
  exp(x: number): number
  expm1(x: number): number
  log(x: number): number
  log1p(x: number): number
  log2(x: number): number
  log10(x: number): number
  pow(x: number, y: number): number
}

/** Functions that stored numbers may pass through: the same bits in every engine (host Math is not). */
export type WasmMath = Pick<Exports, 'exp' | 'expm1' | 'log' | 'log1p' | 'log2' | 'log10' | 'pow'>

/** What to widen, or narrow, to float32 in (out, in, row, column) order. Addresses are bytes in the module's memory. */
export interface Decoding {
  readonly dtype: StoredType
  /** Address of stored element (0, 0, 0, 0); any alignment. */
  readonly source: number
  /** Address of the first float32; 4-byte aligned, not overlapping the source. */
  readonly destination: number
  readonly shape: readonly [number, number, number, number]
  /** In stored elements; absent: row-major. */
  readonly strides?: readonly [number, number, number, number] | undefined
  /** (stored - zero)·scale + shift in double, rounded once. Arrays hold one entry per output channel of `shape`. */
  readonly dequantise?:
    | { readonly scale: number | Float64Array; readonly zero: number | Float64Array; readonly shift: number }
    | undefined
}

/** What one pass over a segment's filters gives. */
export interface SegmentMoments {
  readonly sparse: number
  /** Σ |w - centre|. */
  readonly deviation: number
  /** Non-sparse filters, each divided by its own max-abs. */
  readonly scaled: Moments
  /** All filters as they are. */
  readonly raw: Moments
  /** Non-sparse filters as they are. */
  readonly clean: Moments
}

/** What a scan of some weights gives. */
export interface Scanned {
  /** Largest |w|; NaN or infinite when any weight is (firstNonFinite finds which). */
  readonly peak: number
  readonly sum: number
  /** Σ |w|. */
  readonly absoluteSum: number
}

/** Rows of a panel with those of another, or with each other. */
export interface PanelSum {
  /** Σ |a·b - [a = b]| over all ordered pairs (a, b) and (b, a) of unit rows. */
  readonly sum: number
  /** How many of the pairs (each counted once) have |a·b| below 1e-5. */
  readonly near: number
}

/** How the rows of a Gram matrix are packed and multiplied: see src/wasm/gram.ts. */
export type Precision = 'double' | 'single' | 'integer'

const precisions: readonly Precision[] = ['double', 'single', 'integer']

/** A basis of coefficients: mean (taps) and components as rows (taps × taps). */
export interface FilterBasis {
  readonly mean: Float64Array
  readonly components: Float64Array
}

/**
 * One instance of the module, with one arena for the caller's data. Not reentrant; one per worker.
 * Views are stale as soon as `reserve` has grown the memory: take them anew after it.
 */
export interface WasmInstance {
  readonly memory: WebAssembly.Memory
  readonly math: WasmMath
  /**
   * The arena's first address (16-byte aligned, always the same), after making the arena at least `bytes` long. What
   * lies in the arena stays. @throws RangeError when the engine gives no more memory (4 GiB is the limit)
   */
  reserve(bytes: number): number
  u8(address: number, length: number): Uint8Array
  f32(address: number, length: number): Float32Array
  f64(address: number, length: number): Float64Array
  /** Returns how many float64 or int32 values were not exactly a float32 (0 for quantised ones). */
  decode(task: Decoding): number
  /** Index of the first NaN or infinity among `count` float32, or -1. */
  firstNonFinite(address: number, count: number): number
  /** Scans `count` float32 in the order in which they lie. Call it by fixed segments: sums depend on where one begins. */
  scan(address: number, count: number): Scanned
  /**
   * Counts and moments of `filters` filters of `taps` float32 (2 … 121), and Σ |w - centre|. Sparse: max-abs <= limit, or
   * < limit when strict; compared in double.
   */
  moments(address: number, filters: number, taps: number, limit: number, strict?: boolean, centre?: number): SegmentMoments
  /**
   * Eigenvalues (falling) and eigenvectors (rows of t × t, the entry of largest magnitude positive, of equal ones the
   * first) of a symmetric t × t matrix.
   */
  eigen(matrix: Float64Array): { values: Float64Array; vectors: Float64Array }
  /** Eigenvalues alone, falling, an eighth of the work: equal to those of `eigen` but for a few units of the largest. */
  eigenvalues(matrix: Float64Array): Float64Array
  /** -Σ q·log10 q of the shares q of some variances; negative ones count as 0; null when they add to 0. */
  entropy(variances: ArrayLike<number>): number | null
  /**
   * Variance entropy (base 10) of a set of filters; null for fewer than two filters or when they do not vary: when their
   * total variance is 0 or within what rounding the values to double can make.
   */
  varianceEntropy(moments: Moments): number | null
  /** Entropy level of that many randomly initialised 3×3 filters (torchconvquality's T). */
  randomEntropy(filters: number): number
  /** Bytes of a packed panel per row, its rows rounded up to fours. */
  packedRowBytes(length: number, precision: Precision): number
  /**
   * Packs a panel of up to 128 rows of `length` float32 at `address` to `packed` (16-byte aligned). Returns the sum of
   * 1 / norm² of the packed rows (1 each, unless they are integers), zero rows left out.
   */
  packRows(address: number, rows: number, length: number, packed: number, precision: Precision): number
  /** Two packed panels of one precision, or one with itself. */
  gramPanels(a: number, rowsA: number, b: number, rowsB: number, length: number, precision: Precision): PanelSum
  /** Smallest and largest coefficient per component, of all filters (a zero filter counts as zeros). */
  coefficientRange(
    address: number,
    filters: number,
    taps: number,
    basis: FilterBasis,
  ): { lowest: Float64Array; highest: Float64Array }
  /**
   * Adds the coefficients of the non-sparse filters to `counts` (taps × bins, components as rows), over `bins` (at most 1,024)
   * equal bins of [low, high] as numpy.histogram does: half-open but the last.
   */
  coefficientHistogram(
    address: number,
    filters: number,
    taps: number,
    basis: FilterBasis,
    range: { low: number; high: number; limit: number; strict?: boolean },
    counts: Float64Array,
  ): void
  /** The bins + 1 edges of those bins (numpy.linspace; low - 0.5 … high + 0.5 when both are equal). */
  binEdges(low: number, high: number, bins: number): Float64Array
}

/** The bytes of the module that this package holds. */
export function moduleBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(moduleBase64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** The compiled module: compile once, send it to workers by postMessage, open an instance in each. */
export function compileModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(moduleBytes())
}

let shared: WasmInstance | undefined

/**
 * One instance for the layer table's statistics, opened at the first call, synchronously (32 KB: allowed on a browser's main
 * thread), so that these are plain functions. Measuring opens instances of its own.
 */
export function sharedInstance(): WasmInstance {
  shared ??= makeInstance(instantiateSync<Exports>(moduleBytes()).exports as unknown as Exports)
  return shared
}

/** Opens an instance of `module`, or of the module this package holds. */
export async function openInstance(module?: WebAssembly.Module): Promise<WasmInstance> {
  const { exports } = instantiateSync<Exports>(module ?? (await compileModule()))
  return makeInstance(exports as unknown as Exports)
}

const align = (address: number) => (address + 15) & ~15

function makeInstance(wasm: Exports): WasmInstance {
  const memory = wasm.memory
  // Below the arena lies room for the tiles and results of the largest kernel size.
  const work = wasm.freeMemory()
  const out = align(
    work +
      Math.max(
        wasm.momentsWorkBytes(maxTaps),
        wasm.coefficientWorkBytes(maxTaps),
        16 * maxTaps * maxTaps,
        wasm.entropyWorkBytes(maxTaps),
        wasm.pairBytes(),
      ),
  )
  // Results of the moments, or a basis with its range, edges, counts and their tables.
  const basisBytes = 8 * maxTaps * (maxTaps + 3)
  const arena = align(out + Math.max(wasm.momentsBytes(maxTaps), basisBytes + 8 * (maxBins + 1) + 16 * maxCounts))

  const grow = (end: number) => {
    const pages = Math.ceil((end - memory.buffer.byteLength) / 65536)
    if (pages <= 0) return
    try {
      memory.grow(pages)
    } catch (cause) {
      throw new RangeError(
        `the engine gives the WebAssembly module no more memory: ${Math.ceil(end / 1048576)} MB were asked for`,
        { cause },
      )
    }
  }
  grow(arena)

  const u8 = (address: number, length: number) => new Uint8Array(memory.buffer, address, length)
  const f32 = (address: number, length: number) => new Float32Array(memory.buffer, address, length)
  const f64 = (address: number, length: number) => new Float64Array(memory.buffer, address, length)

  // One view of all the memory, for what every layer needs: a view costs more than a short sum.
  let doubles = new Float64Array(0)
  const memoryDoubles = (): Float64Array => {
    if (doubles.length === 0) doubles = new Float64Array(memory.buffer) // growing the memory empties views of it
    return doubles
  }

  const checkTaps = (taps: number) => {
    if (!(taps >= 1 && taps <= maxTaps)) throw new RangeError(`a kernel of ${taps} taps: 1 to ${maxTaps} are supported`)
  }

  /** A set that lies at `at` of a copy of the results: views of one buffer, for a buffer each would cost more than the sums. */
  const setAt = (results: Float64Array, at: number, taps: number): Moments => ({
    count: results[at]!,
    mean: results.subarray(at + 1, at + 1 + taps),
    scatter: results.subarray(at + 1 + taps, at + 1 + taps + taps * taps),
  })

  const eigen = (matrix: Float64Array) => {
    const t = Math.sqrt(matrix.length)
    checkTaps(t)
    const square = 8 * t * t
    f64(work, t * t).set(matrix)
    wasm.eigen(work, t, out, work + square)
    return { values: f64(out, t).slice(), vectors: f64(work + square, t * t).slice() }
  }

  const eigenvalues = (matrix: Float64Array): Float64Array => {
    const t = Math.sqrt(matrix.length)
    checkTaps(t)
    f64(work, t * t).set(matrix)
    wasm.eigenvalues(work, t, out, out + 8 * t)
    return f64(out, t).slice()
  }

  const entropy = (variances: ArrayLike<number>) => {
    checkTaps(variances.length)
    f64(out, variances.length).set(variances)
    const value = wasm.entropy(out, variances.length)
    return value < 0 ? null : value
  }

  /** Mean and components to `out`; the addresses of both, and of the free space behind them. */
  const putBasis = (basis: FilterBasis, taps: number) => {
    checkTaps(taps)
    const components = out + 8 * taps
    const free = components + 8 * taps * taps
    f64(out, taps).set(basis.mean)
    f64(components, taps * taps).set(basis.components)
    return { mean: out, components, free }
  }

  const scan = (address: number, count: number): Scanned => {
    wasm.scan(address, count, out)
    const doubles = memoryDoubles()
    const at = out >> 3
    return { peak: doubles[at]!, sum: doubles[at + 1]!, absoluteSum: doubles[at + 2]! }
  }

  const kindOf = (precision: Precision) => precisions.indexOf(precision)

  const gramPanels = (a: number, rowsA: number, b: number, rowsB: number, length: number, precision: Precision): PanelSum => {
    if (rowsA > panelLimit || rowsB > panelLimit) throw new RangeError(`a panel holds ${panelLimit} rows at most`)
    wasm.gramPanels(kindOf(precision), a, rowsA, b, rowsB, length, 1e-5, work, out)
    const doubles = memoryDoubles()
    return { sum: doubles[out >> 3]!, near: doubles[(out >> 3) + 1]! }
  }

  return {
    memory,
    math: wasm,
    u8,
    f32,
    f64,
    reserve(bytes) {
      grow(arena + bytes)
      return arena
    },
    decode(task) {
      const { dtype, source, destination, dequantise } = task
      const [o, i, h, w] = task.shape
      const strides = task.strides ?? [i * h * w, h * w, w, 1]
      const kind = storedTypes.indexOf(dtype)
      if (!dequantise) return wasm.decode(kind, source, destination, o, i, h, w, ...strides, 0, 1, 0, 0)
      const { scale, zero, shift } = dequantise
      if (typeof scale === 'number' && typeof zero === 'number')
        return wasm.decode(kind, source, destination, o, i, h, w, ...strides, 1, scale, zero, shift)
      const bytes = wasm.storedBytes(kind)
      for (let k = 0; k < o; k++) {
        const scaleOf = typeof scale === 'number' ? scale : scale[k]!
        const zeroOf = typeof zero === 'number' ? zero : zero[k]!
        const from = source + k * strides[0] * bytes
        const to = destination + 4 * k * i * h * w
        wasm.decode(kind, from, to, 1, i, h, w, ...strides, 1, scaleOf, zeroOf, shift)
      }
      return 0
    },
    firstNonFinite: wasm.firstNonFinite,
    scan,
    moments(address, filters, taps, limit, strict = false, centre = 0) {
      checkTaps(taps)
      wasm.moments(address, filters, taps, limit, strict ? 1 : 0, centre, work, out)
      const set = 1 + taps + taps * taps
      const results = memoryDoubles().slice(out >> 3, (out >> 3) + 2 + 3 * set)
      const raw = setAt(results, 2 + set, taps)
      return {
        sparse: results[0]!,
        deviation: results[1]!,
        scaled: setAt(results, 2, taps),
        raw,
        // The raw set is the clean one and then the sparse ones: the same when there are none.
        clean: results[0] === 0 ? raw : setAt(results, 2 + 2 * set, taps),
      }
    },
    eigen,
    eigenvalues,
    entropy,
    varianceEntropy({ count, mean, scatter }) {
      const t = mean.length
      if (count < 2) return null
      checkTaps(t)
      const doubles = memoryDoubles()
      const at = out >> 3
      doubles[at] = count
      doubles.set(mean, at + 1)
      doubles.set(scatter, at + 1 + t)
      const value = wasm.varianceEntropy(out, t, work)
      return value < 0 ? null : value
    },
    randomEntropy: wasm.randomEntropy,
    packedRowBytes: (length, precision) => wasm.packedRowBytes(kindOf(precision), length),
    packRows(address, rows, length, packed, precision) {
      if (rows > panelLimit) throw new RangeError(`a panel holds ${panelLimit} rows at most`)
      return wasm.packRows(kindOf(precision), address, rows, length, packed)
    },
    gramPanels,
    coefficientRange(address, filters, taps, basis) {
      const { mean, components, free } = putBasis(basis, taps)
      const above = free + 8 * taps
      f64(free, taps).fill(Number.POSITIVE_INFINITY)
      f64(above, taps).fill(Number.NEGATIVE_INFINITY)
      wasm.coefficientRange(address, filters, taps, mean, components, free, above, work)
      return { lowest: f64(free, taps).slice(), highest: f64(above, taps).slice() }
    },
    coefficientHistogram(address, filters, taps, basis, range, counts) {
      const { mean, components, free } = putBasis(basis, taps)
      const bins = counts.length / taps
      if (counts.length > maxCounts || bins > maxBins || bins < 1 || bins !== Math.floor(bins))
        throw new RangeError(`${counts.length} counts are not 1 to ${maxBins} bins for each of ${taps} components`)
      const edges = free + 8 * counts.length
      const tables = edges + 8 * (bins + 1)
      f64(free, counts.length).set(counts)
      const { low, high, limit, strict = false } = range
      const flag = strict ? 1 : 0
      wasm.coefficientHistogram(
        ...[address, filters, taps, limit, flag, mean, components],
        ...[low, high, bins, free, edges, tables, work],
      )
      counts.set(f64(free, counts.length))
    },
    binEdges(low, high, bins) {
      if (bins > maxBins) throw new RangeError(`${bins} bins: at most ${maxBins} are supported`)
      wasm.binEdges(low, high, bins, work)
      return f64(work, bins + 1).slice()
    },
  }
}
