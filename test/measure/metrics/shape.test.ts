import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { cosineOf, squaredFrequencies } from '../../../src/measure/metrics/cosines.ts'
import { chanceLevel, shapeByChance, shapeMetrics } from '../../../src/measure/metrics/registry.ts'
import { memoryInput, randomValues, safetensors } from '../models.ts'
import { measuredLayers } from './measures-fixture.ts'

test('as NumPy in float64, of filters of any size', async () => {
  const layers = await measuredLayers()
  assert.ok(layers.length > 50)
  let worst = 0
  for (const { file, row, expected } of layers)
    for (const name of shapeMetrics) {
      const [found, wanted] = [row[name], expected[name]!]
      assert.is(found === null, wanted === null, `${file} ${row.layer} ${name}`)
      if (found !== null) worst = Math.max(worst, Math.abs(found - wanted))
    }
  assert.ok(worst < 1e-12, `off by ${worst}`)
})

test('what has no centre, and what is all zero, says so', async () => {
  const layers = await measuredLayers()
  const reason = (layer: string) => layers.find(({ row }) => row.layer === layer)!.row.undefined_because.centre_share
  assert.is(reason('even'), 'filters of 2×2 have no centre tap')
  assert.is(reason('zeros'), 'all its weights are zero')
})

test('cosines of whole parts of a turn, to the last bit but one', () => {
  for (const n of [1, 2, 4, 6, 10, 14, 22])
    for (let m = 0; m < 2 * n; m++)
      assert.ok(Math.abs(cosineOf(m + 4 * n, n) - Math.cos((Math.PI * m) / n)) < 2e-15, `${m} / ${n}`)
  const matrix = squaredFrequencies(3)
  const trace = matrix[0]! + matrix[4]! + matrix[8]!
  assert.ok(Math.abs(trace - 1.25) < 1e-15)
})

/** Twelve uniform numbers make one that is bell-shaped enough; any independent weights of mean 0 would do. */
function randomFilters(count: number, taps: number): Float32Array {
  const uniform = randomValues(12 * count * taps, 5)
  return Float32Array.from({ length: count * taps }, (_, k) => {
    let sum = 0
    for (let i = 0; i < 12; i++) sum += uniform[12 * k + i]!
    return sum
  })
}

test('random filters have the level by chance', async () => {
  for (const side of [3, 4, 5]) {
    const taps = side * side
    const [out, inputs] = [64, 64]
    const bytes = safetensors([
      { name: 'conv.weight', shape: [out, inputs, side, side], values: randomFilters(out * inputs, taps) },
    ])
    const { layers } = await analyze([memoryInput('random.safetensors', bytes)], { kernel: 'all' })
    const [row] = layers
    for (const name of shapeMetrics) {
      const level = chanceLevel(name, row!)
      assert.is(level, shapeByChance(name, row!.kernel))
      assert.is(level === null, row![name] === null, name)
      // Six standard deviations of a share over 4,096 filters.
      if (level !== null) assert.ok(Math.abs(row![name]! - level) < 0.01, `${name} ${side}: ${row![name]} and ${level}`)
    }
  }
})

test.run()
