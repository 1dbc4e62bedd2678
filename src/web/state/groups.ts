import { computed, effect, signal } from '@preact/signals'
import { inGroups } from '../../analysis/in-groups.ts'
import type { GroupReport } from '../../analysis/report-types.ts'
import { depthNote } from '../../database/depth-words.ts'
import { metaOf } from '../../database/provenance.ts'
import type { Figure } from '../../figures/figure.ts'
import type { GroupsGiven } from '../tasks/protocol.ts'
import { analysisOf, earlierGroups, filesOf, type Loaded, models, pairs, tablesOf } from './models.ts'
import { route } from './route.ts'
import { awaitsStoredGroups } from './stored.ts'
import { FIRST_TICKED, hasTicked, TICKED, tickedGroup } from './ticked.ts'
import { showToast } from './toast.ts'
import { measuring, viewing } from './work.ts'

const MOST_VALUES = 40

/** What models can be grouped by: how they were ticked, and metadata columns that at least two models fill with two to forty different values; Robust first. */
export const columnsToGroupBy = computed(() => {
  const keys = [...new Set(models.value.flatMap((model) => Object.keys(model.row.meta)))]
  const good = keys.filter((key) => {
    const { length } = valuesOf(key)
    return length > 1 && length <= MOST_VALUES
  })
  good.sort((x, y) => Number(y.toLowerCase() === 'robust') - Number(x.toLowerCase() === 'robust'))
  return hasTicked.value && valuesOf(TICKED).length > 1 ? [TICKED, ...good] : good
})

const textOf = (model: Loaded, column: string): string | null => {
  if (column === TICKED) return tickedGroup(model)
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
  const before = (text: string): number => Number(text === 'false' || text === FIRST_TICKED)
  const [low = '', high = ''] = [...texts].sort((x, y) => before(y) - before(x))
  const a = texts.includes(q['ga'] ?? '') ? q['ga']! : low
  const b = texts.includes(q['gb'] ?? '') && q['gb'] !== a ? q['gb']! : a === high ? low : high
  // The same object as long as the choice is the same: what depends on it is not computed again for a click elsewhere.
  if (lastChoice.by !== by || lastChoice.a !== a || lastChoice.b !== b) lastChoice = { by, a, b }
  return lastChoice
})

type GroupsChosen = Pick<GroupsGiven, 'analysis' | 'tables' | 'groups' | 'pairs'>

/** The comparison of the two chosen groups, or why there is none; neither while it is being worked out. */
export type Grouping = { readonly report: GroupReport } | { readonly problem: string } | { readonly working: true }

const names: Record<string, readonly [string, string]> = { robust: ['normal', 'robust'] }

const chosenGroups = computed((): { readonly given: GroupsChosen } | { readonly problem: string } => {
  const { by, a, b } = choiceNow.value
  if (by === '') return { problem: 'No two groups can be told apart yet.' }
  const analysis = analysisOf(models.value)
  if (!analysis) return { problem: 'These models were measured with different parameters, so they cannot be compared as groups.' }
  const [nameA, nameB] =
    by === TICKED
      ? [a, b]
      : (a === 'false' && b === 'true' && Object.hasOwn(names, by.toLowerCase()) && names[by.toLowerCase()]) || [
          `${by} ${a}`,
          `${by} ${b}`,
        ]
  const of = (value: string): string[] => models.value.filter((model) => textOf(model, by) === value).map(({ name }) => name)
  const groups = { a: { name: nameA, models: of(a) }, b: { name: nameB, models: of(b) } }
  const [inA, inB] = [new Set(groups.a.models), new Set(groups.b.models)]
  const inGroups = pairs.value.filter((pair) => inA.has(pair.a) && inB.has(pair.b))
  return { given: { analysis, tables: tablesOf(models.value), groups, pairs: inGroups } }
})

/** True while the save menu is open: it offers the tables of the groups. */
export const saveOpen = signal(false)
const onPage = computed(() => route.value.page === 'groups' || route.value.page === 'figures')
const wanted = computed(() => onPage.value || saveOpen.value)

interface Answer {
  readonly given: GroupsChosen
  readonly found: { readonly report: GroupReport } | { readonly problem: string }
  /** False while the shift between the groups' filters, which has to be read from the files, is not part of it. */
  readonly whole: boolean
}

const answer = signal<Answer | null>(null)
/** How far the reading of the filters is, or what went wrong with it. */
export const shiftState = signal<{ readonly share: number } | { readonly problem: string } | null>(null)

/** What is known of the two groups now. */
export const grouping = computed((): Grouping => {
  const chosen = chosenGroups.value
  if ('problem' in chosen) return chosen
  return answer.value?.given === chosen.given ? answer.value.found : { working: true }
})

/** The same comparison as an earlier run made it: of the same models, in the same groups, with the same pairs. */
function earlierReport({ groups, pairs }: GroupsChosen): GroupReport | undefined {
  const same = (x: readonly string[], y: readonly string[]): boolean =>
    x.length === y.length && [...x].sort().join('\n') === [...y].sort().join('\n')
  return earlierGroups.value.find((report) => {
    const of = (group: 'a' | 'b'): string[] => report.models.flatMap((one) => (one.group === group ? [one.model] : []))
    const own = report.pairs.map(({ a, b }) => `${a} ${b}`)
    return (
      same(of('a'), groups.a.models) &&
      same(of('b'), groups.b.models) &&
      same(
        own,
        pairs.map(({ a, b }) => `${a} ${b}`),
      )
    )
  })
}

// Looking at groups starts their comparison from the layers' rows, in a worker: it draws ten thousand samples.
effect(() => {
  if (!wanted.value || awaitsStoredGroups()) return
  const chosen = chosenGroups.value
  if ('problem' in chosen || answer.peek()?.given === chosen.given) return
  const { given } = chosen
  const earlier = earlierReport(given)
  if (earlier) {
    answer.value = { given, found: { report: earlier }, whole: true }
    return
  }
  const abort = new AbortController()
  viewing('groups', { ...given, files: null }, { signal: abort.signal }).then(
    (report) => {
      answer.value = { given, found: { report }, whole: false }
    },
    (error) => {
      if (error.name !== 'AbortError') answer.value = { given, found: { problem: error.message }, whole: true }
    },
  )
  return () => abort.abort()
})

// Then comes the second pass over the filters, once for each choice of groups.
effect(() => {
  const now = answer.value
  if (!onPage.value || !now || now.whole) return
  const chosen = chosenGroups.value
  if ('problem' in chosen || chosen.given !== now.given) return
  const { given } = now
  const files = filesOf(models.value)
  if (!files) return
  const abort = new AbortController()
  shiftState.value = { share: 0 }
  measuring(
    'groups',
    { ...given, files },
    { signal: abort.signal, onEvent: ({ done, total }) => (shiftState.value = { share: total > 0 ? done / total : 0 }) },
  ).then(
    (report) => {
      answer.value = { given, found: { report }, whole: true }
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
  if (!('report' in found)) return
  const abort = new AbortController()
  const { report } = found
  const rows = models.value.map(({ row }) => row)
  viewing('figures', { report, depth: depthNote(inGroups(rows, report)) }, { signal: abort.signal }).then(
    (figures) => {
      if (!abort.signal.aborted) groupFigures.value = figures
    },
    (error) => {
      if (error.name !== 'AbortError') showToast(error.message)
    },
  )
  return () => abort.abort()
})
