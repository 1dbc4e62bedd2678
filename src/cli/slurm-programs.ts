import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InputError, UsageError } from '../errors.ts'
import { SUBMITTED_JOBS } from '../shards/submit-script.ts'

const execute = promisify(execFile)

/** Slurm's own default: what is assumed where there is nobody to ask. */
const USUAL_ARRAY = 1001
const PATIENCE_MS = 15_000 // a controller that is asked too much answers late

/** Tasks that an array of this Slurm may have (MaxArraySize). */
export async function maxArraySize(): Promise<number> {
  const said = await output('scontrol', ['show', 'config'])
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(said ?? '')?.[1] ?? USUAL_ARRAY) || USUAL_ARRAY
}

/** A job or array task of a plan that Slurm still has. */
export interface QueuedTask {
  /** RUNNING, PENDING, … */
  readonly state: string
  /** Why it waits: Priority, Dependency, JobArrayTaskLimit … */
  readonly reason: string
  readonly node: string
}

/** What Slurm has of a plan's jobs; undefined where there is no Slurm, it does not answer, or the plan was never submitted. */
export async function queuedTasks(plan: string): Promise<QueuedTask[] | undefined> {
  const submitted = await readFile(join(plan, SUBMITTED_JOBS), 'utf8').catch(() => '')
  const numbers = [...submitted.matchAll(/^\w+ (\d+)$/gm)].map(([, number]) => number!)
  if (numbers.length === 0) return undefined
  const said = await output('squeue', ['-h', '-r', '-o', '%i|%T|%r|%N', `--jobs=${numbers.slice(-200).join(',')}`])
  return said
    ?.split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, state = '', reason = '', node = ''] = line.split('|')
      return { state, reason, node }
    })
}

/** What a program prints; undefined where it is missing or fails. */
async function output(program: string, words: readonly string[]): Promise<string | undefined> {
  try {
    return (await execute(program, words, { timeout: PATIENCE_MS, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    // A job that Slurm has forgotten is none that it has.
    return /Invalid job id/.test((error as { stderr?: string }).stderr ?? '') ? '' : undefined
  }
}

/** Runs a script that submits jobs. @returns what it printed @throws UsageError without sbatch, InputError when Slurm refuses */
export async function submitted(script: string): Promise<string> {
  if (!(await isProgram('sbatch')))
    throw new UsageError(
      '--submit: there is no sbatch here; run it where jobs are submitted, or without --submit, which prints the script that does',
    )
  return new Promise((resolve, reject) => {
    const bash = spawn('bash', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let [out, problem] = ['', '']
    bash.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    bash.stderr.setEncoding('utf8').on('data', (text: string) => (problem += text))
    bash.on('error', (error) => reject(new InputError('bash', `cannot be run (${error.message})`, { cause: error })))
    bash.on('close', (code) => {
      if (code === 0) resolve(out)
      else
        reject(
          new InputError(
            'sbatch',
            problem
              .trim()
              .replace(/^sbatch: (error: )?/gm, '')
              .replaceAll('\n', '; '),
          ),
        )
    })
    bash.stdin.on('error', () => undefined).end(script)
  })
}

async function isProgram(name: string): Promise<boolean> {
  try {
    await execute(name, ['--version'], { timeout: PATIENCE_MS })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
