import { readdirSync, readFileSync } from 'node:fs'

/** Proportional set size of a process and all below it, in bytes; null where /proc does not tell. */
export function memoryOfTree(root: number | undefined): number | null {
  let bytes = 0
  for (const pid of treeOf(root)) {
    const pss = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '')
    if (pss) bytes += Number(pss[1]) * 1024
  }
  return bytes > 0 ? bytes : null
}

/** A process and all below it; none where /proc does not tell. */
function treeOf(root: number | undefined): number[] {
  if (root === undefined) return []
  const parents = new Map<number, number>()
  try {
    for (const name of readdirSync('/proc')) {
      const parent = /^\d+$/.test(name) ? statOf(Number(name))?.[1] : undefined
      if (parent) parents.set(Number(name), Number(parent))
    }
  } catch {
    return []
  }
  return [...parents.keys()].filter((pid) => isBelow(pid, root, parents))
}

/** Fields of /proc/<pid>/stat from the process's state on: its name before them may hold anything. */
function statOf(pid: number): string[] | undefined {
  return textOf(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === root) return true
  return false
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // the process has ended, or is not ours to look at
  }
}
