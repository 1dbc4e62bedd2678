import { signal } from '@preact/signals'

/** One drop: being read, or what went wrong with it. */
export interface Job {
  readonly id: number
  readonly label: string
  readonly running: boolean
  readonly done: number
  readonly total: number
  readonly doing: string
  /** Errors stay beside the file they belong to until they are put away. */
  readonly errors: readonly string[]
  cancel(): void
}

export const jobs = signal<readonly Job[]>([])
let ids = 0

/** Shows a job; the function it returns changes it. */
export function startJob(label: string, cancel: () => void): { id: number; update(change: Partial<Job>): void; end(): void } {
  const id = ++ids
  jobs.value = [...jobs.value, { id, label, running: true, done: 0, total: 0, doing: 'reading', errors: [], cancel }]
  return {
    id,
    update(change) {
      jobs.value = jobs.value.map((job) => (job.id === id ? { ...job, ...change } : job))
    },
    end: () => endJob(id),
  }
}

export function endJob(id: number): void {
  jobs.value = jobs.value.filter((job) => job.id !== id)
}
