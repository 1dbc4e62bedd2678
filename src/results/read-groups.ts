import { groupReportProblem, reportRowProblems } from '../analysis/report-schema.ts'
import type { GroupReport, ModelDepthRow, PairRow, ReportModel } from '../analysis/report-types.ts'
import type { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { CompactRows } from './compact-rows.ts'
import { JsonSplitter } from './json-splitter.ts'
import { withLaterComparisons, withLaterMetrics, withLaterPools } from './older-groups.ts'

/** Bytes of a group analysis without its models, pairs, and rows by model and depth. */
const LARGEST = 256 << 20
const PIECE = 1 << 20

/**
 * A group analysis that was written as JSON. Its models, pairs, and rows by model and depth, which are most of it, are held as
 * numbers and made when they are asked for. Metrics that an earlier version did not have are null. @throws SyntaxError when it is no JSON; what `refused` makes of anything else
 */
export async function readGroupReport(access: RandomAccess, refused: (problem: string) => InputError): Promise<GroupReport> {
  const depth = new CompactRows<ModelDepthRow>()
  const models = new CompactRows<ReportModel>()
  const pairs = new CompactRows<PairRow>()
  const kept = <Row>(
    list: string,
    problemOf: (row: unknown) => string | undefined,
    completed: (row: unknown) => unknown,
    add: (row: Row) => void,
  ) => {
    let count = 0
    return (text: string): void => {
      const row = completed(JSON.parse(text))
      const problem = problemOf(row)
      if (problem !== undefined) throw refused(`${list}.${count}${problem}`)
      count++
      add(row as Row)
    }
  }
  const splitter = new JsonSplitter({
    depth: kept<ModelDepthRow>('depth', reportRowProblems.depth, withLaterMetrics, (row) => depth.add(row)),
    models: kept<ReportModel>('models', reportRowProblems.models, withLaterMetrics, (row) => models.add(row)),
    pairs: kept<PairRow>('pairs', reportRowProblems.pairs, withLaterComparisons, (row) => pairs.add(row)),
  })
  const decoder = new TextDecoder('utf-8')
  let text = ''
  for (let at = 0; at < access.byteLength; at += PIECE) {
    const rest = splitter.push(await access.read(at, Math.min(PIECE, access.byteLength - at)))
    text += decoder.decode(rest, { stream: true })
    if (text.length > LARGEST) throw refused(`larger than ${LARGEST} bytes`)
  }
  const value = withLaterPools(JSON.parse(text + decoder.decode()))
  const problem = groupReportProblem(value)
  if (problem !== undefined) throw refused(problem)
  return { ...(value as GroupReport), depth: depth.rows(), models: models.rows(), pairs: pairs.rows() }
}
