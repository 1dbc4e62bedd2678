import { setTimeout as later } from 'node:timers/promises'
import type { Command } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { openPlan } from './plan-place.ts'
import { planProgress } from './plan-progress.ts'
import { withInterrupt } from './run-control.ts'
import { queuedTasks } from './slurm-programs.ts'
import { type PlanStatus, statusJson, statusView } from './status-view.ts'
import { print } from './talk.ts'

const CLEAR = '\u001b[H\u001b[2J'

export const statusCommand: Command = {
  options: (parser) =>
    parser
      .positional('plan', { type: 'string', demandOption: true, describe: 'folder that filterlens plan wrote' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON, of --watch one line a look' })
      .option('watch', {
        type: 'boolean',
        default: false,
        describe: 'look again until all is done or nothing runs; Ctrl-C ends it',
      })
      .option('interval', { default: 5, describe: 'with --watch: seconds between two looks' })
      .example('$0 status plan', 'what is done, what runs, what failed and why; exit code 1 when something failed')
      .example('$0 status plan --watch', 'until it is done'),
  async run(words) {
    const seconds = numberOption(words, 'interval', 'seconds, 0.1 to 3600', (x) => x >= 0.1 && x <= 3600)!
    const name = words['plan'] as string
    const isWatching = words['watch'] === true
    const plan = await openPlan(name)
    const look = async (): Promise<PlanStatus> => ({ plan, ...(await planProgress(plan)), queue: await queuedTasks(name) })
    return withInterrupt(
      () => 'what runs goes on',
      async (signal) => {
        for (;;) {
          const status = await look()
          if (words['json'] === true) print(JSON.stringify(statusJson(status), null, isWatching ? undefined : 2))
          else print(isWatching && process.stdout.isTTY ? screen(statusView(status)) : statusView(status))
          const isGoingOn = status.states.some(({ running }) => running.length > 0) || (status.queue?.length ?? 0) > 0
          if (!isWatching || !isGoingOn) return status.states.some(({ failed }) => failed.length > 0) ? 1 : 0
          await later(1000 * seconds, undefined, { signal })
        }
      },
    )
  },
}

function screen(text: string): string {
  process.stdout.write(CLEAR)
  return text
}
