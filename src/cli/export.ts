import { join } from 'node:path'
import { writeFile } from '../io/sink.ts'
import { withStagedFolder } from '../io/staged-folder.ts'
import { type ExportFormat, exportFormats, exportTable } from '../results/export-formats.ts'
import { groupTables } from '../results/export-groups.ts'
import { runTables } from '../results/export-run.ts'
import { readGroups } from '../results/groups.ts'
import { readResults } from '../results/tables-read.ts'
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
    const { analysis, groups } = await withResults(results, async (folder) => ({
      analysis: await readResults(folder, results),
      groups: await readGroups(folder, results),
    }))
    const format = words['format'] as ExportFormat
    const output = words['output'] as string
    const written = await withStagedFolder(output, async (folder) => {
      const files: string[] = []
      for (const table of [...runTables(analysis), ...(groups ? groupTables(groups) : [])]) {
        const file = `${table.name}.${format}`
        await writeFile(folder, file, exportTable(table, format))
        files.push(file)
      }
      return files
    })
    for (const file of written) print(join(output, file))
    return 0
  },
}
