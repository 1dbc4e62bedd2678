import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError, UsageError } from '../../src/errors.ts'
import { type SlurmJob, type SlurmPlan, slurmJobs } from '../../src/shards/slurm-jobs.ts'
import type { SlurmOptions } from '../../src/shards/slurm-options.ts'
import { SUBMITTED_JOBS, submitScript } from '../../src/shards/submit-script.ts'
import { inFolder } from '../cli/run.ts'

const execute = promisify(execFile)
const plain: SlurmOptions = { cpusPerTask: 2, grace: 120, extra: [] }
const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k)
const journal = 'parts/measure/$shard.journal'

const planOf = (shards: readonly number[], more: Partial<SlurmPlan> = {}): SlurmPlan => ({
  folder: '/plan',
  command: ['filterlens'],
  maxArraySize: 1001,
  steps: [
    { kind: 'shards', pass: 'measure', shards, journal },
    { kind: 'merge', name: 'merge', words: ['-o', '/results'] },
  ],
  ...more,
})

const arrayOf = ({ script }: SlurmJob): string => /^#SBATCH --array=(.*)$/m.exec(script)![1]!
const offsetOf = ({ script }: SlurmJob): number => Number(/^shard=\$\(\((\d+) \+/m.exec(script)![1])

test('a pass is one array and the merge waits for it', () => {
  const jobs = slurmJobs(planOf(upTo(64)), { ...plain, maxRunning: 16, partition: 'cpu', time: '1:00:00', mem: '4G' })
  assert.equal(
    jobs.map(({ name, after }) => [name, after]),
    [
      ['measure', []],
      ['merge', ['measure']],
    ],
  )
  assert.is(arrayOf(jobs[0]!), '0-63%16')
  for (const line of ['--partition=cpu', '--time=1:00:00', '--mem=4G', '--requeue', '--cpus-per-task=2', '--signal=B:USR1@120'])
    assert.match(jobs[0]!.script, new RegExp(`^#SBATCH ${line}$`, 'm'))
  assert.match(jobs[1]!.script, /^#SBATCH --kill-on-invalid-dep=yes$/m)
})

test('only the shards that are left are listed; a list that is too long for an option names its range', () => {
  const [some] = slurmJobs(planOf([2, 3, 4, 9]), plain)
  assert.is(arrayOf(some!), '2-4,9')
  const [many] = slurmJobs(
    planOf(
      upTo(4000).filter((n) => n % 2 === 1),
      { maxArraySize: 4000 },
    ),
    plain,
  )
  assert.is(arrayOf(many!), '1-3999')
})

test('more shards than an array may have are several arrays with an offset, which share what may run at a time', () => {
  const jobs = slurmJobs(planOf(upTo(2500)), { ...plain, maxRunning: 10 })
  assert.equal(
    jobs.map((job) => [job.name, job.after]),
    [
      ['measure_1', []],
      ['measure_2', []],
      ['measure_3', []],
      ['merge', ['measure_1', 'measure_2', 'measure_3']],
    ],
  )
  assert.equal(jobs.slice(0, 3).map(arrayOf), ['0-1000%4', '0-1000%3', '0-497%3'])
  assert.equal(jobs.slice(0, 3).map(offsetOf), [0, 1001, 2002])
  assert.throws(
    () => slurmJobs(planOf(upTo(2500)), { ...plain, maxRunning: 2 }),
    (error: Error) => error instanceof UsageError && /2,500 shards are 3 arrays here .* give at least 3/.test(error.message),
  )
})

test('a path with a line break is refused, whatever else is in one is not', () => {
  const isRefused = (error: Error): boolean => error instanceof InputError && /line break/.test(error.message)
  assert.throws(() => slurmJobs(planOf([0], { folder: '/a\nb' }), plain), isRefused)
  assert.throws(() => slurmJobs(planOf([0], { command: ['node', '/a\rb'] }), plain), isRefused)
  assert.is(slurmJobs(planOf([0], { folder: '/a \'b"$(id)%j' }), plain).length, 2)
})

/** A folder of programs that stand for Slurm's, and for filterlens on a node; each writes down how it was called. */
async function standIns(folder: string, filterlens: string): Promise<{ env: NodeJS.ProcessEnv; calls(): Promise<string> }> {
  const calls = join(folder, 'calls')
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const programs = {
    scontrol: `echo "scontrol $*" >>"${calls}"`,
    scancel: `echo "scancel $*" >>"${calls}"`,
    sbatch: `echo "sbatch $*" >>"${calls}"; n=$(grep -c ^sbatch "${calls}"); case "$*" in *.sbatch) cp "\${@: -1}" "${folder}/job-$n" ;; *) cat >"${folder}/job-$n" ;; esac; [ "$n" != "$REFUSE" ] && echo "$((100 + n));here"`,
    'filterlens stand-in': `printf '%s|' filterlens "$@" >>"${calls}"; echo >>"${calls}"; ${filterlens}`,
  }
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/bash\n${body}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const env = {
    ...process.env,
    PATH: bin + delimiter + process.env['PATH'],
    SLURM_JOB_ID: '42',
    SLURM_ARRAY_TASK_ID: '1',
    REFUSE: '',
  }
  return { env, calls: () => readFile(calls, 'utf8') }
}

const strange = 'pl an%j \'q" $(id) \\s'

/** The script of one shard of a plan whose folder has a name that a shell would stumble over. */
async function shardScript(folder: string): Promise<{ plan: string; script: string }> {
  const plan = join(folder, strange)
  await mkdir(join(plan, 'parts/measure'), { recursive: true })
  const command = [join(folder, 'bin', 'filterlens stand-in')]
  const [job] = slurmJobs(planOf([0, 1], { folder: plan, command }), plain)
  const script = join(folder, 'job.sh')
  await writeFile(script, job!.script)
  return { plan, script }
}

test('a shard is measured by its own call, and its exit code is the job’s', () =>
  inFolder(async (folder) => {
    const { env, calls } = await standIns(folder, 'exit $(cat code)')
    const { plan, script } = await shardScript(folder)
    for (const code of [0, 2]) {
      await writeFile(join(folder, 'code'), String(code))
      const ended = await execute('bash', [script], { cwd: folder, env }).then(
        () => 0,
        (error: { code: number }) => error.code,
      )
      assert.is(ended, code)
    }
    assert.is((await calls()).split('\n')[0], `filterlens|analyze|--plan|${plan}|--pass|measure|--shard|1|--workers|2|`)
    assert.is((await readFile(join(plan, 'logs/measure-1.log'), 'utf8')).match(/job 42 on /g)!.length, 2)
  }))

test('before the time limit a shard ends in order and is queued again when it came further; else it fails with a sentence', () =>
  inFolder(async (folder) => {
    const { env, calls } = await standIns(
      folder,
      `trap '[ -f "$JOURNAL.more" ] && echo layer >>"$JOURNAL"; exit 143' TERM; touch "$READY"; while :; do sleep 0.02; done`,
    )
    const { plan, script } = await shardScript(folder)
    const [file, ready] = [join(plan, 'parts/measure/1.journal'), join(folder, 'ready')]
    const run = async (): Promise<number> => {
      const child = spawn('bash', [script], { cwd: folder, env: { ...env, JOURNAL: file, READY: ready } })
      while (!existsSync(ready)) await wait(10)
      child.kill('SIGUSR1')
      const [code] = (await once(child, 'close')) as [number]
      return code
    }
    await writeFile(`${file}.more`, '')
    assert.is(await run(), 143)
    assert.match(await calls(), /^scontrol requeue 42$/m)
    await rm(`${file}.more`)
    await rm(ready)
    assert.is(await run(), 2)
    assert.is((await calls()).match(/^scontrol/gm)!.length, 1)
    assert.match(await readFile(join(plan, 'logs/measure-1.log'), 'utf8'), /time is up.*not one layer was finished/s)
  }))

test('the script that submits gives each job those it waits for, and takes them back when one is refused', () =>
  inFolder(async (folder) => {
    const { env, calls } = await standIns(folder, '')
    const plan = join(folder, strange)
    await mkdir(plan)
    const jobs = slurmJobs(planOf(upTo(2000), { folder: plan }), plain)
    const script = join(folder, 'submit.sh')
    await writeFile(script, submitScript(plan, jobs))
    const { stdout } = await execute('bash', [script], { env })
    assert.is(stdout, 'measure_1 101\nmeasure_2 102\nmerge 103\n')
    assert.is(await readFile(join(plan, SUBMITTED_JOBS), 'utf8'), stdout)
    assert.equal((await calls()).trim().split('\n'), [
      'sbatch --parsable',
      'sbatch --parsable',
      'sbatch --parsable --dependency=afterok:101:102',
    ])
    for (const [k, job] of jobs.entries()) assert.is(await readFile(join(folder, `job-${k + 1}`), 'utf8'), job.script)
    const refused = await execute('bash', [script], { env: { ...env, REFUSE: '6' } }).catch((error: { stderr: string }) => error)
    assert.match(refused.stderr, /those before it are taken back/)
    assert.match(await calls(), /^scancel 104 105$/m)
  }))

test('jobs in files are submitted from wherever they lie', () =>
  inFolder(async (folder) => {
    const { env, calls } = await standIns(folder, '')
    const scripts = join(folder, 'my scripts')
    await mkdir(scripts)
    await writeFile(join(scripts, 'submit.sh'), submitScript(folder, slurmJobs(planOf([0]), plain), true))
    await execute('bash', [join(scripts, 'submit.sh')], { env, cwd: '/' })
    assert.match(await calls(), new RegExp(`^sbatch --parsable ${scripts}/measure.sbatch$`, 'm'))
  }))

test.run()
