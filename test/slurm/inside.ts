import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where the rest of this process tree runs: a namespace of processes that all end with the first one, and of mounts. */
const WORDS = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const INSIDE = 'FILTERLENS_TEST_INSIDE'

/**
 * Runs this program again where every process ends with it, whatever happens, and what it mounts is seen by nobody else.
 * @returns true inside; outside it does not return. What keeps it from going on is said, and nothing runs.
 */
export function runsInside(programs: readonly string[]): boolean {
  if (process.env[INSIDE] !== undefined) return true
  const reason = missing(programs)
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`)
    console.log('Total: 0\nPassed: 0\nSkipped: 1')
    return false
  }
  const { status } = spawnSync('unshare', [...WORDS, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  })
  process.exitCode = status ?? 1
  return false
}

function missing(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a Slurm of its own needs Linux and root'
  const absent = programs.filter((program) => !isOnPath(program))
  if (absent.length > 0) return `${absent.join(', ')} not found: apt-get install slurm-wlm munge`
  try {
    execFileSync('unshare', [...WORDS, 'true'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this system lets nobody have a process namespace (unshare --pid --mount)'
  }
}

function isOnPath(program: string): boolean {
  return `${process.env['PATH']}${delimiter}/usr/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
