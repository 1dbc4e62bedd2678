import { writeFile } from 'node:fs/promises'

/** A 3×3 layer: `plain` random weights that are larger in the middle, as training makes them, `sparse` with most filters at zero, `one` with one pattern only, `fresh` random weights as at initialisation. */
export interface MadeLayer {
  readonly name: string
  readonly out: number
  readonly in: number
  readonly kind?: 'plain' | 'sparse' | 'one' | 'fresh'
}

/** Numbers in [-1, 1) that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}

function weightsOf({ out, in: inside, kind = 'plain' }: MadeLayer, next: () => number): Float32Array {
  const weights = new Float32Array(out * inside * 9)
  for (let filter = 0; filter < out * inside; filter++) {
    const size = kind === 'sparse' && filter % 4 > 0 ? 1e-8 : 1
    const whole = next()
    for (let tap = 0; tap < 9; tap++)
      weights[filter * 9 + tap] =
        size * (kind === 'one' ? whole * (tap + 1) + 0.001 * next() : next() * (tap === 4 && kind !== 'fresh' ? 3 : 1))
  }
  return weights
}

/** What a safetensors file of such layers begins with: the header's length and the header; the weights follow in this order. */
export function safetensorsHead(layers: readonly Pick<MadeLayer, 'name' | 'out' | 'in'>[]): Buffer {
  let at = 0
  const entries = layers.map(({ name, out, in: inside }) => {
    const from = at
    at += out * inside * 9 * 4
    return [name, { dtype: 'F32', shape: [out, inside, 3, 3], data_offsets: [from, at] }] as const
  })
  const text = JSON.stringify(Object.fromEntries(entries))
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header])
}

/** The bytes of a safetensors file with such layers. */
export function networkBytes(layers: readonly MadeLayer[], seed: number = 1): Buffer {
  const next = numbers(seed)
  return Buffer.concat([safetensorsHead(layers), ...layers.map((layer) => Buffer.from(weightsOf(layer, next).buffer))])
}

/** Writes a network of 12 layers, two of them degenerate: blocks.7 is mostly zero, blocks.9 has one pattern. */
export async function writeFlagged(path: string): Promise<void> {
  const layers = Array.from({ length: 12 }, (_, k): MadeLayer => {
    const kind = k === 7 ? 'sparse' : k === 9 ? 'one' : 'plain'
    return { name: `blocks.${k}.weight`, out: 16 + 4 * k, in: k === 0 ? 3 : 12 + 4 * k, kind }
  })
  await writeFile(path, networkBytes(layers))
}
