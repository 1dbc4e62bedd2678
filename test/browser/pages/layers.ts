import type { Source } from '../../../src/sources/source.ts'
import { storedBytes } from '../../../src/weights/stored-bytes.ts'

/** A source's format and, per convolution, its model, name, shape, depth and the start of its stored bytes' SHA-256. */
export interface Layers {
  readonly format: string
  readonly layers: readonly string[]
}

/** Reads every convolution from its first to its last stored element; the same in Node and in a browser. */
export async function layersOf(source: Source): Promise<Layers> {
  const layers: string[] = []
  for (const { name, convolutions } of source.models)
    for (const { layer, shape, depth, weights } of convolutions) {
      const [, inside, rows, columns] = shape
      const steps = weights.strides ?? [inside * rows * columns, rows * columns, columns, 1]
      const last = shape.reduce((sum, size, k) => sum + (size - 1) * steps[k]!, 0)
      const bytes = await weights.access.read(weights.offset, (last + 1) * storedBytes[weights.dtype])
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()))
      const start = Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
      layers.push(`${name} ${layer} ${shape.join('×')} ${depth} ${start}`)
    }
  await source.close()
  return { format: source.format, layers }
}
