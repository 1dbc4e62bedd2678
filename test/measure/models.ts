import { emptyFolder, type Folder, type Input, memoryAccess } from '../../src/io/random-access.ts'
import type { OutputFolder } from '../../src/io/sink.ts'

/** A tensor of a made-up model. */
export interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
}

/** Repeatable float32 values in [-1, 1): a linear congruential generator, so that fixtures need no file. */
export function randomValues(count: number, seed: number, scale: number = 1): Float32Array {
  const out = new Float32Array(count)
  let state = (seed * 2654435761 + 12345) >>> 0
  for (let k = 0; k < count; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[k] = (state / 2147483648 - 1) * scale
  }
  return out
}

/** A convolution's weights; every `zeroEvery`-th filter is tiny, so that some are sparse. */
export function convolution(name: string, shape: readonly [number, number, number, number], seed: number, zeroEvery = 5): Tensor {
  const taps = shape[2] * shape[3]
  const values = randomValues(
    shape.reduce((n, d) => n * d, 1),
    seed,
  )
  for (let f = 0; f < values.length / taps; f += zeroEvery) for (let k = 0; k < taps; k++) values[f * taps + k]! *= 0.001
  return { name, shape, values }
}

/** The tensors as a safetensors file. */
export function safetensors(tensors: readonly Tensor[]): Uint8Array {
  let at = 0
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = at
    at += values.byteLength
    return [name, { dtype: values instanceof Float64Array ? 'F64' : 'F32', shape, data_offsets: [begin, at] }]
  })
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const out = new Uint8Array(8 + header.length + at)
  new DataView(out.buffer).setUint32(0, header.length, true)
  out.set(header, 8)
  let to = 8 + header.length
  for (const { values } of tensors) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), to)
    to += values.byteLength
  }
  return out
}

export function memoryInput(path: string, bytes: Uint8Array, folder: Folder = emptyFolder): Input {
  return { path, access: memoryAccess(path, bytes), folder }
}

/** A folder in memory; a file appears when it is committed. */
export function memoryFolder(): OutputFolder & Folder & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>()
  return {
    name: 'memory',
    files,
    async create(path) {
      const chunks: Uint8Array[] = []
      return {
        async write(bytes) {
          chunks.push(bytes.slice())
        },
        async flush() {},
        readBack: async () => memoryAccess(path, joined(chunks)),
        async commit() {
          files.set(path, joined(chunks))
        },
        async discard() {},
      }
    },
    async remove(path) {
      files.delete(path)
    },
    async sync() {},
    async open(path) {
      const bytes = files.get(path)
      return bytes && memoryAccess(path, bytes)
    },
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** A few models with every kind of layer: grouped, depthwise, one channel, all zero, several segments, other kernel sizes. */
export function someModels(): Input[] {
  return [
    memoryInput(
      'runs/a/net.safetensors',
      safetensors([
        convolution('stem.weight', [16, 3, 3, 3], 1),
        convolution('wide.weight', [300, 240, 3, 3], 2),
        convolution('depthwise.weight', [32, 1, 3, 3], 3),
        convolution('big_kernel.weight', [8, 4, 5, 5], 4),
        convolution('pointwise.weight', [8, 8, 1, 1], 5),
        { name: 'zero.weight', shape: [4, 4, 3, 3], values: new Float32Array(144) },
      ]),
    ),
    memoryInput(
      'runs/b/net.safetensors',
      safetensors([convolution('conv.weight', [1, 7, 3, 3], 6), convolution('bar.weight', [3, 2, 1, 7], 7)]),
    ),
  ]
}
