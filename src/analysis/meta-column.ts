import type { MetaValue } from '../database/meta.ts'
import { UsageError } from '../errors.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { firstFew } from '../words.ts'
import { knownColumns } from './members.ts'

/** A column of the models' metadata. */
export interface MetaColumn {
  /** As the table spells it. */
  readonly name: string
  readonly of: (row: Pick<ModelRow, 'meta'>) => MetaValue
}

/** Letters and digits alone: "Visual_Category" is "Visual Category". */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

/** What a column is also called: "architecture", "data set". */
const alsoCalled: Readonly<Record<string, readonly string[]>> = {
  architecture: knownColumns.architecture,
  arch: knownColumns.architecture,
  dataset: knownColumns.dataset,
  cleanaccuracy: knownColumns.clean,
  robustaccuracy: knownColumns.robustAccuracy,
}

/**
 * The column of that name in the models' metadata: as it is spelled, else whatever the case and the signs between its words; the
 * architecture and the data set by these words too. Undefined when no model has one.
 */
export function metaColumn(models: readonly Pick<ModelRow, 'meta'>[], wanted: string): MetaColumn | undefined {
  const names = [...new Set(models.flatMap(({ meta }) => Object.keys(meta)))]
  const found =
    names.find((name) => name === wanted) ??
    names.find((name) => plain(name) === plain(wanted)) ??
    (Object.hasOwn(alsoCalled, plain(wanted)) ? alsoCalled[plain(wanted)]! : []).flatMap((other) =>
      names.filter((name) => plain(name) === plain(other)),
    )[0]
  return found === undefined
    ? undefined
    : { name: found, of: ({ meta }) => (Object.hasOwn(meta, found) ? (meta[found] ?? null) : null) }
}

function whose(rows: readonly object[]): 'models' | 'runs' {
  return rows.some((row) => 'run' in row) ? 'runs' : 'models'
}

/** The same for a column that an option names. @throws UsageError when no model has one, or none has a value in it */
export function requireColumn(models: readonly Pick<ModelRow, 'meta'>[], option: string, wanted: string): MetaColumn {
  const column = metaColumn(models, wanted)
  if (!column) {
    const names = [...new Set(models.flatMap(({ meta }) => Object.keys(meta)))]
    throw new UsageError(
      names.length === 0
        ? `--${option} ${wanted}: the ${whose(models)} have no metadata; give a table with --meta`
        : `--${option} ${wanted}: there is no such column; there are ${firstFew(names, 12)}`,
    )
  }
  if (models.every((row) => isMissing(column.of(row))))
    throw new UsageError(`--${option} ${wanted}: no ${whose(models).slice(0, -1)} has a value in the column "${column.name}"`)
  return column
}

/** A column of numbers. */
export interface NumericColumn {
  readonly name: string
  readonly number: (row: Pick<ModelRow, 'meta'>) => number | null
}

/** The numeric column that an option names. @throws UsageError when none has it, or a value is no number */
export function requireNumbers(
  rows: readonly (Pick<ModelRow, 'meta'> & ({ readonly model: string } | { readonly run: string }))[],
  option: string,
  wanted: string,
): NumericColumn {
  const column = requireColumn(rows, option, wanted)
  for (const row of rows) {
    const value = column.of(row)
    if (value !== null && typeof value !== 'number')
      throw new UsageError(
        `--${option} ${wanted}: the column "${column.name}" is not numeric: ${'model' in row ? row.model : row.run} has ${JSON.stringify(value)}; --group-by compares by such a column`,
      )
  }
  return {
    name: column.name,
    number: (row) => {
      const value = column.of(row)
      return typeof value === 'number' && Number.isFinite(value) ? value : null
    },
  }
}

export function isMissing(value: MetaValue): value is null {
  return value === null || value === ''
}

/** The values of a column as labels: numbers by size, others in the order of their first appearance. */
export function labelsOf(models: readonly Pick<ModelRow, 'meta'>[], column: MetaColumn): string[] {
  const values = [...new Set(models.map((row) => column.of(row)).filter((value) => !isMissing(value)))]
  if (values.every((value) => typeof value === 'number')) values.sort((p, q) => p - q)
  if (values.every((value) => typeof value === 'boolean')) values.sort((p, q) => Number(p) - Number(q))
  return [...new Set(values.map(String))]
}

/** The column that models are told apart by, and its labels. @throws UsageError when no model has it, or all have the same value */
export function requireLabels(
  models: readonly Pick<ModelRow, 'meta'>[],
  wanted: string,
): { readonly column: MetaColumn; readonly labels: string[] } {
  const column = requireColumn(models, 'group-by', wanted)
  const labels = labelsOf(models, column)
  if (labels.length < 2)
    throw new UsageError(
      `--group-by ${wanted}: the column "${column.name}" has one value, ${labels[0]}; there is nothing to compare`,
    )
  return { column, labels }
}
