import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fingerprint, forget, stamp, stampOf } from './stamps.mjs'
import { planOf, steps } from './steps.mjs'

/** @param {string} name */
function printOf(name) {
  const step = /** @type {import('./steps.mjs').Step} */ (steps[name])
  return fingerprint(step.reads, step.without)
}

/** Whether a step has nothing to do. @param {string} name */
export function isFresh(name) {
  const step = /** @type {import('./steps.mjs').Step} */ (steps[name])
  if (step.isDone) return step.isDone()
  return step.leaves.every((file) => existsSync(file)) && stampOf(name) === printOf(name)
}

/** @param {readonly string[]} command @returns {Promise<boolean>} whether it succeeded */
function runNode(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: 'inherit' })
    child.on('error', () => resolve(false)).on('close', (code) => resolve(code === 0))
  })
}

/**
 * Brings steps up to date. @param {readonly string[]} names @param {{ force?: boolean }} [options]
 * @returns {Promise<boolean>} false when a step failed; those behind it are not tried
 */
export async function build(names, { force = false } = {}) {
  for (const name of planOf(names)) {
    if (!force && isFresh(name)) continue
    const step = /** @type {import('./steps.mjs').Step} */ (steps[name])
    const print = printOf(name)
    const started = performance.now()
    forget(name)
    if (!(await runNode(step.command))) {
      console.error(`build: ${name} failed (${step.does})`)
      return false
    }
    stamp(name, print)
    for (const covered of step.covers ?? []) stamp(covered, printOf(covered))
    console.error(`built ${name}: ${step.does}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return true
}
