import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { candidateNames, isShardOf } from '../../../src/sources/candidates.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { SourceModel } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'

const folder = join(import.meta.dirname, '../../fixtures/pytorch/distributed')
const file = (name: string): Uint8Array => readFileSync(join(folder, name))
const metadata = file('.metadata')
const shards = { '__0_0.distcp': file('__0_0.distcp'), '__1_0.distcp': file('__1_0.distcp') }

async function modelOf(name: string, bytes: Uint8Array, beside: Record<string, Uint8Array>): Promise<SourceModel> {
  const source = await openSource(memoryInput(name, bytes, beside))
  try {
    assert.is(source.models.length, 1)
    return source.models[0]!
  } finally {
    await source.close()
  }
}

const rows = (model: SourceModel) =>
  Promise.all(model.convolutions.map(async (one) => [one.layer, one.shape.join(), await weightsHash(one)]))

async function refusal(name: string, bytes: Uint8Array, beside: Record<string, Uint8Array>): Promise<string> {
  try {
    const model = await modelOf(name, bytes, beside)
    await rows(model)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}

test('a folder of torch.distributed.checkpoint is one model, with its tensors put together, whichever file is given', async () => {
  const whole = await rows(await modelOf('whole.pt', file('whole.pt'), {}))
  assert.is(whole.length, 2)
  const beside = { ...shards, '.metadata': metadata }
  for (const [name, bytes] of Object.entries(beside)) {
    const model = await modelOf(`run/step-100.5/${name}`, bytes, beside)
    assert.is(model.name, 'step-100.5')
    assert.is(model.parts.length, 2)
    assert.equal(await rows(model), whole)
  }
})

test('a shard alone, a missing shard, and other metadata are refused by name', async () => {
  const [first] = Object.keys(shards) as [keyof typeof shards]
  assert.match(await refusal(first, shards[first], {}), /torch\.distributed\.checkpoint without the \.metadata/)
  assert.match(
    await refusal(first, shards[first], { '.metadata': metadata }),
    /names the shard __1_0\.distcp, which is not beside it/,
  )
  const other = file('whole.pt')
  assert.match(await refusal(first, shards[first], { ...shards, '.metadata': other }), /pickle of something else/)
  const cut = { ...shards, '__1_0.distcp': shards['__1_0.distcp'].subarray(0, 3000), '.metadata': metadata }
  assert.match(await refusal(first, shards[first], cut), /ends at byte 3000/)
})

test('of the shards of a folder the first is the input', () => {
  assert.equal(candidateNames(['.metadata', '__1_0.distcp', '__0_1.distcp', '__0_0.distcp', 'a.pt']), ['__0_0.distcp', 'a.pt'])
  const all = new Set(['x/__0_0.distcp', 'x/__1_0.distcp', 'y/__1_0.distcp'])
  assert.equal(
    [...all].filter((path) => isShardOf(path, all)),
    ['x/__1_0.distcp'],
  )
})

test.run()
