import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const models = ['vgg_w16_cifar10_normal', 'vgg_w16_cifar10_robust', 'vgg_w24_cifar10_normal'].map((name) => `data/${name}.onnx`)
const quote = (folder: string): Promise<string> => readFile(join(folder, 'results.sha256'), 'utf8')

test('shards measured one by one merge to the results of one run, and parts that do not belong are refused by name', () =>
  inFolder(async (folder) => {
    const [plan, merged, whole] = ['plan', 'merged', 'whole'].map((name) => join(folder, name)) as [string, string, string]
    const planned = await filterlens(['plan', ...models, '--shards', '3', '-o', plan])
    assert.is(planned.code, 0, planned.err)
    assert.match(planned.out, /3 inputs {2}· {2}3 models {2}· {2}18 layers/)
    const again = await filterlens(['plan', ...models, '--shards', '3', '-o', plan])
    assert.match(again.err, /holds this plan already/)
    const other = await filterlens(['plan', ...models, '--shards', '4', '-o', plan])
    assert.is(other.code, 2)
    assert.match(other.err, /holds another plan already/)

    const early = await filterlens(['merge', plan, '-o', merged])
    assert.is(early.code, 2)
    assert.match(early.err, /3 parts of 3 of the pass measure not there: shards 0, 1 and 2; run filterlens analyze --plan/)
    for (const shard of [0, 2]) assert.is((await filterlens(['analyze', '--plan', plan, '--shard', String(shard)])).code, 0)
    const task = await filterlens(['analyze', '--plan', plan], { env: { SLURM_ARRAY_TASK_ID: '1' } })
    assert.is(task.code, 0, task.err)
    assert.match((await filterlens(['analyze', '--plan', plan, '--shard', '1'])).err, /shard 1 of 3: its part is there/)

    assert.is((await filterlens(['analyze', ...models, '-o', whole])).code, 0)
    const done = await filterlens(['merge', plan, '-o', merged])
    assert.is(done.code, 0, done.err)
    assert.is(await quote(merged), await quote(whole))

    const part = (shard: number): string => join(plan, `parts/measure/${shard}.part`)
    const bytes = await readFile(part(2))
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(part(2), bytes)
    await copyFile(part(0), part(1))
    await rm(part(0))
    const refused = await filterlens(['merge', plan, '-o', join(folder, 'none')])
    assert.is(refused.code, 2)
    assert.match(
      refused.err,
      /1 part of 3 .* not there: shard 0; parts\/measure\/1\.part is the part of shard 0 .* and parts\/measure\/2\.part is damaged/,
    )
    for (const shard of [0, 1, 2]) assert.is((await filterlens(['analyze', '--plan', plan, '--shard', String(shard)])).code, 0)
    await filterlens(['merge', plan, '-o', merged])
    assert.is(await quote(merged), await quote(whole))
  }))

test('groups and studies whose filters were read again by the shards are those of one run', () =>
  inFolder(async (folder) => {
    const [plan, merged, whole] = ['plan', 'merged', 'whole'].map((name) => join(folder, name)) as [string, string, string]
    const study = ['--meta', 'data/meta.csv', '--group-by', 'Robust', '--group-by', 'Network', '--correlate', 'Clean Accuracy']
    const inputs = [...models, 'data/preact_w24_cifar10_robust.onnx']
    assert.is((await filterlens(['analyze', ...inputs, ...study, '-o', whole])).code, 0)
    assert.match(
      (await filterlens(['plan', ...inputs, ...study, '--shards', '2', '-o', plan])).out,
      /--basis, and again every number: the pass ranges/,
    )
    const basis = (): ReturnType<typeof filterlens> => filterlens(['merge', plan, '--basis'])
    const shards = async (said: RegExp): Promise<void> => {
      for (const shard of ['0', '1']) assert.match((await filterlens(['analyze', '--plan', plan, '--shard', shard])).err, said)
    }
    const early = await filterlens(['analyze', '--plan', plan, '--shard', '0', '--pass', 'ranges'])
    assert.is(early.code, 2)
    assert.match(early.err, /0\.part: is not there, or not whole; the shard is measured first/)
    await shards(/measure: \d+ layers in its part/)
    assert.match(
      (await filterlens(['analyze', '--plan', plan, '--shard', '0', '--pass', 'counts'])).err,
      /has no bases \(basis\.json\)/,
    )
    assert.match((await basis()).err, /3 bases written; next: every shard with --pass ranges/)
    await shards(/ranges: \d+ layers in its part/)
    const half = await filterlens(['merge', plan, '-o', merged])
    assert.is(half.code, 2)
    assert.match(half.err, /has no common ranges/)
    assert.match((await basis()).err, /common ranges written; next: every shard with --pass counts/)
    await shards(/counts: \d+ layers in its part/)
    assert.match((await filterlens(['analyze', '--plan', plan, '--shard', '1'])).err, /its parts are there/)
    const done = await filterlens(['merge', plan, '-o', merged])
    assert.is(done.code, 0, done.err)
    assert.is(await quote(merged), await quote(whole))
  }))

test('what means nothing together, a wrong number and an input that was changed are refused in one sentence', () =>
  inFolder(async (folder) => {
    const plan = join(folder, 'plan')
    const model = join(folder, 'net.onnx')
    await copyFile(models[0]!, model)
    await filterlens(['plan', model, '--shards', '2', '-o', plan])
    const refusals: [words: string[], said: RegExp][] = [
      [['analyze'], /analyze <inputs\.\.>: something is missing/],
      [['analyze', model, '--shard', '1'], /--shard and --pass are of a plan; give --plan too/],
      [['analyze', model, '--plan', plan, '--shard', '1'], /--plan has its own inputs; give none/],
      [['analyze', '--plan', plan, '--shard', '1', '--kernel', '5x5'], /--kernel belongs to the plan/],
      [['analyze', '--plan', plan, '--shard', '2'], /--shard 2: the plan has the shards 0 to 1/],
      [['analyze', '--plan', plan], /--shard must be given: a number from 0 to 1, or one of SLURM_ARRAY_TASK_ID/],
      [['analyze', '--plan', folder, '--shard', '1'], /holds no plan \(plan\.json\)/],
      [['merge', plan], /-o must be given/],
      [['merge', plan, '--basis', '-o', folder], /--basis writes to the plan, and no results/],
      [['merge', plan, '-o', join(plan, 'results')], /the results must lie outside of the plan/],
      [['plan', model, '--shards', '0', '-o', join(folder, 'p')], /--shards 0: give a whole number from 1/],
      [
        ['plan', model, '--shards', '2', '--workers', '1', '-o', join(folder, 'p')],
        /--workers and --batch-size are of the machine/,
      ],
    ]
    for (const [words, said] of refusals) {
      const { code, err } = await filterlens(words)
      assert.is(code, 2, `${words.join(' ')}: ${err}`)
      assert.match(err, said)
    }
    await copyFile(models[1]!, model)
    const changed = await filterlens(['analyze', '--plan', plan, '--shard', '0'])
    assert.is(changed.code, 2)
    assert.match(
      changed.err,
      /net\.onnx: was changed since the plan was made \(.* bytes of .* then, .* now\); put it back, or plan again/,
    )
    assert.match(await readFile(join(plan, 'parts/measure/0.failed'), 'utf8'), /was changed since the plan was made/)
  }))

test.run()
