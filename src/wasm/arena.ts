import type { ModuleExports } from './exports.generated.ts'
import { maxBins, maxCounts, maxTaps } from './limits.ts'

/** Memory that the caller may use, and views of it. Views are stale as soon as `reserve` has grown the memory. */
export interface MemoryCalls {
  readonly memory: WebAssembly.Memory
  /**
   * The arena's first address (16-byte aligned, always the same), after making the arena at least `bytes` long. What
   * lies in the arena stays. @throws RangeError when the engine gives no more memory (4 GiB is the limit)
   */
  reserve(bytes: number): number
  u8(address: number, length: number): Uint8Array
  f32(address: number, length: number): Float32Array
  f64(address: number, length: number): Float64Array
}

/** An instance's memory: | the module's own | room to work in | results | the caller's arena |. */
export interface Arena extends MemoryCalls {
  /** Address of the room that the largest kernel needs while it is worked on. */
  readonly work: number
  /** Address of the room for its results; coefficients keep their basis there, too. */
  readonly out: number
  /** All the memory: a view costs more than a short sum, so what every layer needs is read through this one. */
  doubles(): Float64Array
}

const align = (address: number): number => (address + 15) & ~15

/** Lays out the memory of an instance. */
export function openArena(wasm: ModuleExports): Arena {
  const { memory } = wasm
  const work = wasm.freeMemory()
  const out = align(
    work +
      Math.max(
        wasm.momentsWorkBytes(maxTaps),
        wasm.coefficientWorkBytes(maxTaps),
        16 * maxTaps * maxTaps, // a matrix and its eigenvectors
        wasm.entropyWorkBytes(maxTaps),
        wasm.pairBytes(),
      ),
  )
  // A basis with its range, or with the edges of a histogram, its counts and their two tables.
  const basis = 8 * maxTaps * (maxTaps + 3)
  const start = align(out + Math.max(wasm.momentsBytes(maxTaps), basis + 8 * (maxBins + 1) + 16 * maxCounts))

  const grow = (end: number): void => {
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
  grow(start)

  let doubles = new Float64Array(0)
  return {
    memory,
    work,
    out,
    reserve(bytes) {
      grow(start + bytes)
      return start
    },
    u8: (address, length) => new Uint8Array(memory.buffer, address, length),
    f32: (address, length) => new Float32Array(memory.buffer, address, length),
    f64: (address, length) => new Float64Array(memory.buffer, address, length),
    doubles() {
      if (doubles.length === 0) doubles = new Float64Array(memory.buffer) // growing the memory empties views of it
      return doubles
    },
  }
}
