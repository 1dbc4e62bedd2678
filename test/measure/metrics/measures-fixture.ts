import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyze } from '../../../src/analyze.ts'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import type { LazyInput } from '../../../src/io/random-access.ts'
import type { LayerRow } from '../../../src/measure/layer-row.ts'
import type { MeasureOptions } from '../../../src/measure/options.ts'

/** What NumPy computes of a layer in float64 (test/fixtures/measures/make.py). */
export type ExpectedLayer = { readonly layer: string } & Readonly<Record<string, number | null>>

const fixtures = new URL('../../../../test/fixtures/measures/', import.meta.url)
const expected = JSON.parse(readFileSync(new URL('expected.json', fixtures), 'utf8')) as Record<string, ExpectedLayer[]>

/** Each layer beside what NumPy says of it: the small ones with traps, and those of four networks of data/. */
export async function measuredLayers(
  options: MeasureOptions = {},
): Promise<{ readonly file: string; readonly row: LayerRow; readonly expected: ExpectedLayer }[]> {
  const inputs = Object.keys(expected).map((file): LazyInput => {
    const path = fileURLToPath(new URL(file === 'structure.onnx' ? file : `../../../data/${file}`, fixtures))
    return { path, open: async () => ({ path, access: await openFile(path), folder: diskFolder(dirname(path)) }) }
  })
  const { layers } = await analyze(inputs, { ...options, kernel: 'all' })
  return Object.entries(expected).flatMap(([file, all]) =>
    all.map((one) => {
      const row = layers.find(({ model, layer }) => `${model}.onnx` === file && layer === one.layer)
      if (!row) throw new Error(`${file} has no layer ${one.layer}`)
      return { file, row, expected: one }
    }),
  )
}
