// Kills runs of the command line at seeded random moments and lets them be continued:
//   node scripts/kill-runs.mjs [200] [--seed 1] [--only analyze,report,pack,export,extract,track,merge]
// Build first (npm run build). Prints what each kill left and how often; exit code 1 at the first run that ends in anything
// but the bytes of a run that nobody kills.
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, only: { type: 'string' } },
})
const { killRuns } = await import(join(import.meta.dirname, '../dist/test/cli/survival-kills.js'))
const { killCommands, killedCommands } = await import(join(import.meta.dirname, '../dist/test/cli/file-kills.js'))
const { killPlans } = await import(join(import.meta.dirname, '../dist/test/cli/shard-kills.js'))
const known = ['analyze', ...killedCommands, 'merge']
const only = values.only?.split(',') ?? known
for (const name of only) if (!known.includes(name)) throw new Error(`--only ${name}: give some of ${known.join(', ')}`)
// Two parts of the runs are of analyze, which goes on where it was killed; two of those that write beside results; one of plan, its
// shards and merge.
const names = killedCommands.filter((name) => only.includes(name))
const shares = {
  analyze: only.includes('analyze') ? 2 : 0,
  commands: names.length > 0 ? 2 : 0,
  plans: only.includes('merge') ? 1 : 0,
}
const ofAll = Number(positionals[0] ?? 200) / (shares.analyze + shares.commands + shares.plans)
const seed = Number(values.seed)
/** @type {Record<string, number>} */
const counts = {}
/** @type {Record<string, number>} */
const killsOf = {}
/** @type {Record<string, number>} */
const runsOf = {}
/** @param {string} name @param {readonly string[]} left */
const seen = (name, left) => {
  runsOf[name] = (runsOf[name] ?? 0) + 1
  for (const state of left) counts[state] = (counts[state] ?? 0) + 1
  killsOf[name] = (killsOf[name] ?? 0) + left.filter((state) => state !== 'done before the kill').length
}
let resumed = 0
const started = performance.now()
if (shares.plans > 0)
  await killPlans(Math.ceil(shares.plans * ofAll), seed, ({ index, study, kills, left }) => {
    seen('plan, shards and merge', left)
    console.log(`${index} ${study} in shards: ${kills.map((kill, k) => `${kill} → ${left[k]}`).join(', ')}`)
  })
if (shares.commands > 0)
  await killCommands(
    Math.ceil(shares.commands * ofAll),
    seed,
    ({ index, command, at, left }) => {
      seen(command, left)
      console.log(`${index} ${command}: ${at.map((ms, k) => `at ${ms} ms → ${left[k]}`).join(', ')}`)
    },
    names,
  )
if (shares.analyze > 0)
  await killRuns({
    runs: Math.ceil(shares.analyze * ofAll),
    seed,
    onRun(run) {
      seen('analyze', run.left)
      resumed += run.resumed > 0 ? 1 : 0
      console.log(
        `${run.index} ${run.study}: ${run.kills.map((kill, k) => `${kill} → ${run.left[k]}`).join(', ')}; resumed ${run.resumed} layers`,
      )
    },
  })
const seconds = ((performance.now() - started) / 1000).toFixed(0)
const all = Object.values(killsOf).reduce((total, kills) => total + kills, 0)
console.log(
  `runs: ${JSON.stringify(runsOf)}; ${all} kills: ${JSON.stringify(killsOf)}; ${resumed} continued from a journal; left behind: ${JSON.stringify(counts)}; ${seconds} s`,
)
