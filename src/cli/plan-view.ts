import type { RunPlan } from '../shards/plan.ts'
import { count, plural, shortCount } from '../words.ts'
import { wrapped } from './terminal.ts'

/** What a plan is of, and what is to be done next. */
export function planView({ totals, shards, passes }: RunPlan, output: string): string {
  const largest = shards.reduce((most, { work }) => Math.max(most, work), 0)
  const most = largest / (totals.work / shards.length || 1)
  const share = `the largest is ${Number.isFinite(most) ? most.toFixed(2) : '1.00'} of an equal share`
  return [
    `${plural(totals.inputs, 'input')}  ·  ${plural(totals.models, 'model')}  ·  ${plural(totals.layers, 'layer')}  ·  ${shortCount(totals.filters)} filters  ·  ${bytesText(totals.bytes)}`,
    `${plural(shards.length, 'shard')} of about ${secondsText(totals.work / shards.length / 1e9)} of one processor each; ${share}`,
    '',
    `next:  filterlens analyze --plan ${output} --shard 0   (every number from 0 to ${shards.length - 1})`,
    ...(passes.length > 1
      ? [
          `then:  filterlens merge ${output} --basis, and again every number: the pass ranges`,
          `then:  filterlens merge ${output} --basis, and again every number: the pass counts`,
        ]
      : []),
    `then:  filterlens merge ${output} -o results`,
  ]
    .map((line) => wrapped(line, '  '))
    .join('\n')
}

/** The same as JSON. */
export function planJson({ totals, passes, shards, files }: RunPlan, hash: string): string {
  return JSON.stringify({ plan: hash, totals, passes, files, shards }, null, 2)
}

function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 ? count(value) : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

function secondsText(seconds: number): string {
  if (seconds < 1) return 'a second'
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
