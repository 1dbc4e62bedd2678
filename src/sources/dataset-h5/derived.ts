import { InputError } from '../../errors.ts'
import { type Hdf5File, openHdf5 } from '../../hdf5/file.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { readFrame } from '../pandas/fixed-format.ts'
import type { Frame } from '../pandas/frame.ts'
import { metaFrame } from './format.ts'
import { filterRange, layerName, modelOf } from './layers.ts'

/** What the reference's notebooks computed of one layer. */
export interface DerivedRow {
  /** The model's and the layer's names as the source of this file has them. */
  readonly model: string
  readonly layer: string
  /** By column; null where the file has NaN. */
  readonly values: Readonly<Record<string, number | null>>
}

/** One of the tables that the notebooks added to a dataset.h5: `meta_sparsity`, `meta_pca`, `meta_ortho`. */
export interface DerivedTable {
  readonly key: string
  readonly columns: readonly string[]
  readonly rows: readonly DerivedRow[]
}

/**
 * Reads the tables beside `meta` that hold per-layer results under the same index: `sparsity`, `num_filters` … in meta_sparsity,
 * `entropy` in meta_pca, `ortho` in meta_ortho. An empty list when the file has none. The access is left open.
 * @throws InputError when a table's index does not fit meta's
 */
export async function readDerivedTables(access: RandomAccess): Promise<DerivedTable[]> {
  const file = await openHdf5(access)
  try {
    const meta = await metaFrame(file)
    const root = await file.describe('/')
    if (!meta || root?.kind !== 'group') return []
    const tables: DerivedTable[] = []
    for (const key of root.keys.filter((name) => name.startsWith('meta_')).sort()) {
      const frame = await readFrame(file, `/${key}`)
      if (frame) tables.push(tableOf(file, key, meta, frame))
    }
    return tables
  } finally {
    await file.close()
  }
}

function tableOf(file: Hdf5File, key: string, meta: Frame, frame: Frame): DerivedTable {
  const rowsOfMeta = matchRows(meta, frame)
  const rows = rowsOfMeta.map((at, row): DerivedRow => {
    const range = at === undefined ? undefined : filterRange(meta, at)
    if (at === undefined || !range) throw new InputError(file.name, `row ${row} of the table ${key} has no counterpart in meta`)
    const values: Record<string, number | null> = {}
    for (const column of frame.columns) {
      const cell = frame.cells.get(column)![row]
      if (typeof cell === 'number') values[column] = Number.isFinite(cell) ? cell : null
    }
    return { model: modelOf(meta, at).name, layer: layerName(range), values }
  })
  return { key, columns: frame.columns, rows }
}

/** For each row of `frame` the row of `meta` with the same index: the same position where the two indexes are equal, else by value. */
function matchRows(meta: Frame, frame: Frame): (number | undefined)[] {
  const keyOf = (table: Frame, row: number): string => JSON.stringify(table.index.map((level) => level[row]))
  const keys = Array.from({ length: meta.rows }, (_, row) => keyOf(meta, row))
  const own = Array.from({ length: frame.rows }, (_, row) => keyOf(frame, row))
  if (own.length === keys.length && own.every((key, row) => key === keys[row])) return own.map((_, row) => row)
  const byKey = new Map(keys.map((key, row) => [key, row]))
  return own.map((key) => byKey.get(key))
}
