import type { ExportFormat } from '../../results/export-formats.ts'
import type { TableSource } from './protocol.ts'

/** One table as the bytes of a file. The writers are loaded when a table is saved. */
export async function tableFile(source: TableSource, name: string, format: ExportFormat): Promise<Uint8Array<ArrayBuffer>> {
  const [{ groupTables }, { runTables }, { exportTable }] = await Promise.all([
    import('../../results/export-groups.ts'),
    import('../../results/export-run.ts'),
    import('../../results/export-formats.ts'),
  ])
  const tables = 'analysis' in source ? runTables(source.analysis) : groupTables(source.report)
  const table = tables.find((one) => one.name === name)
  if (!table) throw new Error(`there is no table ${name}`)
  return new Uint8Array(exportTable(table, format))
}
