import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { measure } from '../../src/measure/run.ts'
import { mergedEvents } from '../../src/shards/merged-events.ts'
import { layerCountOf, pieceOf, plannedLines } from '../../src/shards/planned-inputs.ts'
import { problem } from '../helpers/problem.ts'
import { memoryStore } from '../results/memory-store.ts'
import { mergedTexts, partsInMemory, planInMemory, requireSameTexts, shardInMemory, textsOf } from './in-memory.ts'

process.chdir(new URL('../../../', import.meta.url).pathname)

const two = ['data/vgg_w16_cifar10_normal.onnx', 'data/vgg_w24_cifar10_robust.onnx']

test('the parts of any number of shards tell what one run tells, bit for bit', async () => {
  const whole = await textsOf(measure(await listInputs(two)))
  for (const shards of [1, 2, 7, 64]) requireSameTexts(await mergedTexts(await planInMemory(two, shards)), whole)
})

test('files that fail, layers that are left out, copies and files of many models are told as one run tells them', async () => {
  const mixed = ['onnx-computed', 'keras', 'tfjs', 'filter-table'].map((name) => `test/fixtures/${name}`)
  const options = { kernel: 'all', keepGoing: true, skipNonFinite: true } as const
  const whole = await textsOf(measure(await listInputs(mixed), options))
  for (const kind of ['layer', 'model', 'warning', 'failed'])
    assert.ok(
      whole.some((text) => text.includes(`"${kind}"`)),
      kind,
    )
  for (const shards of [9]) requireSameTexts(await mergedTexts(await planInMemory(mixed, shards, options)), whole)
})

test('every layer lies in one shard, and a plan is the same whenever it is made', async () => {
  const plan = await planInMemory(['data'], 7)
  assert.is(plan.hash, (await planInMemory(['data'], 7)).hash)
  let number = 0
  for await (const { input } of plannedLines(plan)) {
    const pieces = plan.plan.shards.flatMap((shard) => pieceOf(number, input!, shard) ?? [])
    assert.is(pieces[0]!.from, 0)
    assert.is(pieces.at(-1)!.to, layerCountOf(input!))
    for (const [k, piece] of pieces.entries()) if (k > 0) assert.is(piece.from, pieces[k - 1]!.to)
    number++
  }
  assert.is(number, 12)
})

test('a shard that was cut off anywhere goes on to the same bytes, and opens nothing that is complete', async () => {
  const plan = await planInMemory(two, 1)
  const whole = await shardInMemory(plan, 0)
  for (const share of [0.001, 0.2, 0.45, 0.7, 0.98, 0.9999]) {
    const left = memoryStore(whole.slice(0, Math.floor(whole.length * share)))
    assert.equal(await shardInMemory(plan, 0, left), whole)
  }
})

test('parts that hold something else than was planned are refused by name', async () => {
  const plan = await planInMemory(two, 2)
  const [first, second] = [await shardInMemory(plan, 0), await shardInMemory(plan, 1)]
  const swapped = await problem(textsOf(mergedEvents(plan, partsInMemory([second, first]))))
  assert.match(swapped, /part 0: does not hold what was planned for its shard; delete it and run the shard again/)
})

test.run()
