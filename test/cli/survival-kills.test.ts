import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { killCommands } from './file-kills.ts'
import { killPlans } from './shard-kills.ts'
import { killRuns } from './survival-kills.ts'

test('runs killed at random moments leave whole results or none, and are continued to the same bytes', async () => {
  const runs = await killRuns({ runs: 5, seed: 20 })
  assert.is(runs.length, 5)
  // A test that never kills, or never resumes, would prove nothing.
  assert.ok(runs.flatMap(({ left }) => left).some((left) => left !== 'done before the kill'))
})

test('report, pack, export, extract and track that are killed leave whole files, old or new, and the next run leaves its own', async () => {
  // Each once where nothing lies, and once over what an earlier run wrote.
  const runs = await killCommands(10, 20)
  assert.is(runs.length, 10)
  assert.ok(runs.flatMap(({ left }) => left).some((left) => left !== 'done before the kill'))
})

test('plan, its shards and merge that are killed are done again, to the bytes of one run', async () => {
  // On a machine that is faster than it was when the moments were drawn every one of them can come too late: then others are drawn.
  let hasKilled = false
  for (let seed = 20; seed < 24 && !hasKilled; seed++)
    hasKilled = (await killPlans(1, seed)).flatMap(({ left }) => left).some((left) => left !== 'done before the kill')
  assert.ok(hasKilled)
})

test.run()
