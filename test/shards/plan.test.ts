import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { planText, type RunPlan, readPlan } from '../../src/shards/plan.ts'
import { planInMemory } from './in-memory.ts'

const { plan } = await planInMemory(['data'], 4)

const read = (changed: RunPlan): Promise<unknown> =>
  readPlan({ open: async (path) => memoryAccess(path, new TextEncoder().encode(planText(changed))) }, 'plan')

test('a plan is read as it was written', async () => {
  assert.equal(((await read(plan)) as { plan: RunPlan }).plan, plan)
})

const [first, second] = plan.shards as [RunPlan['shards'][number], RunPlan['shards'][number]]
for (const [what, shards, message] of [
  [
    'a shard that stands there a hundred times',
    [first, ...Array<typeof second>(100).fill(second)],
    /shard 2 does not begin where/,
  ],
  ['a shard that is gone', [first], /layers in all, \d+ in its shards/],
  ['no shard', [], /shards/],
  ['more shards than can be', Array<typeof first>(100_001).fill(first), /shards/],
] as const) {
  test(`${what} is refused`, async () => {
    const error = await read({ ...plan, shards: [...shards] }).then(
      () => undefined,
      (problem: unknown) => problem,
    )
    assert.instance(error, InputError)
    assert.match((error as Error).message, message)
    assert.match((error as Error).message, /^plan\/plan\.json: is no plan of filterlens \(.*\); plan again$/)
  })
}

test.run()
