import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

// A real Slurm on this host, of Debian's slurm-wlm and munge: munged, slurmctld and a slurmd for each node, all in the foreground as
// children of this process, on ports that were free, with a key and a socket of their own.

const execute = promisify(execFile)

/** Programs that a cluster needs, and their packages. */
export const slurmPrograms = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'squeue', 'scancel'] as const

export interface Cluster {
  /** For what talks to it. */
  readonly env: NodeJS.ProcessEnv
  /** Runs one of Slurm's programs. @returns what it printed @throws Error with what it complained of */
  slurm(program: string, ...words: string[]): Promise<string>
  /** Ends a node as a power cut does: its daemon and all that runs on it. The controller is told at once. */
  killNode(name: string): Promise<void>
  startNode(name: string): Promise<void>
  /** The last lines of all logs, for a test that failed. */
  logs(): Promise<string>
  stop(): Promise<void>
}

/** Starts a cluster in a folder, with so many nodes n1, n2 … of one processor and a host name of its own, and waits until all are idle. */
export async function startCluster(folder: string, nodes: number): Promise<Cluster> {
  await mkdir(join(folder, 'spool'), { recursive: true, mode: 0o755 })
  const [controller, ...ports] = await freePorts(1 + nodes)
  const file = (name: string): string => join(folder, name)
  await writeFile(file('munge.key'), randomBytes(1024), { mode: 0o400 })
  const host = hostname()
  const names = ports.map((_, k) => `n${k + 1}`)
  await writeFile(
    file('slurm.conf'),
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${file('munge.socket')}
CredType=cred/munge
StateSaveLocation=${file('spool')}
SlurmdSpoolDir=${file('spool')}/%n
SlurmctldPidFile=${file('slurmctld.pid')}
SlurmdPidFile=${file('%n.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmctldPort=${controller}
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2,bf_interval=1
ReturnToService=2
MpiDefault=none
KillWait=2
MinJobAge=3600
MaxArraySize=6
${names.map((name, k) => `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[k]} CPUs=1 RealMemory=4096 State=UNKNOWN`).join('\n')}
PartitionName=cpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
`,
  )
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, SLURM_CONF: file('slurm.conf') }
  const daemons = new Map<string, ChildProcess>()
  const start = (name: string, program: string, words: readonly string[]): void => {
    const log = openSync(file(`${name}.log`), 'a')
    daemons.set(
      name,
      spawn(program, words, { cwd: folder, env, stdio: ['ignore', log, log] }).on('error', () => undefined),
    )
    closeSync(log)
  }
  const slurm = async (program: string, ...words: string[]): Promise<string> => {
    const { stdout } = await execute(program, words, { env, cwd: folder, timeout: 30_000 })
    return stdout.trim()
  }
  const logs = async (): Promise<string> => {
    const texts = await Promise.all(
      [...daemons.keys()].map(async (name) => `--- ${name}\n${(await readFile(file(`${name}.log`), 'utf8')).slice(-1500)}`),
    )
    return texts.join('\n')
  }
  const startNode = async (name: string): Promise<void> =>
    start(name, 'unshare', ['--uts', 'sh', '-c', 'hostname "$1"; exec slurmd -D -N "$1"', 'sh', name])
  const stop = async (): Promise<void> => {
    await slurm('scancel', '--user=root').catch(() => undefined) // a cluster that is gone has no jobs
    for (const daemon of daemons.values()) daemon.kill('SIGKILL')
  }
  try {
    const munge = (name: string): string => `--${name}-file=${file(`munge.${name}`)}`
    start('munged', 'munged', ['-F', '--force', `--socket=${file('munge.socket')}`, ...['key', 'pid', 'log', 'seed'].map(munge)])
    await until('munged answers', () =>
      execute('munge', ['-n', '-S', file('munge.socket')]).then(
        () => true,
        () => false,
      ),
    )
    start('slurmctld', 'slurmctld', ['-D'])
    for (const name of names) await startNode(name)
    await until('all nodes are idle', async () => {
      const idle = await slurm('sinfo', '-h', '-N', '-t', 'idle', '-o', '%N').catch(() => '')
      return idle.split('\n').filter(Boolean).length === nodes
    })
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}\n${await logs()}`, { cause: error })
  }
  return {
    env,
    slurm,
    logs,
    stop,
    startNode,
    async killNode(name) {
      daemons.get(name)!.kill('SIGKILL')
      for (const pid of await processesOf(name)) process.kill(pid, 'SIGKILL')
      await slurm('scontrol', 'update', `NodeName=${name}`, 'State=DOWN', 'Reason=test')
    },
  }
}

/**
 * What runs on a node: first the daemons of its steps, which would tell the controller how their jobs ended, then the jobs. These
 * have the node's name in their environment, the daemons are their parents.
 */
async function processesOf(node: string): Promise<number[]> {
  const { stdout } = await execute('ps', ['axeww', '-o', 'pid=,ppid=,args='], { maxBuffer: 1 << 26 })
  const all = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, words] = /^\s*(\d+)\s+(\d+) (.*)$/s.exec(line) ?? []
    return words === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), words }]
  })
  const named = new RegExp(`SLURMD_NODENAME=${node}(\\s|$)`)
  const jobs = all.filter(({ pid, words }) => named.test(words) && pid !== process.pid)
  const parents = new Set(jobs.map(({ parent }) => parent))
  const steps = all.filter(({ pid, words }) => parents.has(pid) && words.startsWith('slurmstepd'))
  return [...steps, ...jobs].map(({ pid }) => pid)
}

/** Numbers of ports that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Waits for a state. @throws Error that names it, when it does not come in time */
export async function until(what: string, reached: () => Promise<boolean> | boolean, seconds = 240): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; ; await wait(20)) {
    if (await reached()) return
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`)
  }
}
