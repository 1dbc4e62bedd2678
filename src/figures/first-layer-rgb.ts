import { list, plural, shorten } from '../words.ts'
import { hex } from './diverging.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import type { SvgNode } from './svg-document.ts'
import { drawSquares, type Square } from './tiles.ts'

/** A first layer with three input channels: weights in (out, in, row, column) order, in = red, green, blue. */
export interface FirstLayer {
  readonly model: string
  readonly layer: string
  readonly outChannels: number
  readonly weights: Float32Array
}

const CELL = 10
const PITCH = 3 * CELL + 6
/** Filters drawn of each model. */
const MOST = 64

/** The first layer's filters as 3×3 pictures in colour, one block a model, side by side (at most two a row). */
export function firstLayerRgb(models: readonly FirstLayer[]): Figure {
  const side = models.length > 1 ? 2 : 1
  const perRow = side === 2 ? 12 : 26
  const width = WIDE / side
  const drawing: SvgNode[] = []
  let top = 0
  for (let first = 0; first < models.length; first += side) {
    const block = models.slice(first, first + side)
    const rows = block.reduce((most, m) => Math.max(most, Math.ceil(Math.min(m.outChannels, MOST) / perRow)), 0)
    block.forEach((model, column) => {
      const left = 4 + column * (width + 8)
      const squares: Square[] = []
      const scale = model.weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0)
      for (let filter = 0; filter < Math.min(model.outChannels, MOST); filter++)
        for (const square of rgbSquares(
          model.weights,
          filter,
          scale,
          left + (filter % perRow) * PITCH,
          top + 24 + Math.floor(filter / perRow) * PITCH,
        ))
          squares.push(square)
      drawing.push(label(shorten(model.model, side === 2 ? 56 : 100), left, top + 13, { weight: 600 }))
      drawing.push(drawSquares(squares, CELL))
    })
    top += 24 + rows * PITCH + 12
  }
  const cut = models.filter((m) => m.outChannels > MOST)
  return frame(
    {
      id: 'first-layer-rgb',
      title: 'First layer in colour',
      caption: captionOf(models),
      width: WIDE,
      height: top,
      note: `Each output channel's three 3×3 filters as red, green and blue: mid-grey is zero, full and no colour plus and minus the layer's largest absolute weight; a layer drawn grey looks at brightness, a coloured one at colour.${cut.length ? ` The first ${MOST} output channels of ${list(cut.map((m) => m.model))}.` : ''}`,
    },
    ...drawing,
  )
}

function rgbSquares(weights: Float32Array, filter: number, scale: number, x: number, y: number): Square[] {
  return Array.from({ length: 9 }, (_, tap) => {
    const channel = (c: number) => (scale > 0 ? 127.5 * (1 + weights[27 * filter + 9 * c + tap]! / scale) : 127.5)
    return { x: x + (tap % 3) * CELL, y: y + Math.floor(tap / 3) * CELL, fill: hex([channel(0), channel(1), channel(2)]) }
  })
}

/** Mean over the filters of the share of a filter's energy that is the same in all three channels: 1 when grey. */
export function greyShare(model: FirstLayer): number {
  let grey = 0
  let all = 0
  for (let filter = 0; filter < model.outChannels; filter++) {
    for (let tap = 0; tap < 9; tap++) {
      const [r, g, b] = [0, 9, 18].map((channel) => model.weights[27 * filter + channel + tap]!) as [number, number, number]
      grey += ((r + g + b) * (r + g + b)) / 3
      all += r * r + g * g + b * b
    }
  }
  return all > 0 ? grey / all : 0
}

function captionOf(models: readonly FirstLayer[]): string {
  const parts = models.map(
    (m) => `${(100 * greyShare(m)).toFixed(0)} % in ${m.model} (${m.layer}, ${plural(m.outChannels, 'output channel')})`,
  )
  return `Share of the weights' energy that is alike in red, green and blue: ${list(parts)}.`
}
