import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type DepthPoint, depthTicks, dotSize, fittedAxis, freeSpot } from '../../../src/web/parts/depth-scale.ts'

test('every depth is named where there is room, round steps elsewhere, the ends always', () => {
  assert.equal(depthTicks(0, 5, 400), [0, 1, 2, 3, 4, 5])
  assert.equal(depthTicks(2, 119, 400), [2, 20, 40, 60, 80, 100, 119])
  assert.equal(depthTicks(3, 3, 400), [3])
  for (const [low, high, width] of [
    [0, 150, 300],
    [7, 52, 260],
    [0, 12000, 900],
  ] as const) {
    const ticks = depthTicks(low, high, width)
    assert.is(ticks[0], low)
    assert.is(ticks.at(-1), high)
    for (let k = 1; k < ticks.length; k++) assert.ok(((ticks[k]! - ticks[k - 1]!) * width) / (high - low) >= 33)
  }
})

test('dots shrink where layers stand close, and never vanish', () => {
  const line = (n: number): DepthPoint[] => Array.from({ length: n }, (_, k) => [(k * 400) / (n - 1), 0])
  assert.is(dotSize([line(6)]), 4)
  assert.ok(dotSize([line(6), line(60)]) < 3)
  assert.is(dotSize([line(1000)]), 1.5)
  assert.is(dotSize([[[0, 0]]]), 4)
})

test('a level is named away from the data', () => {
  const level: DepthPoint[] = [
    [0, 50],
    [400, 50],
  ]
  const data: DepthPoint[] = [
    [0, 100],
    [200, 100],
    [400, 44],
  ]
  const spot = freeSpot(level, [data], 80, [0, 400], [0, 120])
  assert.ok(spot !== null && spot.x + 80 < 300, 'not at the right end, where the line passes')
  assert.is(spot.y, 45)
  assert.equal(freeSpot(level, [], 80, [0, 400], [0, 120]), { x: 320, y: 45 })
  const along: DepthPoint[] = [
    [0, 52],
    [400, 48],
  ]
  assert.is(freeSpot(level, [along], 80, [0, 400], [0, 120]), null, 'the data are in the way everywhere')
  const top: DepthPoint[] = [
    [0, 6],
    [400, 6],
  ]
  assert.equal(freeSpot(top, [], 80, [0, 400], [0, 120]), { x: 320, y: 18 }, 'inside the chart, not in its title')
})

test('an axis that is fitted has round ends around the values, and stays inside the whole one', () => {
  const near = (found: readonly [number, number]) => found.map((value) => Math.round(value * 1000) / 1000)
  assert.equal(near(fittedAxis(0.43, 0.78, [0, 1])), [0.4, 0.8])
  assert.equal(near(fittedAxis(0, 0, [0, 1])), [0, 0.1])
  assert.equal(near(fittedAxis(1, 1, [0, 1])), [0.9, 1])
  assert.equal(near(fittedAxis(0.3, 0.5, [0, 1])), [0.3, 0.5])
  assert.equal(near(fittedAxis(12, 171, [0, 200])), [0, 180])
})

test.run()
