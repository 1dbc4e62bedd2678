import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A peer in a process of its own that answers a line with the milliseconds its work took. */
export interface Peer {
  /** Milliseconds; undefined when what it needs is absent (said on stderr). */
  ask(line: string): Promise<number | undefined>
  close(): void
}

/** One thread for every library underneath numpy and torch. */
const oneThread = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

function converse(child: ChildProcess): Peer {
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.(line))
  child.on('exit', () => {
    for (const resolve of waiting.splice(0)) resolve('absent (the peer ended)')
  })
  return {
    async ask(line) {
      const answer = await new Promise<string>((resolve) => {
        waiting.push(resolve)
        child.stdin!.write(`${line}\n`)
      })
      if (!answer.startsWith('absent')) return Number.parseFloat(answer)
      console.error(`skipped: ${line} (${answer})`)
      return undefined
    },
    close: () => child.stdin!.end(),
  }
}

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** bench/peer.c, compiled here and now; undefined without gcc. */
export function openC(data: readonly string[]): Peer | undefined {
  if (!works('gcc', ['--version'])) {
    console.error('skipped: the same pass in C (no gcc)')
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-bench-'))
  const program = join(folder, 'peer')
  execFileSync('gcc', ['-O3', '-march=native', 'bench/peer.c', '-o', program, '-lm'], { stdio: 'inherit' })
  const peer = converse(spawn(program, data, { stdio: ['pipe', 'pipe', 'inherit'] }))
  return {
    ask: peer.ask,
    close() {
      peer.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** bench/peer.py in the first Python that has numpy; undefined without one. */
export function openPython(data: readonly string[]): Peer | undefined {
  const python = ['/usr/bin/python3', 'python3'].find((name) => works(name, ['-c', 'import numpy']))
  if (!python) {
    console.error('skipped: numpy and torch (no python3 with numpy)')
    return undefined
  }
  const env = { ...process.env, ...oneThread }
  return converse(spawn(python, ['bench/peer.py', ...data], { env, stdio: ['pipe', 'pipe', 'inherit'] }))
}
