import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { derivedTables } from '../results/export-derived.ts'
import { type ExportFormat, exportFormats, formatEnding, writeTable } from '../results/export-formats.ts'
import { groupTablesInParts } from '../results/export-groups.ts'
import { tablesOfRun } from '../results/export-run.ts'
import { studyTables } from '../results/export-studies.ts'
import { type StreamedTable, tableInParts } from '../results/export-table.ts'
import { readGroups } from '../results/groups.ts'
import { readStudies } from '../results/studies.ts'
import { withRun } from '../results/tables-read.ts'
import type { Command } from './command.ts'
import { writeTogether } from './files-together.ts'
import { requireOwnFolder } from './own-folder.ts'
import { withResults } from './results-place.ts'
import { print } from './talk.ts'

export const exportCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote, or its zip' })
      .option('format', { choices: exportFormats, default: 'csv', describe: 'format of the files' })
      .option('table', { type: 'string', array: true, nargs: 1, describe: 'only these tables: counts, pairs, comparisons …' })
      .option('columns', { type: 'string', describe: 'only these columns of the tables, separated by commas' })
      .option('ratio', {
        type: 'string',
        describe: 'a table of models beside those whose names differ by a word: _extra= or cifar100=cifar10',
      })
      .option('output', { alias: 'o', type: 'string', default: 'tables', describe: 'folder for the files' })
      .example(
        '$0 export results --format latex --table pairs --columns a,b,clean_accuracy_b,robust_accuracy_b -o tex',
        'tables for \\input, with the rules of booktabs',
      )
      .example('$0 export results --format parquet -o tables', "then in DuckDB: select * from 'tables/layers.parquet'"),
  async run(words) {
    const results = words['results'] as string
    const format = words['format'] as ExportFormat
    const output = words['output'] as string
    requireOwnFolder(output)
    const written = await withResults(results, (folder) =>
      withRun(folder, results, async (run) => {
        const groups = await readGroups(folder, results)
        const studies = await readStudies(folder, results)
        return writeTogether(output, async (staged) => {
          const files: string[] = []
          const derived = await derivedTables(run, words['ratio'] as string | undefined)
          const tables = [
            ...tablesOfRun(run),
            ...(groups ? groupTablesInParts(groups) : []),
            ...(studies ? studyTables(studies).map(tableInParts) : []),
            ...derived.map(tableInParts),
          ]
          const chosen = chosenTables(tables, words['table'] as string[] | undefined)
          for (const table of withColumns(chosen, words['columns'] as string | undefined)) {
            const file = `${table.name}.${formatEnding(format)}`
            await writeTable(await staged.create(file), table, format)
            files.push(file)
          }
          return files
        })
      }),
    )
    for (const file of written) print(join(output, file))
    return 0
  },
}

/** @throws UsageError for a name that no table has */
function chosenTables(tables: readonly StreamedTable[], names: readonly string[] | undefined): readonly StreamedTable[] {
  if (!names) return tables
  return names.map((name) => {
    const found = tables.find((table) => table.name === name)
    if (!found)
      throw new UsageError(`--table ${name}: there is no such table; there are ${tables.map((table) => table.name).join(', ')}`)
    return found
  })
}

/** The tables with these columns alone, in this order. @throws UsageError for a column that one of them does not have */
function withColumns(tables: readonly StreamedTable[], list: string | undefined): readonly StreamedTable[] {
  if (list === undefined) return tables
  const names = list.split(',').map((name) => name.trim())
  return tables.map((table) => {
    const places = names.map((name) => table.columns.findIndex((column) => column.name === name))
    const missing = names.find((_, k) => places[k]! < 0)
    if (missing !== undefined)
      throw new UsageError(
        `--columns ${missing}: the table ${table.name} has no such column; it has ${table.columns.map(({ name }) => name).join(', ')}`,
      )
    const pick = (columns: StreamedTable['columns']): StreamedTable['columns'] => places.map((place) => columns[place]!)
    return {
      ...table,
      columns: pick(table.columns),
      async *parts() {
        for await (const part of table.parts()) yield pick(part)
      },
    }
  })
}
