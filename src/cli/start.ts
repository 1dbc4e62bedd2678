#!/usr/bin/env node
import { limitProblem } from './resource-limits.ts'

// The command's files are loaded from here, all at a time: a process that may not open as many says so in a sentence.
try {
  await import('./filterlens.ts')
} catch (error) {
  const limit = limitProblem(error)
  if (limit === undefined) throw error
  process.stderr.write(`filterlens: ${limit}\n`)
  process.exitCode = 2
}
