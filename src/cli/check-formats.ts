import type { CheckReport } from './check-report.ts'
import { findingsGithub } from './findings-github.ts'
import { findingsJson } from './findings-json.ts'
import { findingsJunit } from './findings-junit.ts'
import { findingsSarif } from './findings-sarif.ts'
import { findingsText } from './findings-text.ts'

/** The formats that `check` can print or write. */
export const checkFormats = {
  text: findingsText,
  json: findingsJson,
  github: findingsGithub,
  junit: findingsJunit,
  sarif: findingsSarif,
} as const satisfies Record<string, (report: CheckReport) => string>

export type CheckFormat = keyof typeof checkFormats
