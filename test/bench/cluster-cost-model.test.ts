import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { costsOf, type RunCost, scaled } from '../../bench/cluster-cost-model.ts'

/** A run whose every step costs what is known: seconds and bytes a model and a layer. */
function runOf(models: number, layers: number): RunCost {
  const cost = (model: number, layer: number, fixed: number): RunCost['plan'] => ({
    processor: fixed + models * (model + layers * layer),
    wall: 0,
    peak: 1e8 + models * 5000,
  })
  const size = (fixed: number): RunCost['parts'] => ({ files: 1, bytes: fixed + models * (200 + layers * 3000) })
  const shards = models / 500
  return {
    models,
    layers,
    shards,
    one: undefined,
    plan: cost(0.001, 0.0001, 0.2),
    measuring: cost(0.002, 0.0002, 0.3 * shards),
    again: { processor: 0.3, wall: 0, peak: 0 },
    merge: cost(0.0005, 0.0001, 0.2),
    planned: size(0),
    parts: size(0),
    results: size(10_000),
  }
}

const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) <= 1e-6 * Math.abs(b), `${a}, not ${b}`)

test('the rates that runs were made of are found, and give a larger run', () => {
  const costs = costsOf([runOf(1000, 6), runOf(1000, 20), runOf(10_000, 6)], 300)
  const { plan, shards, merge } = costs.seconds
  close(plan.model, 0.001)
  close(plan.layer, 0.0001)
  close(shards.shard, 0.3)
  close(shards.model, 0.002)
  close(shards.filters, 0.3)
  close(merge.layer, 0.0001)
  close(costs.bytes.results.fixed, 10_000)
  close(costs.memory.merge.model, 5000)
  const large = scaled(costs, { models: 1_000_000, layers: 10, filters: 1e6 })
  const work = 1e6 * (0.002 + 10 * 0.0002 + 0.3)
  assert.is(large.shards, Math.ceil(work / 1800))
  close(large.hours, (1e6 * 0.002 + work + large.shards * 0.3 + 1e6 * 0.0015) / 3600)
  close(large.partBytes, 1e6 * 30_200)
  close(large.mergeMemory, 1e8 + 5e9)
  assert.throws(() => costsOf([runOf(1000, 6)], 300), /three runs/)
})

test.run()
