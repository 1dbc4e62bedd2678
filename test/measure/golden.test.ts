import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import type { LazyInput } from '../../src/io/random-access.ts'
import type { NullableMetric } from '../../src/measure/layer-row.ts'
import { packageFile } from '../packages.ts'

/** What the reference code printed for a layer in float64; a number is null where it printed none. */
interface Golden extends Readonly<Record<NullableMetric | 'norm_l1' | 'norm_l2', number | null>> {
  readonly layer: string
  /** depth, conv_depth, conv_depth_norm; null for a file without a graph. */
  readonly graph: readonly [number, number, number] | null
  readonly filters: number
  readonly peak: number
  readonly sparse_filters: number
  /** By torchconvquality's strict comparison. */
  readonly sparse_strict: number
}

const fixtures = new URL('../fixtures/', import.meta.url)
const networks = JSON.parse(readFileSync(new URL('golden-metrics.json', fixtures), 'utf8')) as Record<string, readonly Golden[]>
const counted = ['filters', 'peak', 'sparse_filters'] as const
const compared = [
  'variance_entropy',
  'variance_entropy_raw',
  'variance_entropy_raw_norm',
  'variance_entropy_clean',
  'variance_entropy_clean_norm',
  'orthogonality',
  'norm_l1',
  'norm_l2',
  'norm_l1_standardised',
  'norm_l2_standardised',
] as const

for (const [name, golden] of Object.entries(networks)) {
  test(name, async () => {
    const path = name.startsWith('fixtures:') ? fileURLToPath(new URL(name.slice(9), fixtures)) : packageFile(name)
    const input: LazyInput = {
      path,
      open: async () => ({ path, access: await openFile(path), folder: diskFolder(dirname(path)) }),
    }
    const { layers } = await analyze([input])
    const strict = (await analyze([input], { profile: 'torchconvquality' })).layers
    assert.is(layers.length, golden.length)
    for (const expected of golden) {
      const k = layers.findIndex((row) => row.layer === expected.layer)
      const row = layers[k]!
      const where = `${expected.layer} `
      for (const key of counted) assert.is(row[key], expected[key], where + key)
      assert.is(strict[k]!.sparse_filters, expected.sparse_strict, `${where}strict`)
      if (expected.graph) assert.equal([row.depth, row.conv_depth, row.conv_depth_norm], expected.graph, where)
      // One layer of the face network holds zeros only, for which the reference prints 0 and we say that there is no value.
      const isZero = row.peak === 0
      for (const key of compared) {
        const value = key.startsWith('variance_entropy_clean') ? strict[k]![key] : row[key]
        if (isZero && (key.startsWith('variance') || key.endsWith('standardised'))) assert.is(value, null, where + key)
        else if (expected[key] === null) assert.is(value, null, where + key)
        else
          assert.ok(
            value !== null && Math.abs(value - expected[key]) <= 1e-12 * Math.abs(expected[key]),
            `${where}${key}: ${value}, not ${expected[key]}`,
          )
      }
    }
  })
}

test.run()
