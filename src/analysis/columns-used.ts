import type { ModelRow } from '../measure/model-row.ts'
import { firstFew, list } from '../words.ts'
import { knownColumns, metaValue, robustOf } from './members.ts'
import { isMissing, metaColumn } from './meta-column.ts'

const meanings: readonly (readonly [what: string, names: readonly string[]])[] = [
  ['normal or robust', knownColumns.robust],
  ['data set', knownColumns.dataset],
  ['architecture', knownColumns.architecture],
  ['clean accuracy', knownColumns.clean],
  ['robust accuracy', knownColumns.robustAccuracy],
]

/** Which columns of the metadata are taken for what, and values that are not understood: sentences. None without metadata. */
export function columnsUsed(models: readonly Pick<ModelRow, 'model' | 'meta'>[]): string[] {
  if (models.every(({ meta }) => Object.keys(meta).length === 0)) return []
  const used = meanings.flatMap(([what, names]) => {
    const column = names.map((name) => metaColumn(models, name)).find((found) => found !== undefined)
    return column ? [`${what} from "${column.name}"`] : []
  })
  const missing = meanings.flatMap(([what, names]) => (names.some((name) => metaColumn(models, name)) ? [] : [what]))
  return [
    `columns: ${used.length > 0 ? used.join(', ') : 'none is understood'}${missing.length > 0 ? `; none for ${list(missing, 'or')}` : ''}`,
    ...robustNotUnderstood(models),
  ]
}

/** A sentence about models whose Robust is neither true nor false, and which are in no group; none where there are none. */
export function robustNotUnderstood(models: readonly Pick<ModelRow, 'model' | 'meta'>[]): string[] {
  const strange = models.filter(({ meta }) => {
    const value = metaValue(meta, knownColumns.robust)
    return !isMissing(value) && robustOf(value) === null
  })
  const strangeValues = [...new Set(strange.map(({ meta }) => String(metaValue(meta, knownColumns.robust))))]
  if (strange.length === 0) return []
  return [
    `Robust is ${firstFew(strangeValues.map((value) => `"${value}"`))} for ${firstFew(strange.map(({ model }) => model))}, which is neither true nor false: give True or False, 1 or 0, yes or no`,
  ]
}
