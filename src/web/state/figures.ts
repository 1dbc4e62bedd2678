import { computed, effect, signal } from '@preact/signals'
import { compareModels } from '../../analysis/compare-models.ts'
import type { Figure } from '../../figures/figure.ts'
import type { Analysis } from '../../measure/model-row.ts'
import type { ReportInput } from '../../report/report-input.ts'
import { grouping } from './groups.ts'
import { analysisOf, earlierStudies, models, tablesOf } from './models.ts'
import { route } from './route.ts'
import { viewing } from './work.ts'

/**
 * What the figures are drawn from: two groups where the metadata defines them, two models side by side, or the models as they
 * are. Null when there is nothing to draw.
 */
const figureInput = computed((): (ReportInput & { readonly analysis: Analysis }) | 'working' | null => {
  const analysis = analysisOf(models.value)
  if (!analysis) return null
  const groups = grouping.value
  const studies = earlierStudies.value[0]?.studies
  if ('working' in groups) return 'working'
  if ('report' in groups) return { analysis, groups: groups.report, studies }
  const [first, second] = models.value
  if (models.value.length === 2 && first && second && !first.table && !second.table) {
    return {
      analysis,
      studies,
      comparison: compareModels({ model: first.name, layers: first.layers }, { model: second.name, layers: second.layers }),
    }
  }
  return { analysis, studies }
})

/** The figures; null while they are drawn, an empty list when there are none. */
export const figures = signal<readonly Figure[] | null>(null)
export const figuresProblem = signal<string | null>(null)

const onFigures = computed(() => route.value.page === 'figures')

effect(() => {
  if (!onFigures.value) return
  const input = figureInput.value
  figures.value = null
  figuresProblem.value = null
  if (input === 'working') return
  if (!input) {
    figures.value = []
    figuresProblem.value =
      models.value.length > 0
        ? 'These models were measured with different parameters; figures are drawn of models measured alike.'
        : null
    return
  }
  const abort = new AbortController()
  viewing('figures', { input, tables: tablesOf(models.value) }, { signal: abort.signal }).then(
    (drawn) => {
      if (!abort.signal.aborted) figures.value = drawn
    },
    (error) => {
      if (abort.signal.aborted || error.name === 'AbortError') return
      figures.value = []
      figuresProblem.value = error.message
    },
  )
  return () => abort.abort()
})
