import { InputError } from '../errors.ts'
import type { MetaValue } from '../sources/source.ts'
import { stemOf } from './model-names.ts'

/** Columns that a person knows about the models: accuracy, robustness, architecture … */
export interface MetaTable {
  /** The file it came from, for messages. */
  readonly name: string
  /** Columns besides the key, in order. */
  readonly columns: readonly string[]
  /** By model name, file name or file stem. */
  readonly rows: ReadonlyMap<string, Readonly<Record<string, MetaValue>>>
}

/**
 * A table of rows as a meta table: `key` is the column that names the model.
 * @throws InputError when two rows name the same model, or a row names none
 */
export function metaTable(name: string, rows: readonly Readonly<Record<string, MetaValue>>[], key: string): MetaTable {
  const byModel = new Map<string, Readonly<Record<string, MetaValue>>>()
  rows.forEach((row, k) => {
    const model = row[key]
    if (model === null || model === undefined || model === '') throw new InputError(name, `row ${k + 1} has no ${key}`)
    if (byModel.has(String(model))) throw new InputError(name, `two rows are about ${String(model)}; keep one`)
    const { [key]: _, ...rest } = row
    byModel.set(String(model), rest)
  })
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => column !== key)
  return { name, columns, rows: byModel }
}

/** Joins a meta table to models, and tells at the end which rows met no model and which models no row. */
export class MetaJoin {
  readonly #table: MetaTable | undefined
  readonly #used = new Set<string>()
  readonly #missing: string[] = []

  constructor(table: MetaTable | undefined) {
    this.#table = table
  }

  /** The model's columns: the file's own, then those of the table (which win); every column of the table is there. */
  columnsOf(model: string, file: string, own: Readonly<Record<string, MetaValue>>): Record<string, MetaValue> {
    const table = this.#table
    if (!table) return { ...own }
    const key = [model, file, file.split(/[\\/]/).at(-1)!, stemOf(file)].find((name) => table.rows.has(name))
    if (key === undefined) this.#missing.push(model)
    else this.#used.add(key)
    const row = key === undefined ? {} : table.rows.get(key)!
    return { ...own, ...Object.fromEntries(table.columns.map((column) => [column, row[column] ?? own[column] ?? null])) }
  }

  warnings(): string[] {
    const table = this.#table
    if (!table) return []
    const unused = [...table.rows.keys()].filter((name) => !this.#used.has(name))
    const list = (names: readonly string[]): string =>
      names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
    return [
      ...(this.#missing.length > 0 ? [`${table.name}: no row for ${list(this.#missing)}`] : []),
      ...(unused.length > 0 ? [`${table.name}: no model was read for ${list(unused)}`] : []),
    ]
  }
}
