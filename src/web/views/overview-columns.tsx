import { metaOf } from '../../database/provenance.ts'
import { count, fixed } from '../../words.ts'
import { type ShownMetric, shownMetrics } from '../parts/metrics.ts'
import { bytes, wholeSize } from '../parts/numbers.ts'
import { Spark } from '../parts/spark.tsx'
import type { Loaded } from '../state/models.ts'
import type { SortValue } from '../state/sorting.ts'

/** A column of the table of models. */
export interface ModelColumn {
  readonly key: string
  readonly title: string
  readonly metric?: ShownMetric
  readonly number?: boolean
  readonly hideOnPhone?: boolean
  value(model: Loaded): SortValue
  cell?(model: Loaded): unknown
}

const MOST_META = 8

const numbers = [
  { key: 'layers', title: 'layers', print: count },
  { key: 'filters', title: 'filters', print: count },
] as const

/** What the table of models shows: what is wrong first, then the metrics, the facts, and the columns of the meta table. */
export function columnsFor(list: readonly Loaded[]): ModelColumn[] {
  const meta = [...new Set(list.flatMap((model) => Object.keys(model.row.meta)))].slice(0, MOST_META)
  return [
    {
      key: 'flags',
      title: 'flags',
      number: true,
      value: (model) => model.toLookAt,
      cell: ({ toLookAt }) => (toLookAt ? <span class="flag">{toLookAt} ▲</span> : <span class="muted">{toLookAt ?? '…'}</span>),
    },
    ...shownMetrics.map((metric) => ({
      key: metric.key,
      title: metric.title.toLowerCase(),
      metric,
      number: true,
      value: (model: Loaded) => model.row[metric.key],
      cell: (model: Loaded) => <Spark metric={metric} value={model.row[metric.key]} />,
    })),
    ...numbers.map(({ key, title, print }) => ({
      key,
      title,
      number: true,
      hideOnPhone: true,
      value: (model: Loaded) => model.row[key],
      cell: (model: Loaded) => print(model.row[key]),
    })),
    {
      key: 'bytes',
      title: 'size',
      number: true,
      hideOnPhone: true,
      value: (model) => wholeSize(model.row),
      cell: (model) => bytes(wholeSize(model.row)),
    },
    { key: 'format', title: 'format', hideOnPhone: true, value: (model) => model.row.format },
    ...meta.map((key) => metaColumn(key, list)),
  ]
}

/** A column of the meta table; numbers stand with the decimals of the one that has most. */
function metaColumn(key: string, list: readonly Loaded[]): ModelColumn {
  const values = list.map((model) => metaOf(model.row.meta, key))
  const numbers = values.filter((value) => typeof value === 'number')
  const decimals = Math.min(
    4,
    numbers.reduce((most, value) => Math.max(most, String(value).split('.')[1]?.length ?? 0), 0),
  )
  const print = (value: (typeof values)[number]): unknown => {
    if (typeof value === 'number') return fixed(value, decimals)
    const text = plain(value)
    return (
      <span class="text" title={text}>
        {text}
      </span>
    )
  }
  return {
    key: `meta.${key}`,
    title: key,
    hideOnPhone: true,
    number: numbers.length > 0,
    value: (model) => metaOf(model.row.meta, key),
    cell: (model) => print(metaOf(model.row.meta, key)),
  }
}

/** A value as a cell's text. */
export function plain(value: string | number | boolean | null): string {
  return value === null ? '' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
