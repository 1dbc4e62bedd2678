import * as v from 'valibot'
import { UsageError } from '../errors.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { filtersIn, numberOrNull, textIn } from './report-kinds.ts'
import { type MetricName, metricNames } from './report-names.ts'
import type { Described } from './report-types.ts'

const both = (what: string) => ({ of: numberOrNull(`${what} of the first`), to: numberOrNull(`${what} of the second`) })

/** Two models whose names differ by a word: one beside the other. */
export const nameRatioSchema = v.object({
  model: textIn('the model whose name has the word'),
  base: textIn('the model of the same name with the other word in its place'),
  sparse_filters: filtersIn('sparse filters of the model'),
  base_sparse_filters: filtersIn('sparse filters of the base'),
  sparse_ratio: numberOrNull('share of sparse filters of the model over that of the base; null where that is 0'),
  metrics: v.object(
    Object.fromEntries(metricNames.map((name) => [name, v.object(both(name))])) as Record<PaperMetric, BothSchema>,
  ),
})

type PaperMetric = (typeof metricNames)[number] & MetricName
type BothSchema = ReturnType<typeof v.object<ReturnType<typeof both>>>

export interface NameRatio extends Described<typeof nameRatioSchema> {}

/**
 * Every model whose name holds `word` beside the one whose name has `other` in its place ("_extra=": trained with more data beside
 * trained without; "cifar100=cifar10").
 * @throws UsageError when no two models differ so
 */
export function nameRatios(models: readonly ModelRow[], rule: string): NameRatio[] {
  const at = rule.indexOf('=')
  const [word, other] = [rule.slice(0, at), rule.slice(at + 1)]
  if (at <= 0)
    throw new UsageError(`--ratio ${rule}: give two words of names with = between them, such as _extra= or cifar100=cifar10`)
  const byName = new Map(models.map((row) => [row.model, row]))
  const rows = models.flatMap((row): NameRatio[] => {
    const base = row.model.includes(word) ? byName.get(row.model.replace(word, other)) : undefined
    if (!base || base === row) return []
    const ratio = row.sparsity !== null && base.sparsity !== null && base.sparsity > 0 ? row.sparsity / base.sparsity : null
    const metrics = Object.fromEntries(metricNames.map((name) => [name, { of: row[name], to: base[name] }]))
    return [
      {
        model: row.model,
        base: base.model,
        sparse_filters: row.sparse_filters,
        base_sparse_filters: base.sparse_filters,
        sparse_ratio: ratio,
        metrics: metrics as NameRatio['metrics'],
      },
    ]
  })
  if (rows.length === 0)
    throw new UsageError(
      `--ratio ${rule}: no model has "${word}" in its name whose name with "${other}" instead is another model's`,
    )
  return rows
}
