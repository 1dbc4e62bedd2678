import { execFileSync } from 'node:child_process'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** A plan of the four networks of data/ whose names begin with vgg_w16, in four shards. */
const withPlan = (work: (plan: string, folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const plan = join(folder, "a plan's")
    const { code, err } = await filterlens(['plan', 'data/vgg_w16*.onnx', '--shards', '4', '-o', plan])
    assert.is(code, 0, err)
    await work(plan, folder)
  })

test('the script that is printed is one of bash, and asks of Slurm what was asked for', () =>
  withPlan(async (plan, folder) => {
    const words = ['--partition', 'cpu,long', '--time', '2:00:00', '--mem', '2G', '--cpus-per-task', '2', '--max-running', '3']
    const { code, out, err } = await filterlens(['slurm', plan, ...words, '--extra=--constraint=a&b', '-o', join(folder, 'out')])
    assert.is(code, 0, err)
    for (const line of [
      '--partition=cpu,long',
      '--time=2:00:00',
      '--mem=2G',
      '--cpus-per-task=2',
      '--array=0-3%3',
      '--constraint=a&b',
    ])
      assert.ok(out.includes(`\n#SBATCH ${line}\n`), line)
    assert.match(out, /merge "\$plan" -o \S+\/out$/m)
    execFileSync('bash', ['-n'], { input: out })
  }))

test('--scripts writes a file for each job and one that submits them', () =>
  withPlan(async (plan, folder) => {
    const scripts = join(folder, 'scripts')
    const { code, out, err } = await filterlens(['slurm', plan, '--scripts', scripts])
    assert.is(code, 0, err)
    assert.equal(
      out.trim().split('\n'),
      ['measure.sbatch', 'merge.sbatch', 'submit.sh'].map((name) => join(scripts, name)),
    )
    assert.match(await readFile(join(scripts, 'submit.sh'), 'utf8'), /"\$here\/measure\.sbatch"/)
  }))

test('what is measured is not submitted again', () =>
  withPlan(async (plan) => {
    for (const shard of ['0', '2']) assert.is((await filterlens(['analyze', '--plan', plan, '--shard', shard])).code, 0)
    assert.match((await filterlens(['slurm', plan])).out, /^#SBATCH --array=1,3$/m)
  }))

test('a refusal is one sentence, and nothing is written', () =>
  withPlan(async (plan, folder) => {
    const refused = async (words: readonly string[], expected: RegExp, env?: Readonly<Record<string, string>>): Promise<void> => {
      const { code, out, err } = await filterlens(['slurm', plan, ...words], env ? { env } : {})
      assert.is(code, 2, words.join(' '))
      assert.is(out, '')
      assert.match(err, expected)
      assert.is(err.trim().split('\n').length, 1)
    }
    const empty = join(folder, 'empty')
    await mkdir(empty)
    await refused(['--submit'], /there is no sbatch here; run it where jobs are submitted/, { PATH: empty })
    await refused(['--partition', 'a\n#SBATCH --uid=0'], /--partition/)
    await refused(['--time', '3 hours'], /--time "3 hours": give minutes/)
    await refused(['--time', '1'], /leaves a shard no time/)
    await refused(['--extra=--array=0-9'], /the scripts set --array themselves/)
    await refused(['--cpus-per-task', '0'], /--cpus-per-task 0: give a whole number from 1 to 64/)
    await refused(['--max-array-size', '2', '--max-running', '1'], /4 shards are 2 arrays here/)
    await refused(['-o', join(plan, 'results')], /must lie outside of the plan/)
    assert.not(await isThere(join(plan, 'slurm-jobs.txt')))
    const { code, err } = await filterlens(['slurm', folder])
    assert.is(code, 2)
    assert.match(err, /holds no plan/)
  }))

test('status tells what is done, what was stopped and what failed, at every width and as JSON', () =>
  withPlan(async (plan) => {
    assert.is((await filterlens(['analyze', '--plan', plan, '--shard', '1'])).code, 0)
    await writeFile(join(plan, 'parts/measure/0.journal'), '')
    const before = await filterlens(['status', plan])
    assert.is(before.code, 0)
    assert.match(before.out, /measure {2}[█░]+ +\d+\s% +1 of 4/u)
    const failure = {
      problem: 'a/very/long/name.onnx: cannot be read: input/output error',
      when: '2026-01-01T10:00:00Z',
      host: 'n7',
    }
    await writeFile(join(plan, 'parts/measure/3.failed'), JSON.stringify(failure))
    for (const width of [60, 80, 120]) {
      const { code, out } = await filterlens(['status', plan], { env: { COLUMNS: String(width) } })
      assert.is(code, 1)
      assert.match(
        out.replace(/\s+/g, ' '),
        /✗ shard 3, measure \(2026-01-01 \d\d:00 on n7\): a\/very\/long\/name\.onnx: cannot be read/,
      )
      for (const line of out.split('\n'))
        if (!line.startsWith('next:') && !line.includes(plan)) assert.ok([...line].length <= width, `${width}: ${line}`)
      assert.match(out, /next: +filterlens analyze --plan .* --pass measure --shard 3/s)
    }
    const { code, out } = await filterlens(['status', plan, '--json'])
    assert.is(code, 1)
    const { passes, shards } = JSON.parse(out) as { shards: number; passes: Record<string, unknown>[] }
    assert.is(shards, 4)
    assert.is(passes.length, 1)
    const { share, ...rest } = passes[0]!
    assert.ok((share as number) > 0 && (share as number) < 1)
    assert.equal(rest, {
      pass: 'measure',
      seconds_left: null,
      done: 1,
      running: [],
      failed: [{ shard: 3, ...failure }],
      stopped: [0],
      waiting: [2],
    })
    await rm(join(plan, 'parts/measure/3.failed'))
    for (const shard of ['0', '2', '3']) assert.is((await filterlens(['analyze', '--plan', plan, '--shard', shard])).code, 0)
    const done = await filterlens(['status', plan, '--watch'])
    assert.is(done.code, 0)
    assert.match(done.out, /100\s% +4 of 4[\s\S]*next: +filterlens merge .* -o results/u)
  }))

test.run()
