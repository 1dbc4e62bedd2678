const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Signals that end a run in order. */
export type Interruption = keyof typeof codes
export const interruptions = Object.keys(codes) as Interruption[]

/** A run that Ctrl-C or `kill` ended in order: one sentence, and the exit code that shells use for the signal. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted'
  /** 130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that was closed. */
  readonly exitCode: number

  constructor(signal: Interruption, consequence: string) {
    super(`interrupted: ${consequence}`)
    this.exitCode = codes[signal]
  }
}
