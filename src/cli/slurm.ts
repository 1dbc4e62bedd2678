import { resolve } from 'node:path'
import { writeFile } from '../io/sink.ts'
import { planPaths } from '../shards/plan-paths.ts'
import { type PlanStep, stepsLeft } from '../shards/plan-state.ts'
import { type SlurmJob, type SlurmStep, slurmJobs } from '../shards/slurm-jobs.ts'
import { checkedSlurmOptions, type SlurmOptions } from '../shards/slurm-options.ts'
import { submitScript } from '../shards/submit-script.ts'
import type { Command, Words } from './command.ts'
import { writeTogether } from './files-together.ts'
import { numberOption } from './measuring-options.ts'
import { requireOwnFolder } from './own-folder.ts'
import { openPlan, requireApart } from './plan-place.ts'
import { planProgress } from './plan-progress.ts'
import { maxArraySize, submitted } from './slurm-programs.ts'
import { print, say } from './talk.ts'

export const slurmCommand: Command = {
  options: (parser) =>
    parser
      .positional('plan', { type: 'string', demandOption: true, describe: 'folder that filterlens plan wrote' })
      .option('submit', { type: 'boolean', describe: 'submit the jobs (default: print the script that does)' })
      .option('scripts', { type: 'string', describe: 'write the scripts to this folder: one a job, and submit.sh' })
      .conflicts('submit', 'scripts')
      .option('output', {
        alias: 'o',
        type: 'string',
        describe: 'folder for the results (default: beside the plan, PLAN-results)',
      })
      .option('partition', { type: 'string', describe: 'as sbatch takes it', group: 'Slurm:' })
      .option('account', { type: 'string', describe: 'as sbatch takes it', group: 'Slurm:' })
      .option('qos', { type: 'string', describe: 'as sbatch takes it', group: 'Slurm:' })
      .option('time', { type: 'string', describe: 'time limit of each job: minutes, H:MM:SS, D-H:MM', group: 'Slurm:' })
      .option('mem', { type: 'string', describe: 'memory of each job: 4G', group: 'Slurm:' })
      .option('cpus-per-task', { default: 1, describe: 'processors, and threads, of a shard', group: 'Slurm:' })
      .option('max-running', { describe: 'so many shards at a time, at most', group: 'Slurm:' })
      .option('grace', {
        default: 120,
        describe: 'seconds before the time limit at which a shard ends in order, to go on when it is queued again',
        group: 'Slurm:',
      })
      .option('extra', {
        type: 'string',
        array: true,
        describe: 'further options of sbatch: --extra=--constraint=avx2',
        group: 'Slurm:',
      })
      .option('max-array-size', { describe: 'tasks of one array (default: what Slurm says here, else 1001)', group: 'Slurm:' })
      .example('$0 slurm plan', 'look at what would be submitted')
      .example('$0 slurm plan --submit --partition cpu --time 2:00:00 --mem 2G', 'submit it; again after a failure: what is left')
      .example('$0 slurm plan --max-running 50 -o results | bash', 'the same, through the printed script'),
  async run(words) {
    const plan = await openPlan(words['plan'] as string)
    const folder = resolve(plan.name)
    const results = (words['output'] as string | undefined) ?? `${folder}-results`
    requireApart(folder, results)
    const options = slurmOptionsOf(words)
    const wholeAbove = (least: number) => (n: number) => Number.isSafeInteger(n) && n >= least
    const given = numberOption(words, 'max-array-size', 'a whole number above 1', wholeAbove(2))
    const scripts = words['scripts'] as string | undefined
    if (scripts !== undefined) requireOwnFolder(scripts, 'plan', '--scripts')
    const { states, files } = await planProgress(plan)
    const jobs = slurmJobs(
      {
        folder,
        command: [process.execPath, resolve(process.argv[1]!)],
        steps: stepsLeft(states, files).map((step) => slurmStep(step, resolve(results))),
        maxArraySize: given ?? (await maxArraySize()),
      },
      options,
    )
    if (scripts !== undefined) await writeScripts(scripts, folder, jobs)
    else if (words['submit'] === true) {
      print((await submitted(submitScript(folder, jobs))).trimEnd())
      say(`filterlens status ${plan.name} tells how far it is; the results will be in ${results}`)
    } else print(submitScript(folder, jobs).trimEnd())
    return 0
  },
}

/** @throws UsageError */
function slurmOptionsOf(words: Words): SlurmOptions {
  const text = (name: string): string | undefined => (words[name] === undefined ? undefined : String(words[name]))
  const whole = (from: number, to: number) => (n: number) => Number.isSafeInteger(n) && n >= from && n <= to
  return checkedSlurmOptions({
    partition: text('partition'),
    account: text('account'),
    qos: text('qos'),
    time: text('time'),
    mem: text('mem'),
    cpusPerTask: numberOption(words, 'cpus-per-task', 'a whole number from 1 to 64', whole(1, 64))!,
    maxRunning: numberOption(words, 'max-running', 'a whole number above 0', whole(1, 1e6)),
    grace: numberOption(words, 'grace', 'seconds, 10 to 3600', whole(10, 3600))!,
    extra: (words['extra'] as string[] | undefined) ?? [],
  })
}

function slurmStep(step: PlanStep, results: string): SlurmStep {
  if (step.kind === 'merge') return { kind: 'merge', name: 'merge', words: ['-o', results] }
  if (step.kind === 'basis') return { kind: 'merge', name: `after_${step.after}`, words: ['--basis'] }
  const { pass, shards } = step
  return { kind: 'shards', pass, shards, journal: planPaths.journal(pass, '$shard') }
}

async function writeScripts(place: string, folder: string, jobs: readonly SlurmJob[]): Promise<void> {
  await writeTogether(place, async (staged) => {
    for (const { name, script } of jobs) await writeFile(staged, `${name}.sbatch`, script)
    await writeFile(staged, 'submit.sh', submitScript(folder, jobs, true))
  })
  for (const { name } of jobs) print(`${place}/${name}.sbatch`)
  print(`${place}/submit.sh`)
}
