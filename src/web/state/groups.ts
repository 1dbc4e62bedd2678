import { computed, effect, signal } from '@preact/signals'
import { type GroupInput, groupAnalysis } from '../../analysis/group-analysis.ts'
import type { GroupReport } from '../../analysis/report-types.ts'
import type { Figure } from '../../figures/figure.ts'
import { metaOf } from '../../filters/provenance.ts'
import { analysisOf, filesOf, type Loaded, models, pairs } from './models.ts'
import { route } from './route.ts'
import { measuring } from './work.ts'

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
  const value = metaOf(model.row.meta, column)
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

interface Choice {
  readonly by: string
  readonly a: string
  readonly b: string
}

let lastChoice: Choice = { by: '', a: '', b: '' }

/** The column and the two values that are compared: as the address says, else the first that make sense. */
export const choiceNow = computed((): Choice => {
  const { q } = route.value
  const by = columnsToGroupBy.value.includes(q['by'] ?? '') ? q['by']! : (columnsToGroupBy.value[0] ?? '')
  const texts = by === '' ? [] : valuesOf(by).map(({ text }) => text)
  // false before true: the first group is the reference, the normal models.
  const [low = '', high = ''] = [...texts].sort((x, y) => Number(y === 'false') - Number(x === 'false'))
  const a = texts.includes(q['ga'] ?? '') ? q['ga']! : low
  const b = texts.includes(q['gb'] ?? '') && q['gb'] !== a ? q['gb']! : a === high ? low : high
  // The same object as long as the choice is the same: what depends on it is not computed again for a click elsewhere.
  if (lastChoice.by !== by || lastChoice.a !== a || lastChoice.b !== b) lastChoice = { by, a, b }
  return lastChoice
})

type GroupsChosen = Pick<GroupInput, 'analysis'> & Required<Pick<GroupInput, 'groups' | 'pairs'>>

export type Grouping = { readonly report: GroupReport } | { readonly problem: string }

const names: Record<string, readonly [string, string]> = { robust: ['normal', 'robust'] }

const chosenGroups = computed((): { readonly given: GroupsChosen } | { readonly problem: string } => {
  const { by, a, b } = choiceNow.value
  if (by === '') return { problem: 'No two groups can be told apart yet.' }
  const analysis = analysisOf(models.value)
  if (!analysis) return { problem: 'These models were measured with different parameters, so they cannot be compared as groups.' }
  const [nameA, nameB] = (a === 'false' && b === 'true' && names[by.toLowerCase()]) || [`${by} ${a}`, `${by} ${b}`]
  const of = (value: string): string[] => models.value.filter((model) => textOf(model, by) === value).map(({ name }) => name)
  const groups = { a: { name: nameA, models: of(a) }, b: { name: nameB, models: of(b) } }
  const inGroups = pairs.value.filter((pair) => groups.a.models.includes(pair.a) && groups.b.models.includes(pair.b))
  return { given: { analysis, groups, pairs: inGroups } }
})

/** The analysis of the two chosen groups from the layers' rows alone, or why there is none. Computed only when it is looked at. */
const fromRows = computed((): Grouping => {
  const chosen = chosenGroups.value
  if ('problem' in chosen) return chosen
  try {
    return { report: groupAnalysis(chosen.given) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
})

/** The same with the shift between the groups' filters, which has to be read from the files. */
const withShift = signal<{ readonly given: GroupsChosen; readonly report: GroupReport } | null>(null)
/** How far the reading is, or what went wrong with it. */
export const shiftState = signal<{ readonly share: number } | { readonly problem: string } | null>(null)

/** What is known of the two groups now. */
export const grouping = computed((): Grouping => {
  const chosen = chosenGroups.value
  const known = withShift.value
  return known && 'given' in chosen && known.given === chosen.given ? { report: known.report } : fromRows.value
})

const looked = computed(() => route.value.page === 'groups' || route.value.page === 'figures')

// Looking at groups or figures starts the second pass over the filters, once for each choice of groups.
effect(() => {
  const chosen = chosenGroups.value
  if (!looked.value || 'problem' in chosen || 'problem' in fromRows.value || withShift.peek()?.given === chosen.given) return
  const files = filesOf(models.value)
  if (!files) return
  const abort = new AbortController()
  shiftState.value = { share: 0 }
  measuring(
    'groups',
    { ...chosen.given, files },
    { signal: abort.signal, onEvent: ({ done, total }) => (shiftState.value = { share: total > 0 ? done / total : 0 }) },
  ).then(
    (report) => {
      withShift.value = { given: chosen.given, report }
      shiftState.value = null
    },
    (error) => {
      shiftState.value = error.name === 'AbortError' ? null : { problem: error.message }
    },
  )
  return () => abort.abort()
})

const onGroups = computed(() => route.value.page === 'groups')

/** Figures of the two groups; null while they are drawn. */
export const groupFigures = signal<readonly Figure[] | null>(null)

effect(() => {
  if (!onGroups.value) return
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
