import { UsageError } from '../errors.ts'
import { listsByKey } from '../measure/lists-by-key.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { firstFew, list, plural } from '../words.ts'
import { nearestName } from './match-name.ts'
import { knownColumns, metaValue, robustOf } from './members.ts'
import { isMissing, requireColumn } from './meta-column.ts'
import type { Pair } from './pairs.ts'

/** Pairs that were made, and what is to be said of them. */
export interface MadePairs {
  readonly pairs: readonly Pair[]
  readonly notes: readonly string[]
}

/**
 * Pairs every robust model with a normal one that has the same values in these columns (architecture and data set, as the
 * notebook of the paper does); of several the one with the most similar name, else the first.
 * @throws UsageError for a column that no model has, or when no pair is found
 */
export function pairsBy(models: readonly ModelRow[], names: readonly string[]): MadePairs {
  const columns = names.map((name) => requireColumn(models, 'pair-by', name))
  const key = (row: ModelRow): string | null => {
    const values = columns.map((column) => column.of(row))
    return values.some(isMissing) ? null : JSON.stringify(values.map(String))
  }
  const sideOf = (row: ModelRow): 'a' | 'b' | null => robustOf(metaValue(row.meta, knownColumns.robust))
  const normal = listsByKey(
    models.filter((row) => sideOf(row) === 'a'),
    key,
  )
  const textOf = (row: ModelRow, known: readonly string[]): string | null => {
    const value = metaValue(row.meta, known)
    return isMissing(value) ? null : String(value)
  }
  const pairs: Pair[] = []
  const without: string[] = []
  let chosen = 0
  for (const row of models) {
    if (sideOf(row) !== 'b') continue
    const own = key(row)
    const candidates = own === null ? [] : (normal.get(own) ?? [])
    const [first, ...more] = candidates
    if (!first) {
      without.push(row.model)
      continue
    }
    if (more.length > 0) chosen++
    const near =
      nearestName(
        row.model,
        candidates.map(({ model }) => model),
      ) ?? first.model
    pairs.push({
      a: near,
      b: row.model,
      architecture: textOf(row, knownColumns.architecture),
      dataset: textOf(row, knownColumns.dataset),
    })
  }
  const by = list(columns.map(({ name }) => `"${name}"`))
  if (pairs.length === 0)
    throw new UsageError(
      `--pair-by: no robust and normal model have the same values in ${by}; the column Robust says which are which`,
    )
  return {
    pairs,
    notes: [
      `${plural(pairs.length, 'pair')} by ${by}${chosen > 0 ? `; ${plural(chosen, 'robust model has', 'robust models have')} several counterparts, and the one of the most similar name` : ''}`,
      ...(without.length > 0 ? [`no counterpart for ${firstFew(without)}`] : []),
    ],
  }
}
