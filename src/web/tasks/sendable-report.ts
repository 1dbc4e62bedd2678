import type { GroupReport } from '../../analysis/report-types.ts'

/** A report that a worker can send to the page: rows that are made when they are asked for are made here. */
export function sendableReport(report: GroupReport): GroupReport {
  return { ...report, depth: [...report.depth], models: [...report.models], pairs: [...report.pairs] }
}
