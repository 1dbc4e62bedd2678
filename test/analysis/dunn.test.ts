import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dunn } from '../../src/analysis/dunn.ts'
import { sharedInstance } from '../../src/wasm/module.ts'

const { math } = sharedInstance()
const near = (x: number, y: number): void => assert.ok(Math.abs(x - y) < 1e-12, `${x} is not ${y}`)

test('every two of three groups, ties among them, as scipy.stats.rankdata and norm give it', () => {
  const pairs = dunn(
    [
      [1, 2, 3, 4],
      [3, 4, 5, 6, 7],
      [10, 11, 12],
    ],
    math,
  )
  assert.equal(
    pairs.map(({ a, b }) => [a, b]),
    [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
  )
  const wanted = [
    [1.4936485247517093, 0.13526750930163567],
    [2.915303408529325, 0.0035534290034070315],
    [1.6768935061553303, 0.09356330823040297],
  ] as const
  for (const [k, [z, p]] of wanted.entries()) {
    near(pairs[k]!.z, z)
    near(pairs[k]!.p, p)
  }
  assert.equal([pairs[1]!.effect, pairs[2]!.effect], [1, 1])
  near(pairs[0]!.effect, 0.8)
})

test('a group without values is passed over, and values that are all the same show nothing', () => {
  assert.equal(
    dunn([[1], [], [2, 3]], math).map(({ a, b }) => [a, b]),
    [[0, 2]],
  )
  assert.equal(dunn([[1, 1], [1], [1]], math), [])
})

test.run()
