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
  /** Rows and columns of a filter. Default 3×3. */
  readonly kernel?: readonly [height: number, width: number] | undefined
  /** Output channels to draw; default: the first 64. */
  readonly channels?: readonly number[] | undefined
}

/** Filters drawn of each model. */
const MOST = 64

/** The first layer's filters as pictures in colour, one block a model, side by side (at most two a row). */
export function firstLayerRgb(models: readonly FirstLayer[]): Figure {
  const side = models.length > 1 ? 2 : 1
  const width = WIDE / side
  const drawing: SvgNode[] = []
  let top = 0
  for (let first = 0; first < models.length; first += side) {
    const block = models.slice(first, first + side)
    let below = 0
    block.forEach((model, column) => {
      const left = 4 + column * (width + 8)
      const [cell, across, down] = pitchOf(model)
      const perRow = Math.floor((width - (side === 2 ? 48 : 8)) / across)
      const channels = channelsOf(model)
      const squares: Square[] = []
      const scale = model.weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0)
      channels.forEach((channel, place) => {
        const [x, y] = [left + (place % perRow) * across, top + 24 + Math.floor(place / perRow) * down]
        for (const square of rgbSquares(model, channel, scale, x, y, cell)) squares.push(square)
      })
      drawing.push(label(shorten(model.model, side === 2 ? 56 : 100), left, top + 13, { weight: 600 }))
      drawing.push(drawSquares(squares, cell))
      below = Math.max(below, Math.ceil(channels.length / perRow) * down)
    })
    top += 24 + below + 12
  }
  return frame(
    {
      id: 'first-layer-rgb',
      title: 'First layer in colour',
      caption: captionOf(models),
      width: WIDE,
      height: top,
      note: `Each output channel's three ${kernelWords(models)}filters as red, green and blue: mid-grey is zero, full and no colour plus and minus the layer's largest absolute weight; a layer drawn grey looks at brightness, a coloured one at colour.${cutWords(models)}`,
    },
    ...drawing,
  )
}

const kernelOf = ({ kernel = [3, 3] }: FirstLayer): readonly [height: number, width: number] => kernel

function channelsOf({ channels, outChannels }: FirstLayer): readonly number[] {
  return channels ?? Array.from({ length: Math.min(outChannels, MOST) }, (_, i) => i)
}

/** Pixels of a tap, and from one filter to the next, across and down. */
function pitchOf(model: FirstLayer): [cell: number, across: number, down: number] {
  const [height, width] = kernelOf(model)
  const longest = Math.max(height, width)
  const cell = longest <= 3 ? 10 : Math.max(4, Math.floor(42 / longest))
  return [cell, width * cell + 6, height * cell + 6]
}

function rgbSquares(model: FirstLayer, filter: number, scale: number, x: number, y: number, cell: number): Square[] {
  const [height, width] = kernelOf(model)
  const taps = height * width
  return Array.from({ length: taps }, (_, tap) => {
    const channel = (c: number) => (scale > 0 ? 127.5 * (1 + model.weights[3 * taps * filter + taps * c + tap]! / scale) : 127.5)
    return { x: x + (tap % width) * cell, y: y + Math.floor(tap / width) * cell, fill: hex([channel(0), channel(1), channel(2)]) }
  })
}

/** Share of the weights' energy that is alike in all three channels: 1 when every filter is grey. */
export function greyShare(model: FirstLayer): number {
  const [height, width] = kernelOf(model)
  const taps = height * width
  let grey = 0
  let all = 0
  for (let filter = 0; filter < model.outChannels; filter++) {
    for (let tap = 0; tap < taps; tap++) {
      const [r, g, b] = [0, taps, 2 * taps].map((channel) => model.weights[3 * taps * filter + channel + tap]!) as [
        number,
        number,
        number,
      ]
      grey += ((r + g + b) * (r + g + b)) / 3
      all += r * r + g * g + b * b
    }
  }
  return all > 0 ? grey / all : 0
}

/** "3×3 "; nothing where the models differ. */
function kernelWords(models: readonly FirstLayer[]): string {
  const sizes = new Set(models.map((model) => kernelOf(model).join('×')))
  return sizes.size === 1 ? `${[...sizes][0]} ` : ''
}

function cutWords(models: readonly FirstLayer[]): string {
  const chosen = models.find(({ channels }) => channels !== undefined)?.channels
  if (chosen) return ` Output channels ${list(chosen.map(String))}.`
  const cut = models.filter((m) => m.outChannels > MOST)
  return cut.length ? ` The first ${MOST} output channels of ${list(cut.map((m) => m.model))}.` : ''
}

function captionOf(models: readonly FirstLayer[]): string {
  const parts = models.map(
    (m) => `${(100 * greyShare(m)).toFixed(0)} % in ${m.model} (${m.layer}, ${plural(m.outChannels, 'output channel')})`,
  )
  return `Share of the weights' energy that is alike in red, green and blue: ${list(parts)}.`
}
