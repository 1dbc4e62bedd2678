// Kills runs of the command line at seeded random moments and lets them be continued: node scripts/kill-runs.mjs [200] [--seed 1]
// Build first (npm run build). Prints what each kill left and how often; exit code 1 at the first run that ends in anything
// but the bytes of a run that nobody kills.
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: '1' } } })
const { killRuns } = await import(join(import.meta.dirname, '../dist/test/cli/survival-kills.js'))
const { killCommands } = await import(join(import.meta.dirname, '../dist/test/cli/file-kills.js'))
const { killPlans } = await import(join(import.meta.dirname, '../dist/test/cli/shard-kills.js'))
// Two fifths of the runs are of analyze, which goes on where it was killed; two of report, pack, export and extract; one of plan, its
// shards and merge.
const all = Number(positionals[0] ?? 200)
const counts = {}
let kills = 0
let resumed = 0
const started = performance.now()
const runs = await killRuns({
  runs: Math.ceil((2 * all) / 5),
  seed: Number(values.seed),
  onRun(run) {
    for (const left of run.left) counts[left] = (counts[left] ?? 0) + 1
    kills += run.left.filter((left) => left !== 'done before the kill').length
    resumed += run.resumed > 0 ? 1 : 0
    console.log(
      `${run.index} ${run.study}: ${run.kills.map((kill, k) => `${kill} → ${run.left[k]}`).join(', ')}; resumed ${run.resumed} layers`,
    )
  },
})
const others = await killCommands(Math.floor((2 * all) / 5), Number(values.seed), ({ index, command, at, left }) => {
  for (const state of left) counts[state] = (counts[state] ?? 0) + 1
  kills += left.filter((state) => state !== 'done before the kill').length
  console.log(`${index} ${command}: ${at.map((ms, k) => `at ${ms} ms → ${left[k]}`).join(', ')}`)
})
const plans = await killPlans(Math.floor(all / 5), Number(values.seed), ({ index, study, kills: at, left }) => {
  for (const state of left) counts[state] = (counts[state] ?? 0) + 1
  kills += left.filter((state) => state !== 'done before the kill').length
  console.log(`${index} ${study} in shards: ${at.map((kill, k) => `${kill} → ${left[k]}`).join(', ')}`)
})
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(
  `${runs.length} runs of analyze and ${others.length} of report, pack, export and extract and ${plans.length} of plan, shards and merge, ${kills} kills, ${resumed} continued from a journal; left behind: ${JSON.stringify(counts)}; ${seconds} s`,
)
