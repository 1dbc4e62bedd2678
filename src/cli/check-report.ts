import type { Finding } from '../analysis/findings.ts'
import type { CalledLayer } from '../analysis/layer-pattern.ts'

/** What `check` tells, whatever the format. */
export interface CheckReport {
  readonly version: string
  readonly found: readonly Finding[]
  readonly judged: readonly CalledLayer[]
  readonly ignored: number
  readonly undefinedValues: number
  readonly limits: Readonly<Record<string, unknown>>
  /** Inputs that could not be read (--keep-going). */
  readonly failed: readonly { readonly file: string; readonly problem: string }[]
  /** Path of the file that a model came from, with forward slashes, as it was named on the command line. */
  readonly files: ReadonlyMap<string, string>
  readonly seconds: number
  /** When the run ended, ISO 8601. */
  readonly finished: string
}

/** True when nothing was found and nothing failed. */
export function hasPassed({ found, failed }: Pick<CheckReport, 'found' | 'failed'>): boolean {
  return found.length === 0 && failed.length === 0
}
