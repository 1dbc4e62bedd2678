import { computed, effect, signal } from '@preact/signals'
import { groupAnalysis } from '../../analysis/group-analysis.ts'
import type { GroupReport } from '../../analysis/report-types.ts'
import type { Figure } from '../../figures/figure.ts'
import { analysisOf, type Loaded, models, pairs } from './models.ts'
import { route } from './route.ts'

const MOST_VALUES = 40

/** Metadata columns that at least two models fill with two to forty different values; Robust first. */
export const columnsToGroupBy = computed(() => {
  const keys = [...new Set(models.value.flatMap((model) => Object.keys(model.row.meta)))]
  const good = keys.filter((key) => {
    const { length } = valuesOf(key)
    return length > 1 && length <= MOST_VALUES
  })
  return good.sort((x, y) => Number(y.toLowerCase() === 'robust') - Number(x.toLowerCase() === 'robust'))
})

const textOf = (model: Loaded, column: string): string | null => {
  const value = model.row.meta[column]
  return value === null || value === undefined ? null : String(value)
}

/** The values of a column, with the number of models that have each, in order of appearance. */
export function valuesOf(column: string): { readonly text: string; readonly n: number }[] {
  const counts = new Map<string, number>()
  for (const model of models.value) {
    const text = textOf(model, column)
    if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, n]) => ({ text, n }))
}

/** The column and the two values that are compared: as the address says, else the first that make sense. */
export const choiceNow = computed(() => {
  const { q } = route.value
  const by = columnsToGroupBy.value.includes(q['by'] ?? '') ? q['by']! : (columnsToGroupBy.value[0] ?? '')
  const texts = by === '' ? [] : valuesOf(by).map(({ text }) => text)
  // false before true: the first group is the reference, the normal models.
  const [low = '', high = ''] = [...texts].sort((x, y) => Number(y === 'false') - Number(x === 'false'))
  const a = texts.includes(q['ga'] ?? '') ? q['ga']! : low
  const b = texts.includes(q['gb'] ?? '') && q['gb'] !== a ? q['gb']! : a === high ? low : high
  return { by, a, b }
})

export type Grouping = { readonly report: GroupReport } | { readonly problem: string }

const names: Record<string, readonly [string, string]> = { robust: ['normal', 'robust'] }

/** The analysis of the two chosen groups, or why there is none. Computed only when it is looked at. */
export const grouping = computed((): Grouping => {
  const { by, a, b } = choiceNow.value
  if (by === '') return { problem: 'No two groups can be told apart yet.' }
  const analysis = analysisOf(models.value)
  if (!analysis) return { problem: 'These models were measured with different parameters, so they cannot be compared as groups.' }
  const [nameA, nameB] = (a === 'false' && b === 'true' && names[by.toLowerCase()]) || [`${by} ${a}`, `${by} ${b}`]
  const of = (value: string): string[] => models.value.filter((model) => textOf(model, by) === value).map(({ name }) => name)
  try {
    const groups = { a: { name: nameA, models: of(a) }, b: { name: nameB, models: of(b) } }
    const inGroups = pairs.value.filter((pair) => groups.a.models.includes(pair.a) && groups.b.models.includes(pair.b))
    return { report: groupAnalysis({ analysis, groups, pairs: inGroups }) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
})

/** Figures of the two groups; null while they are drawn. */
export const groupFigures = signal<readonly Figure[] | null>(null)

effect(() => {
  if (route.value.page !== 'groups') return
  const found = grouping.value
  groupFigures.value = null
  if ('problem' in found) return
  let late = false
  import('./draw-figures.ts')
    .then(({ drawGroups }) => drawGroups(found.report))
    .then((figures) => {
      if (!late) groupFigures.value = figures
    })
  return () => {
    late = true
  }
})
