import { spokenName } from '../database/spoken-name.ts'
import type { LayerMetrics } from '../measure/layer-row.ts'
import { fixed, percent, shorten } from '../words.ts'
import { type Figure, frame, label, textWidth, WIDE } from './figure.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** One number of every layer in every column: darker is more. */
export interface HeatPanel {
  readonly title: string
  readonly value: (layer: string, column: number) => number | null
  readonly text: (value: number) => string
}

/** Words below the columns. */
export interface HeatCaption {
  readonly name: string
  readonly of: (column: number) => string
}

/** Layers (rows) × columns, in panels one below the other. */
export interface HeatMap {
  readonly id: string
  readonly title: string
  readonly caption: string
  readonly note: string
  readonly layers: readonly string[]
  readonly columns: number
  readonly panels: readonly HeatPanel[]
  readonly captions: readonly HeatCaption[]
}

const ROW = 20
const BETWEEN = 34
/** Where numbers no longer fit their cells. */
const LEAST_FOR_NUMBERS = 40
/** Where the words below are of every second column, or third. */
const LEAST_FOR_WORDS = 30

export function layerHeatMap({ layers, columns, panels, captions, ...words }: HeatMap): Figure {
  const names = [...layers, ...captions.map(({ name }) => name)]
  const left = Math.min(220, Math.ceil(names.reduce((most, name) => Math.max(most, textWidth(shorten(name, 30), 11)), 60)) + 12)
  const cell = (WIDE - left - 4) / Math.max(1, columns)
  const drawing: SvgNode[] = []
  const all = Array.from({ length: columns }, (_, j) => j)
  let top = 0
  for (const { title, value, text } of panels) {
    const values = layers.map((layer) => all.map((j) => value(layer, j)))
    const most = values.flat().reduce((largest: number, one) => Math.max(largest, one ?? 0), 0)
    drawing.push(label(`${title}; full colour: ${text(most)}`, 4, top + 13, { size: 11.5, weight: 600 }))
    top += 22
    for (const [i, layer] of layers.entries()) {
      const y = top + i * ROW
      drawing.push(label(shorten(layer, 30), left - 8, y + 14, { size: 11, anchor: 'end' }))
      for (const j of all) for (const node of cellAt(left + j * cell, y, cell, values[i]![j]!, most, text)) drawing.push(node)
    }
    top += layers.length * ROW + BETWEEN - 22
  }
  const step = Math.max(1, Math.ceil(LEAST_FOR_WORDS / cell))
  const places = Math.floor((step * cell) / 7)
  for (const { name, of } of captions) {
    drawing.push(label(shorten(name, 30), left - 8, top + 14, { size: 11, anchor: 'end', fill: colour.muted }))
    for (let j = 0; j < columns; j += step)
      drawing.push(
        label(shorten(of(j), places), left + (j + 0.5) * cell, top + 14, { size: 10.5, anchor: 'middle', fill: colour.muted }),
      )
    top += ROW
  }
  return frame({ ...words, width: WIDE, height: top + 4 }, ...drawing)
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

/** Layers of some rows as they are called, by their depth. */
export function layersByDepth(rows: readonly Pick<LayerMetrics, 'layer' | 'node' | 'layer_id' | 'conv_depth'>[]): string[] {
  return [...new Set([...rows].sort((a, b) => a.conv_depth - b.conv_depth || a.layer_id - b.layer_id).map(spokenName))]
}

/** How far a layer is from the start. */
export interface ChangeOfLayer {
  readonly first_relative_change: number | null
  readonly first_shift: number | null
  readonly first_shift_chance: number | null
}

/** The change of the weights, and D beyond chance, of the layer's row in each column. */
export function changePanels(rowOf: (layer: string, column: number) => ChangeOfLayer | undefined): HeatPanel[] {
  return [
    {
      title: 'change of the weights from the first checkpoint',
      value: (layer, column) => rowOf(layer, column)?.first_relative_change ?? null,
      text: (value) => percent(value, 0),
    },
    {
      title: 'distribution shift D from the first checkpoint, less its 95 % level by chance',
      value(layer, column) {
        const { first_shift: shift = null, first_shift_chance: chance = null } = rowOf(layer, column) ?? {}
        return shift === null || chance === null ? shift : Math.max(0, shift - chance)
      },
      text: (value) => fixed(value, 2),
    },
  ]
}
