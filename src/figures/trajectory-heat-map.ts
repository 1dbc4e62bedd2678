import type { CheckpointOrder, Scalars } from '../analysis/checkpoints.ts'
import type { TrajectoryRow } from '../analysis/trajectory.ts'
import { spokenName } from '../database/spoken-name.ts'
import { fixed, percent, plural, shorten } from '../words.ts'
import { type Figure, frame, label, textWidth, WIDE } from './figure.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** A series of checkpoints, layer by layer. */
export interface TrajectoryData {
  readonly rows: readonly TrajectoryRow[]
  readonly by: CheckpointOrder
  readonly scalars: Scalars
}

const ROW = 20
const BETWEEN = 34
/** Where numbers no longer fit their cells. */
const LEAST_FOR_NUMBERS = 40

interface Picture {
  readonly title: string
  readonly value: (row: TrajectoryRow) => number | null
  readonly text: (value: number) => string
}

const pictures: readonly Picture[] = [
  {
    title: 'change of the weights from the first checkpoint',
    value: (row) => row.first_relative_change,
    text: (value) => percent(value, 0),
  },
  {
    title: 'distribution shift D from the first checkpoint, less its 95 % level by chance',
    value: ({ first_shift: shift, first_shift_chance: chance }) =>
      shift === null ? null : chance === null ? shift : Math.max(0, shift - chance),
    text: (value) => fixed(value, 2),
  },
]

/** How the layers of a network change along its training: layers by depth (rows) × checkpoints (columns), darker is further; scalars below. */
export function trajectoryHeatMap(data: TrajectoryData): Figure {
  const orders = [...new Set(data.rows.map(({ order }) => order))]
  const layers = [
    ...new Set([...data.rows].sort((a, b) => a.conv_depth - b.conv_depth || a.layer_id - b.layer_id).map(spokenName)),
  ]
  const names = [...layers, ...data.scalars.keys()]
  const left = Math.min(220, Math.ceil(names.reduce((most, name) => Math.max(most, textWidth(shorten(name, 30), 11)), 60)) + 12)
  const cell = (WIDE - left - 4) / Math.max(1, orders.length)
  const at = new Map(data.rows.map((row) => [`${row.order}\n${spokenName(row)}`, row]))
  const drawing: SvgNode[] = []
  let top = 0
  for (const { title, value, text } of pictures) {
    const most = data.rows.reduce((largest, row) => Math.max(largest, value(row) ?? 0), 0)
    drawing.push(label(`${title}; full colour: ${text(most)}`, 4, top + 13, { size: 11.5, weight: 600 }))
    top += 22
    for (const [i, layer] of layers.entries()) {
      const y = top + i * ROW
      drawing.push(label(shorten(layer, 30), left - 8, y + 14, { size: 11, anchor: 'end' }))
      for (const [j, order] of orders.entries()) {
        const row = at.get(`${order}\n${layer}`)
        for (const node of cellAt(left + j * cell, y, cell, row ? value(row) : null, most, text)) drawing.push(node)
      }
    }
    top += layers.length * ROW + BETWEEN - 22
  }
  const position = new Map(data.rows.map((row) => [row.order, row.position]))
  const captionRow = (name: string, values: (order: number) => string): void => {
    drawing.push(label(shorten(name, 30), left - 8, top + 14, { size: 11, anchor: 'end', fill: colour.muted }))
    for (const [j, order] of orders.entries())
      drawing.push(label(values(order), left + (j + 0.5) * cell, top + 14, { size: 10.5, anchor: 'middle', fill: colour.muted }))
    top += ROW
  }
  captionRow(data.by === 'time' ? 'checkpoint' : data.by === 'name' ? 'number' : data.by, (order) =>
    data.by === 'time' ? String(order) : String(position.get(order)!),
  )
  for (const [name, values] of data.scalars) captionRow(name, scalarText(values))
  return frame(
    {
      id: 'trajectory-heat-map',
      title: 'Layers along the training',
      caption: captionOf(data, layers, orders),
      width: WIDE,
      height: top + 4,
      note: `Layers by depth, checkpoints from left to right. Change: length of the difference from the first checkpoint over its length. D: in the basis of the filters of both; chance: the same filters dealt out at random.`,
    },
    ...drawing,
  )
}

function cellAt(
  x: number,
  y: number,
  width: number,
  value: number | null,
  most: number,
  text: (value: number) => string,
): SvgNode[] {
  const share = value !== null && most > 0 ? value / most : 0
  const box = { x: x + 1, y: y + 1, width: width - 2, height: ROW - 2 }
  const nodes = [element('rect', { ...box, fill: colour.grid, 'fill-opacity': 0.45 })]
  if (value === null) return nodes
  nodes.push(element('rect', { ...box, fill: colour.accent, 'fill-opacity': (0.04 + 0.96 * share).toFixed(2) }))
  if (width >= LEAST_FOR_NUMBERS)
    nodes.push(
      label(text(value), x + width / 2, y + 14, {
        size: 10.5,
        anchor: 'middle',
        fill: share > 0.68 ? colour.onAccent : colour.ink,
      }),
    )
  return nodes
}

/** The numbers of a scalar with as many decimals each: none where all are whole. */
function scalarText(values: readonly (number | null)[]): (order: number) => string {
  const isWhole = values.every((value) => value === null || Number.isInteger(value))
  const largest = values.reduce((most: number, value) => Math.max(most, Math.abs(value ?? 0)), 0)
  const digits = isWhole ? 0 : largest < 10 ? 3 : 1
  return (order) => fixed(values[order], digits)
}

function captionOf({ rows }: TrajectoryData, layers: readonly string[], orders: readonly number[]): string {
  const last = rows.filter((row) => row.order === orders.at(-1) && row.first_relative_change !== null)
  const size = `${plural(layers.length, 'layer')} at ${plural(orders.length, 'checkpoint')}`
  if (last.length === 0) return `${size}: there is nothing to compare with yet.`
  const most = last.reduce((best, row) => (row.first_relative_change! > best.first_relative_change! ? row : best))
  const least = last.reduce((best, row) => (row.first_relative_change! < best.first_relative_change! ? row : best))
  const shifted = last.filter(
    (row) => row.first_shift !== null && row.first_shift_chance !== null && row.first_shift > row.first_shift_chance,
  )
  return `${size}. From the first to the last ${spokenName(most)} changed most (${percent(most.first_relative_change)}), ${spokenName(least)} least (${percent(least.first_relative_change)}); the distribution of the filters is further from the start than chance in ${shifted.length} of ${plural(last.length, 'layer')}.`
}
