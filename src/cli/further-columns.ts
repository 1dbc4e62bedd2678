import type { MetricRow } from '../measure/metrics/registry.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import { count, numberFormats } from '../words.ts'
import { lineWidth, type TerminalColumn } from './terminal.ts'

/** Of shape and structure, what a list of layers shows beside the three metrics, and which goes first where there is no room. */
const further = [
  { name: 'centre_share', drop: 3 },
  { name: 'frequency', drop: 2 },
  { name: 'symmetry', drop: 1 },
  { name: 'zero_weights', drop: 5 },
  { name: 'dead_outputs', drop: 4 },
] as const
type Further = Pick<MetricRow, (typeof further)[number]['name']>

/** Characters in a line from which on they are shown. A pipe has no width: there the list is the narrow one. */
const WIDE = 120

export interface FurtherColumns {
  readonly columns: readonly TerminalColumn[]
  /** A cell for each of them. */
  cells(row: Further): string[]
}

/** The columns that say something of these layers on this terminal: a count that is 0 in all of them says nothing. */
export function furtherColumns(layers: readonly Further[], width: number = lineWidth()): FurtherColumns {
  const isWide = Number.isFinite(width) && width >= WIDE
  const shown = further.flatMap(({ name, drop }) => {
    const { label, format } = layerMetrics.find((metric) => metric.name === name)!
    const isCount = format === 'count'
    const says = layers.some((row) => (isCount ? (row[name] ?? 0) > 0 : row[name] !== null))
    return isWide && says ? [{ name, isCount, print: numberFormats[format].value, title: label.short, drop }] : []
  })
  return {
    columns: shown.map(({ title, drop }) => ({ title, drop, align: 'right' })),
    cells: (row) => shown.map(({ name, isCount, print }) => (isCount ? (row[name] ? count(row[name]) : '') : print(row[name]))),
  }
}
