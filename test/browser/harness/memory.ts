import { readdirSync, readFileSync } from 'node:fs'

/** Proportional set size of a process and all below it, in bytes; null where /proc does not tell. */
export function memoryOfTree(root: number | undefined): number | null {
  if (root === undefined) return null
  const parents = new Map<number, number>()
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const parent = textOf(`/proc/${name}/stat`)
        ?.replace(/^.*\) /s, '')
        .split(' ')[1]
      if (parent) parents.set(Number(name), Number(parent))
    }
  } catch {
    return null
  }
  let bytes = 0
  for (const pid of parents.keys()) {
    if (!isBelow(pid, root, parents)) continue
    const pss = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '')
    if (pss) bytes += Number(pss[1]) * 1024
  }
  return bytes > 0 ? bytes : null
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
