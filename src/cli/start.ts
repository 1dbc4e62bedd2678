#!/usr/bin/env node
import { limitProblem } from './resource-limits.ts'

// The command's files are loaded from here, all at a time: a process that may not open as many says so in a sentence.
try {
  const unfit = unfitNode()
  if (unfit === undefined) await import('./filterlens.ts')
  else end(unfit)
} catch (error) {
  const limit = limitProblem(error)
  if (limit === undefined) throw error
  end(limit)
}

function end(problem: string): void {
  process.stderr.write(`filterlens: ${problem}\n`)
  process.exitCode = 2
}

/** What Node was started with, in NODE_OPTIONS perhaps, that nothing here can run under. */
function unfitNode(): string | undefined {
  if (typeof WebAssembly === 'undefined')
    return 'this Node runs without WebAssembly, which all numbers come from: start it without --jitless (look at NODE_OPTIONS)'
  if (Object.isFrozen(Array.prototype))
    return 'this Node runs with frozen intrinsics, which packages that filterlens needs change: start it without --frozen-intrinsics (look at NODE_OPTIONS)'
  return undefined
}
