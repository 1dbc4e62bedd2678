// Rebuilds what a change makes stale, until it is stopped: node scripts/watch.mjs [step or group of steps …]; see scripts/build.mjs.
import { existsSync, watch } from 'node:fs'
import { build } from './build/run.mjs'
import { planOf, steps } from './build/steps.mjs'

const SETTLED_MS = 100 // an editor that saves writes more than once
const words = process.argv.slice(2)
const names = words.length > 0 ? words : ['all']
let isBuilding = false
let hasChanged = true

async function rebuild() {
  if (isBuilding) return
  isBuilding = true
  while (hasChanged) {
    hasChanged = false
    const started = performance.now()
    const isFine = await build(names)
    console.error(`${isFine ? 'up to date' : 'failed'} after ${((performance.now() - started) / 1000).toFixed(1)} s; watching`)
  }
  isBuilding = false
}

/** @type {NodeJS.Timeout | undefined} */
let timer
const watched = new Set(planOf(names).flatMap((name) => steps[name]?.reads ?? []))
for (const path of watched) {
  if (!existsSync(path) || path.startsWith('node_modules') || path.startsWith('dist')) continue
  watch(path, { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      hasChanged = true
      void rebuild()
    }, SETTLED_MS)
  })
}
await rebuild()
