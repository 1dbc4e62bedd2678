// Runs in a browser: opens the chosen files as the page would and tells what they hold.

import { openBlob } from '../../../src/io/blob.ts'
import { emptyFolder } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'

export interface Told {
  readonly format: string
  readonly models: readonly { name: string; meta: Readonly<Record<string, unknown>>; layers: readonly string[] }[]
}

async function tell(file: File): Promise<Told> {
  const source = await openSource({ path: file.name, access: openBlob(file), folder: emptyFolder })
  try {
    const models = []
    for (const { name, meta, convolutions } of source.models) {
      const layers: string[] = []
      for (const { layer, shape, weights } of convolutions) {
        const bytes = { float32: 4, float64: 8, float16: 2 }[weights.dtype as string] ?? 1
        const read = await weights.access.read(
          weights.offset,
          shape.reduce((product, n) => product * n, bytes),
        )
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', read.slice()))
        layers.push(
          `${layer} ${shape.join('×')} ${Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
        )
      }
      models.push({ name, meta, layers })
    }
    return { format: source.format, models }
  } finally {
    await source.close()
  }
}

async function tellAll(): Promise<(Told | string)[]> {
  const told: (Told | string)[] = []
  for (const file of (document.querySelector('#files') as HTMLInputElement).files!)
    told.push(await tell(file).catch((error: Error) => error.message))
  return told
}

Object.assign(globalThis, { tellAll })
