import { groupReportProblem, reportRowProblems } from '../analysis/report-schema.ts'
import type { GroupReport, ModelDepthRow, PairRow, ReportModel } from '../analysis/report-types.ts'
import { manyRows } from '../analysis/rows-on-demand.ts'
import type { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { JsonSplitter } from './json-splitter.ts'

/** Bytes of a group analysis without its models, pairs, and rows by model and depth. */
const LARGEST = 256 << 20
const PIECE = 1 << 20

/**
 * A group analysis that was written as JSON. Its rows by model and depth, which are most of it, are held as numbers and made
 * when they are asked for; models and pairs are read one by one. @throws SyntaxError when it is no JSON; what `refused` makes of anything else
 */
export async function readGroupReport(access: RandomAccess, refused: (problem: string) => InputError): Promise<GroupReport> {
  const depth = new DepthTable()
  const models: ReportModel[] = []
  const pairs: PairRow[] = []
  const kept = <Row>(list: string, problemOf: (row: unknown) => string | undefined, add: (row: Row) => void) => {
    let count = 0
    return (text: string): void => {
      const row: unknown = JSON.parse(text)
      const problem = problemOf(row)
      if (problem !== undefined) throw refused(`${list}.${count}${problem}`)
      count++
      add(row as Row)
    }
  }
  const splitter = new JsonSplitter({
    depth: kept<ModelDepthRow>('depth', reportRowProblems.depth, (row) => depth.add(row)),
    models: kept<ReportModel>('models', reportRowProblems.models, (row) => models.push(row)),
    pairs: kept<PairRow>('pairs', reportRowProblems.pairs, (row) => pairs.push(row)),
  })
  const decoder = new TextDecoder('utf-8')
  let text = ''
  for (let at = 0; at < access.byteLength; at += PIECE) {
    const rest = splitter.push(await access.read(at, Math.min(PIECE, access.byteLength - at)))
    text += decoder.decode(rest, { stream: true })
    if (text.length > LARGEST) throw refused(`larger than ${LARGEST} bytes`)
  }
  const value: unknown = JSON.parse(text + decoder.decode())
  const problem = groupReportProblem(value)
  if (problem !== undefined) throw refused(problem)
  return { ...(value as GroupReport), depth: depth.rows(), models, pairs }
}

/** Numbers of a chunk's rows. */
const ROWS_IN_CHUNK = 4096
const TEXTS = new Set(['model', 'group', 'dataset', 'architecture', 'bucket'])

/** Rows as numbers: texts by their number, null as NaN. */
class DepthTable {
  length = 0
  #keys: readonly string[] = []
  readonly #chunks: Float64Array[] = []
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  add(row: ModelDepthRow): void {
    if (this.length === 0) this.#keys = Object.keys(row)
    const width = this.#keys.length
    const place = this.length % ROWS_IN_CHUNK
    if (place === 0) this.#chunks.push(new Float64Array(ROWS_IN_CHUNK * width))
    const chunk = this.#chunks.at(-1)!
    for (const [k, key] of this.#keys.entries()) {
      const value = (row as unknown as Record<string, string | number | null | undefined>)[key] ?? null
      chunk[place * width + k] = value === null ? Number.NaN : typeof value === 'string' ? this.#numberOf(value) : value
    }
    this.length++
  }

  #numberOf(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#numbers.set(text, number)
    }
    return number
  }

  rows(): readonly ModelDepthRow[] {
    const width = this.#keys.length
    return manyRows(this.length, (index) => {
      const chunk = this.#chunks[Math.floor(index / ROWS_IN_CHUNK)]!
      const at = (index % ROWS_IN_CHUNK) * width
      const row = this.#keys.map((key, k): [string, string | number | null] => {
        const value = chunk[at + k]!
        return [key, Number.isNaN(value) ? null : TEXTS.has(key) ? this.#texts[value]! : value]
      })
      return Object.fromEntries(row) as unknown as ModelDepthRow
    })
  }
}
