import { SingleBar } from 'cli-progress'
import { setBarLine } from './bar-line.ts'
import { isDumb } from './colour.ts'

/** A bar on stderr that appears only when the work has taken a second; nothing at all when stderr is not a terminal, or one that only prints. */
export interface ProgressBar {
  update(done: number, total: number, label: string): void
  stop(): void
}

const PATIENCE = 1000 // milliseconds before the bar appears

export function openProgressBar(): ProgressBar {
  if (!process.stderr.isTTY || isDumb) return { update() {}, stop() {} }
  const started = Date.now()
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {percentage} %  {count}  {left}  {label}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: false, // a process that is killed would leave it hidden
    gracefulExit: false, // signals are ours
    clearOnComplete: true,
    linewrap: false,
  })
  let shown = false
  const payload = (done: number, total: number, label: string): Record<string, string> => ({
    label,
    count: `${Math.min(total, Math.floor(done) + 1)} of ${total}`,
    left: timeLeft((Date.now() - started) / 1000, done / total),
  })
  return {
    update(done, total, label) {
      if (!shown) {
        if (Date.now() - started < PATIENCE) return
        bar.start(total, done, payload(done, total, label))
        shown = true
        setBarLine(true)
      }
      bar.setTotal(total)
      bar.update(done, payload(done, total, label))
    },
    stop() {
      if (!shown) return
      bar.stop()
      setBarLine(false)
    },
  }
}

/** "about 12 s left"; nothing before a tenth of a percent is done. */
export function timeLeft(seconds: number, share: number): string {
  if (!(share >= 0.001) || share >= 1) return ''
  return `${durationLeft((seconds * (1 - share)) / share)} left`
}

/** "about 12 s", "about 5 min", "about 3 h". */
export function durationLeft(seconds: number): string {
  if (seconds < 90) return `about ${Math.ceil(seconds)} s`
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`
  return `about ${Math.round(seconds / 3600)} h`
}
