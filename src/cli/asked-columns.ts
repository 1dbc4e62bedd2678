import { type AskedColumns, requireAskedColumns } from '../analysis/asked-columns.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import { readMetaFile, type TableFile } from './meta-file.ts'

/** Inputs of kinds that say something about their models: data sets, filter databases, and whatever has no ending. */
const DESCRIBED = /(\.(h5|hdf5?|he5|arrows?|feather|ipc|parquet|pq|zip)|(^|\/)[^./]*)$/i

/** The table of --meta held against what is asked, before hours of measuring. @throws UsageError, InputError */
export async function requireAnswerable(
  {
    asked,
    meta,
    nameColumn,
  }: { readonly asked: AskedColumns; readonly meta: TableFile | undefined; readonly nameColumn: string | undefined },
  inputs: readonly FoundInput[],
): Promise<void> {
  const isAll = inputs.every(({ path, opens }) => opens === undefined && !DESCRIBED.test(path))
  requireAskedColumns(await readMetaFile(meta, nameColumn), asked, isAll)
}
