import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { memoryAccess } from '../../../src/io/random-access.ts'
import { layerFlags } from '../../../src/measure/flags.ts'
import { metricsOfGroup, usualMetrics } from '../../../src/measure/metrics/registry.ts'
import { fillRandom, randomKinds } from '../../../src/measure/random-filters.ts'
import { SEGMENT } from '../../../src/measure/segments.ts'
import { layersCsv } from '../../../src/results/csv.ts'
import { runTables } from '../../../src/results/export-run.ts'
import { layerTableBytes } from '../../../src/results/tables.ts'
import { readLayerTable } from '../../../src/results/tables-read.ts'
import { sharedInstance } from '../../../src/wasm/module.ts'
import { convolution, memoryInput, safetensors } from '../models.ts'

const metrics = metricsOfGroup('random')
const { math } = sharedInstance()

test('random numbers have the moments of their kind', () => {
  const values = new Float32Array(200_000)
  for (const kind of randomKinds) {
    fillRandom(values, kind, 3, math)
    const mean = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length
    assert.ok(Math.abs(mean(1)) < 0.01, kind)
    assert.ok(Math.abs(mean(2) - (kind === 'normal' ? 1 : 1 / 3)) < 0.01, kind)
    assert.ok(Math.abs(mean(4) - (kind === 'normal' ? 3 : 1 / 5)) < 0.05, kind)
  }
})

/** Eigenvectors of a symmetric matrix by Jacobi's rotations, rows by falling eigenvalue. */
function eigen(matrix: number[][]): { values: number[]; vectors: number[][] } {
  const n = matrix.length
  const a = matrix.map((row) => [...row])
  const v: number[][] = a.map((_, i) => a.map((__, j) => (i === j ? 1 : 0)))
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-300) continue
        const t = 0.5 * Math.atan2(2 * a[p]![q]!, a[p]![p]! - a[q]![q]!)
        const [c, s] = [Math.cos(t), Math.sin(t)]
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k]![p]!, a[k]![q]!]
          a[k]![p] = c * x + s * y
          a[k]![q] = c * y - s * x
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p]![k]!, a[q]![k]!]
          a[p]![k] = c * x + s * y
          a[q]![k] = c * y - s * x
          const [i, j] = [v[p]![k]!, v[q]![k]!]
          v[p]![k] = c * i + s * j
          v[q]![k] = c * j - s * i
        }
      }
  const order = a.map((_, k) => k).sort((i, j) => a[j]![j]! - a[i]![i]!)
  const signed = (row: number[]): number[] => {
    const largest = row.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)
    return row.map((value) => (largest < 0 ? -value : value))
  }
  return { values: order.map((k) => a[k]![k]!), vectors: order.map((k) => signed(v[k]!)) }
}

const scaledBy = (filter: number[]): number[] => filter.map((value) => value / Math.max(...filter.map(Math.abs)))

/** D of two sets of filters in the basis of both, from its definition. */
function shiftOf(a: number[][], b: number[][]): number {
  const both = [...a, ...b]
  const mean = both[0]!.map((_, k) => both.reduce((sum, filter) => sum + filter[k]!, 0) / both.length)
  const scatter = mean.map((_, i) =>
    mean.map((__, j) => both.reduce((sum, f) => sum + (f[i]! - mean[i]!) * (f[j]! - mean[j]!), 0)),
  )
  const { values, vectors } = eigen(scatter)
  const total = values.reduce((sum, value) => sum + value, 0)
  const project = (filters: number[][]) =>
    vectors.map((vector) => filters.map((f) => f.reduce((sum, value, k) => sum + (value - mean[k]!) * vector[k]!, 0)))
  const [p, q] = [project(a), project(b)]
  const all = [...p.flat(), ...q.flat()]
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const histogram = (values: number[]): number[] => {
    const counts = new Array<number>(70).fill(0)
    for (const value of values) counts[Math.min(69, Math.floor(((value - low) / (high - low)) * 70))]!++
    const dense = counts.map((count) => (count === 0 ? 1.1920928955078125e-7 : count / (values.length * ((high - low) / 70))))
    const sum = dense.reduce((x, y) => x + y, 0)
    return dense.map((value) => value / sum)
  }
  return values.reduce((shift, value, c) => {
    const [x, y] = [histogram(p[c]!), histogram(q[c]!)]
    return shift + (value / total) * x.reduce((sum, d, k) => sum + (d - y[k]!) * (Math.log(d) - Math.log(y[k]!)), 0)
  }, 0)
}

test('D is that of its definition, to the nearer of the two kinds', async () => {
  const own = new Float32Array(480 * 9)
  fillRandom(own, 'normal', 9, math)
  const tensor = { ...convolution('conv.weight', [24, 20, 3, 3], 5), values: own.map((value, k) => value ** 3 + (k % 9) / 5) }
  const { layers } = await analyze([memoryInput('a.safetensors', safetensors([tensor]))], { metrics })
  const filters = Array.from({ length: 480 }, (_, k) => scaledBy([...tensor.values.subarray(9 * k, 9 * k + 9)]))
  const expected = randomKinds.map((kind) => {
    const values = new Float32Array(480 * 9)
    fillRandom(values, kind, 1, math)
    return shiftOf(
      filters,
      Array.from({ length: 480 }, (_, k) => scaledBy([...values.subarray(9 * k, 9 * k + 9)])),
    )
  })
  const found = layers[0]!.distance_to_random!
  assert.ok(Math.abs(found - Math.min(...expected)) < 1e-9, `${found} ${expected.join()}`)
  assert.ok(layers[0]!.distance_to_random_chance! > 0)
})

test('fresh layers of either kind lie within chance, trained ones far beyond', async () => {
  for (const kind of randomKinds) {
    const values = new Float32Array(64 * 64 * 9)
    fillRandom(values, kind, 77, math)
    const tensor = { ...convolution('conv.weight', [64, 64, 3, 3], 1), values }
    const { layers } = await analyze([memoryInput('a.safetensors', safetensors([tensor]))], {
      metrics: [...usualMetrics, ...metrics],
    })
    const [row] = layers
    assert.ok(row!.distance_to_random! < 1.2 * row!.distance_to_random_chance!, JSON.stringify([kind, row!.distance_to_random]))
    assert.match(
      layerFlags(row!).variance_entropy ?? '',
      /^looks untrained: .* D to random filters 0\.\d{4}, by chance up to 0\.\d{4}\)$/,
    )
  }
  const trained = await analyze(['data/vgg_w16_cifar10_normal.onnx'], { metrics })
  for (const row of trained.layers)
    if (row.filters >= 512) assert.ok(row.distance_to_random! > 2 * row.distance_to_random_chance!, row.layer)
})

test('the same bits whatever is read at a time, in memory or not, by one thread or two', async () => {
  const tensors = [convolution('one.weight', [3, SEGMENT, 3, 3], 1), convolution('wide.weight', [6, 70, 5, 5], 2)]
  const bytes = safetensors(tensors)
  const run = async (options: object): Promise<string> => {
    const { layers } = await analyze([memoryInput('a.safetensors', bytes)], { ...options, metrics, kernel: 'all' })
    return JSON.stringify(layers.map((row) => metrics.map((name) => row[name])))
  }
  const expected = await run({})
  for (const options of [{ batchSize: 77 }, { memory: 0 }, { workers: 2 }])
    assert.is(await run(options), expected, JSON.stringify(options))
})

test('its columns are in the tables of a run alone that was asked for it', async () => {
  const bytes = safetensors([convolution('conv.weight', [8, 4, 3, 3], 1), convolution('zero.weight', [2, 2, 3, 3], 2)])
  const usual = await analyze([memoryInput('a.safetensors', bytes)])
  const asked = await analyze([memoryInput('a.safetensors', bytes)], { metrics })
  const columnsIn = (run: typeof usual): readonly string[] => runTables(run)[0]!.columns.map(({ name }) => name)
  for (const name of metrics) {
    assert.is(columnsIn(usual).includes(name), false)
    assert.is(columnsIn(asked).includes(name), true)
    assert.is([...layersCsv(usual.layers)][0]!.includes(name), false)
    assert.is([...layersCsv(asked.layers)][0]!.includes(name), true)
    assert.is(usual.layers[0]![name], null)
  }
  for (const run of [usual, asked])
    assert.equal(await readLayerTable(memoryAccess('layers.arrow', layerTableBytes(run))), run.layers)
})

test('a layer of sparse filters alone says why it has none', async () => {
  const tensor = convolution('conv.weight', [8, 4, 3, 3], 1)
  tensor.values.fill(0)
  const { layers } = await analyze([memoryInput('a.safetensors', safetensors([tensor]))], { metrics })
  assert.is(layers[0]!.distance_to_random, null)
  assert.is(layers[0]!.undefined_because.distance_to_random, 'fewer than two non-sparse filters')
})

test.run()
