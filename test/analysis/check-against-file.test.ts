import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type CheckedLayer, checkAgainstTables } from '../../src/analysis/check-against-file.ts'

const layer = (model: string, name: string, variance_entropy: number | null, orthogonality: number | null): CheckedLayer =>
  ({ model, layer: name, variance_entropy, orthogonality }) as CheckedLayer

test('equal, different, one-sided and unmatched layers are told apart', () => {
  const layers = [layer('a', 'x', 0.5, 0.9), layer('a', 'y', 0.25, null), layer('b', 'z', null, null), layer('b', 'w', 0.1, 0.1)]
  const rows = [
    { model: 'a', layer: 'x', values: { entropy: 0.5, ortho: 0.8, note: 1 } },
    { model: 'a', layer: 'y', values: { entropy: 0.26, ortho: 0.7, note: 1 } },
    { model: 'b', layer: 'z', values: { entropy: null, ortho: null, note: 1 } },
    { model: 'b', layer: 'w', values: { entropy: 0.1, ortho: null, note: 1 } },
    { model: 'c', layer: 'v', values: { entropy: 0.1, ortho: 0.1, note: 1 } },
  ]
  const [entropy, ortho, ...others] = checkAgainstTables(layers, [{ key: 'meta_x', columns: ['entropy', 'ortho', 'note'], rows }])
  assert.equal(others, [])
  assert.equal(
    { ...entropy, largestDifference: undefined },
    {
      table: 'meta_x',
      column: 'entropy',
      metric: 'variance_entropy',
      compared: 3,
      undefinedHere: 0,
      undefinedThere: 0,
      unmatched: 1,
      largestDifference: undefined,
      worst: { model: 'a', layer: 'y', file: 0.26, ours: 0.25 },
    },
  )
  assert.ok(Math.abs(entropy!.largestDifference - 0.01) < 1e-12)
  assert.equal([ortho!.compared, ortho!.undefinedHere, ortho!.undefinedThere, ortho!.worst?.layer], [1, 1, 1, 'x'])
})

test('equal results have no worst layer', () => {
  const rows = [{ model: 'a', layer: 'x', values: { ortho: 0.9 } }]
  const [check] = checkAgainstTables([layer('a', 'x', 0.5, 0.9)], [{ key: 'meta_ortho', columns: ['ortho'], rows }])
  assert.equal([check!.compared, check!.largestDifference, check!.worst], [1, 0, null])
})

test.run()
