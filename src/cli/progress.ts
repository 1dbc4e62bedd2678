import { SingleBar } from 'cli-progress'

/** A bar on stderr that appears only when the work has taken a second; nothing at all when stderr is not a terminal. */
export interface ProgressBar {
  update(done: number, total: number, label: string): void
  stop(): void
}

const PATIENCE = 1000 // milliseconds before the bar appears

export function openProgressBar(): ProgressBar {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const started = Date.now()
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {percentage} %  {label}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: false, // a process that is killed would leave it hidden
    gracefulExit: false, // signals are ours
    clearOnComplete: true,
    linewrap: false,
  })
  let shown = false
  return {
    update(done, total, label) {
      if (!shown) {
        if (Date.now() - started < PATIENCE) return
        bar.start(total, done, { label })
        shown = true
      }
      bar.setTotal(total)
      bar.update(done, { label })
    },
    stop() {
      if (shown) bar.stop()
    },
  }
}
