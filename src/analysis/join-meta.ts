import type { MetaValue } from '../database/meta.ts'
import { InputError } from '../errors.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { firstFew } from '../words.ts'
import { matchName } from './match-name.ts'
import type { MetaTable } from './meta-table.ts'

/** Models with the columns of a meta table; what the file itself says about a model gives way to the table. */
export interface Joined<T> {
  readonly models: readonly T[]
  readonly warnings: readonly string[]
}

/**
 * Adds each row of the table to the model of its name. Models without a row keep what they have, rows without a model are
 * left out; both are named in `warnings`.
 * @throws InputError when no row at all names a model that was read
 * @example
 * const { models } = await analyze(await listInputs(['models/']))
 * const joined = joinMeta(models, parseMeta('meta.csv', await readFile('models/meta.csv', 'utf8')))
 * console.log(joined.models.map(({ meta }) => meta), joined.warnings)
 */
export function joinMeta<T extends Pick<ModelRow, 'model' | 'meta'>>(models: readonly T[], table: MetaTable): Joined<T> {
  const find = matchName(models.map(({ model }) => model))
  const values = new Map<string, Readonly<Record<string, MetaValue>>>()
  const unused: string[] = []
  for (const row of table.rows) {
    const model = find(row.name)
    if (model === undefined) {
      unused.push(row.name)
      continue
    }
    if (values.has(model))
      throw new InputError(
        table.file,
        `line ${row.line}: "${row.name}" is about the model ${model}, which has a row already; keep one`,
      )
    values.set(model, row.values)
  }
  if (values.size === 0 && models.length > 0 && table.rows.length > 0) {
    throw new InputError(
      table.file,
      `none of its ${table.rows.length} names is a model that was read: it has "${table.rows[0]!.name}", read was "${models[0]!.model}"`,
    )
  }
  const without = models.filter(({ model }) => !values.has(model))
  return {
    models: models.map((model) => ({ ...model, meta: { ...model.meta, ...(values.get(model.model) ?? {}) } })),
    warnings: [
      ...(without.length > 0 ? [`${table.file} has no row for ${firstFew(without.map(({ model }) => model))}`] : []),
      ...(unused.length > 0
        ? [`${table.file} has ${unused.length} rows about models that were not read: ${firstFew(unused)}`]
        : []),
    ],
  }
}
