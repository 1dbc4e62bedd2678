import { join } from 'node:path'
import { withStagedFolder } from '../io/staged-folder.ts'
import { type ExportFormat, exportFormats, writeTable } from '../results/export-formats.ts'
import { groupTablesInParts } from '../results/export-groups.ts'
import { tablesOfRun } from '../results/export-run.ts'
import { readGroups } from '../results/groups.ts'
import { withRun } from '../results/tables-read.ts'
import type { Command } from './command.ts'
import { withResults } from './results-place.ts'
import { print } from './talk.ts'

export const exportCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote, or its zip' })
      .option('format', { choices: exportFormats, default: 'csv', describe: 'format of the files' })
      .option('output', { alias: 'o', type: 'string', default: 'tables', describe: 'folder for the files' })
      .example('$0 export results --format parquet -o tables', "then in DuckDB: select * from 'tables/layers.parquet'"),
  async run(words) {
    const results = words['results'] as string
    const format = words['format'] as ExportFormat
    const output = words['output'] as string
    const written = await withResults(results, (folder) =>
      withRun(folder, results, async (run) => {
        const groups = await readGroups(folder, results)
        return withStagedFolder(output, async (staged) => {
          const files: string[] = []
          for (const table of [...tablesOfRun(run), ...(groups ? groupTablesInParts(groups) : [])]) {
            const file = `${table.name}.${format}`
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
