import type { StudyQuestion } from '../analysis/study.ts'
import { studiesProblem } from '../analysis/study-schema.ts'
import type { Studies } from '../analysis/study-types.ts'
import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import { exportTable } from './export-formats.ts'
import { studyTables } from './export-studies.ts'
import { readResultsJson, writeJson } from './groups.ts'
import { parametersText } from './tables.ts'

/** The studies by columns as JSON. */
const STUDIES = 'studies.json'

/** What was asked: with the tables, all that is needed to make the studies again. */
export const QUESTION = 'question.json'

/** Adds the studies to the results: as JSON, each of their tables as studies/<name>.arrow, and the question. */
export async function writeStudies(folder: OutputFolder, studies: Studies, question: StudyQuestion): Promise<void> {
  const parameters: unknown = JSON.parse(parametersText(studies.parameters)) // in the order in which they are read back
  await writeJson(folder, STUDIES, { ...studies, parameters })
  const { groupBy = [], within, correlate = [] } = question
  await writeJson(folder, QUESTION, { groupBy, ...(within !== undefined && { within }), correlate })
  for (const table of studyTables(studies)) await writeFile(folder, `studies/${table.name}.arrow`, exportTable(table, 'arrow'))
}

/** The studies of a results folder; undefined when it has none. @throws InputError when they are damaged */
export async function readStudies(folder: Folder, name: string): Promise<Studies | undefined> {
  const value = await readResultsJson(folder, name, STUDIES)
  if (value === undefined) return undefined
  const problem = studiesProblem(value)
  if (problem !== undefined)
    throw new InputError(
      `${name}/${STUDIES}`,
      `holds no studies of filterlens (${problem}); run filterlens analyze --group-by again`,
    )
  return value as Studies
}

/** What the studies of a results folder were asked; undefined when it has none. @throws InputError when it is damaged */
export async function readQuestion(folder: Folder, name: string): Promise<StudyQuestion | undefined> {
  const value = await readResultsJson(folder, name, QUESTION)
  if (value === undefined) return undefined
  const { groupBy, within, correlate } = (value ?? {}) as Record<string, unknown>
  const isList = (list: unknown): list is string[] => Array.isArray(list) && list.every((item) => typeof item === 'string')
  if (!isList(groupBy) || !isList(correlate) || (within !== undefined && typeof within !== 'string'))
    throw new InputError(`${name}/${QUESTION}`, 'is no question of filterlens; run filterlens analyze --group-by again')
  return { groupBy, correlate, ...(within !== undefined && { within }) }
}
