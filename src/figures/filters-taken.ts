import type { GroupReport } from '../analysis/report-types.ts'
import { keepsSparse } from '../measure/profile.ts'

/** What a figure may know of the conventions behind its numbers. */
export type Conventions = Partial<Pick<GroupReport, 'parameters'>>

/** "non-sparse 3×3" filters are in bases, coefficients and shifts, or "all 3×3", where the profile keeps sparse ones. */
export function filtersTaken({ parameters }: Conventions, size = '3×3'): string {
  return `${parameters && keepsSparse(parameters.profile) ? 'all' : 'non-sparse'} ${size}`.trim()
}
