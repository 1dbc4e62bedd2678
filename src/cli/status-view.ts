import type { OpenPlan } from '../shards/plan.ts'
import { type PassState, type PlanFiles, stepsLeft } from '../shards/plan-state.ts'
import { shellWord } from '../shards/shell-word.ts'
import { count, percent, plural } from '../words.ts'
import { pc } from './colour.ts'
import { durationLeft } from './progress.ts'
import type { QueuedTask } from './slurm-programs.ts'
import { lineWidth, printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'

/** What `status` shows: how far a plan is, and what Slurm says where there is one. */
export interface PlanStatus {
  readonly plan: OpenPlan
  readonly states: readonly PassState[]
  readonly files: Pick<PlanFiles, 'hasBasis' | 'hasRange'>
  readonly queue: readonly QueuedTask[] | undefined
}

const MOST_SHOWN = 12
const WIDEST_BAR = 30
const BESIDE_BAR = 42 // what stands in a line beside its bar

/** For a terminal of `width` characters. */
export function statusView(status: PlanStatus, width: number = lineWidth()): string {
  const { plan, states, queue } = status
  const { totals, shards } = plan.plan
  const head = [
    plural(shards.length, 'shard'),
    plural(totals.models, 'model'),
    plural(totals.layers, 'layer'),
    `${count(totals.filters)} filters`,
  ]
  const parts = [
    wrapped(`${printable(plan.name)}  ${head.join('  ·  ')}`, '  ', width),
    passTable(states, width),
    runningTable(states, width),
    failures(states, width),
    queue === undefined ? '' : wrapped(queueLine(queue), '  ', width),
    `next:  ${nextCommand(status)}`, // whole, to be copied
  ]
  return parts.filter(Boolean).join('\n\n')
}

function passTable(states: readonly PassState[], width: number): string {
  const size = Math.max(8, Math.min(WIDEST_BAR, width - BESIDE_BAR))
  const columns: TerminalColumn[] = [
    { title: 'pass' },
    { title: 'done' },
    { title: '', align: 'right' },
    { title: 'shards', align: 'right' },
    { title: 'left', drop: 1 },
  ]
  return terminalTable(
    columns,
    states.map((state) => [
      state.pass,
      shareBar(state.share, size),
      percent(state.share, 0),
      `${count(state.done.length)} of ${count(sizeOf(state))}`,
      state.secondsLeft === null ? '' : durationLeft(state.secondsLeft),
    ]),
    width,
  )
}

function shareBar(share: number, size: number): string {
  const full = share >= 1 ? size : Math.min(size - 1, Math.round(share * size))
  return '█'.repeat(full) + '░'.repeat(size - full)
}

function runningTable(states: readonly PassState[], width: number): string {
  const running = states.flatMap(({ pass, running: shards }) => shards.map((shard) => ({ pass, ...shard })))
  if (running.length === 0) return ''
  const columns: TerminalColumn[] = [
    { title: 'running', align: 'right' },
    { title: 'pass', drop: 1 },
    { title: 'done', align: 'right' },
    { title: 'since', drop: 2 },
    { title: 'on', isName: true },
    { title: 'at', isName: true, drop: 3 },
  ]
  const rows = running
    .slice(0, MOST_SHOWN)
    .map(({ shard, pass, share, since, host, model }) => [
      `${shard}`,
      pass,
      share === null ? '–' : percent(share, 0),
      since === null ? '' : clock(since),
      printable(host),
      printable(model ?? ''),
    ])
  return withMore(terminalTable(columns, rows, width), running.length, 'running')
}

function failures(states: readonly PassState[], width: number): string {
  const failed = states.flatMap(({ pass, failed: shards }) => shards.map((shard) => ({ pass, ...shard })))
  const lines = failed.slice(0, MOST_SHOWN).map(({ pass, shard, problem, when, host }) => {
    const where = [when === '' ? '' : clock(when), host === '' ? '' : `on ${printable(host)}`].filter(Boolean).join(' ')
    return wrapped(
      `${pc.red('✗')} shard ${shard}, ${pass}${where === '' ? '' : ` (${where})`}: ${printable(problem)}`,
      '  ',
      width,
    )
  })
  return lines.length === 0 ? '' : withMore(lines.join('\n'), failed.length, 'failed')
}

const withMore = (text: string, total: number, what: string): string =>
  total > MOST_SHOWN ? `${text}\n  and ${plural(total - MOST_SHOWN, 'more', 'more')} ${what} (--json lists all)` : text

function queueLine(queue: readonly QueuedTask[]): string {
  if (queue.length === 0) return 'Slurm has none of its jobs (any more)'
  const counts = new Map<string, number>()
  for (const { state, reason } of queue) {
    const words = state === 'PENDING' ? `waiting (${reason})` : state.toLowerCase()
    counts.set(words, (counts.get(words) ?? 0) + 1)
  }
  return `in Slurm: ${[...counts].map(([words, n]) => `${count(n)} ${printable(words)}`).join(', ')}`
}

const sizeOf = ({ done, running, failed, stopped, waiting }: PassState): number =>
  done.length + running.length + failed.length + stopped.length + waiting.length

/** What a person types next. */
function nextCommand({ plan, states, files, queue }: PlanStatus): string {
  const name = shellWord(plan.name)
  const [step] = stepsLeft(states, files)
  if (step === undefined || step.kind === 'merge') return `filterlens merge ${name} -o results`
  if (step.kind === 'basis') return `filterlens merge ${name} --basis`
  const state = states.find(({ pass }) => pass === step.pass)!
  if (state.running.length > 0 && state.failed.length === 0) return `filterlens status ${name} --watch`
  if (queue !== undefined && queue.length === 0) return `filterlens slurm ${name} --submit`
  if (queue !== undefined && state.failed.length === 0) return `filterlens status ${name} --watch`
  const [first] = [...state.failed.map(({ shard }) => shard), ...state.stopped, ...state.waiting]
  return `filterlens analyze --plan ${name} --pass ${step.pass} --shard ${first}`
}

/** Hours and minutes here, of a time in ISO 8601; the day too when it was another one. */
function clock(iso: string): string {
  const then = new Date(iso)
  if (Number.isNaN(then.getTime())) return ''
  const two = (n: number): string => String(n).padStart(2, '0')
  const time = `${two(then.getHours())}:${two(then.getMinutes())}`
  const isToday = then.toDateString() === new Date().toDateString()
  return isToday ? time : `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`
}

/** For scripts: see docs/results.md. */
export function statusJson(status: PlanStatus): Record<string, unknown> {
  const { plan, states, queue } = status
  return {
    plan: plan.name,
    shards: plan.plan.shards.length,
    passes: states.map(({ pass, done, running, failed, stopped, waiting, share, secondsLeft }) => ({
      pass,
      share,
      seconds_left: secondsLeft,
      done: done.length,
      running,
      failed,
      stopped,
      waiting,
    })),
    ...(queue && { slurm: queue }),
    next: nextCommand(status),
  }
}
