import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cutRun } from '../../src/shards/cut.ts'

const none = async (): Promise<readonly number[]> => {
  throw new Error('no input had to be cut')
}

test('small inputs are left whole, and shards are as equal as inputs let them be', async () => {
  const cuts = await cutRun(Array<number>(1000).fill(7), 8, none)
  assert.equal(
    cuts.map(({ input }) => input),
    [125, 250, 375, 500, 625, 750, 875],
  )
})

test('an input that is large against a shard is cut between its layers', async () => {
  const layers = Array<number>(90).fill(10)
  assert.equal(await cutRun([100, 1000, 100], 3, async () => layers), [
    { input: 1, layer: 20 },
    { input: 1, layer: 60 },
  ])
})

test('more shards than layers leave some empty, and their places stand in order', async () => {
  const cuts = await cutRun([5], 7, async () => [1, 3])
  assert.equal(cuts, [
    { input: 0, layer: 0 },
    { input: 0, layer: 1 },
    { input: 0, layer: 1 },
    { input: 0, layer: 1 },
    { input: 1, layer: 0 },
    { input: 1, layer: 0 },
  ])
  assert.equal(await cutRun([], 3, none), [
    { input: 0, layer: 0 },
    { input: 0, layer: 0 },
  ])
})

test.run()
