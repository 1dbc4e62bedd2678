import type { Planes } from '../activation/convolution.ts'
import type { FirstStage } from '../activation/first-stage.ts'
import { spokenName } from '../database/spoken-name.ts'
import { fixed, list, percent, plural, shorten } from '../words.ts'
import { stepColour, weightStep } from './diverging.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { drawPicture, type Picture } from './picture.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { outline, weightScale } from './tiles.ts'

const CELL = 76
const GAP = 8
const LEFT = 92
/** Output channels drawn: those that change most. */
const CHANNELS = 9
const HEAD = 22

/**
 * The paper's first figure: filters of the first convolution, its activation after ReLU on an image and on a changed
 * copy, and the difference of the two, for the output channels that change most, or for those that are named. Several
 * networks (the two of a pair) stand one above the other.
 */
export function activationFigure(given: FirstStage | readonly FirstStage[], channels?: readonly number[]): Figure {
  const stages: readonly FirstStage[] = 'model' in given ? [given] : given
  const blocks = stages.map((stage) => drawBlock(stage, channels))
  let top = 0
  const drawing = blocks.flatMap(({ nodes, height }, index) => {
    const named = stages.length > 1 ? [label(shorten(stages[index]!.model, 80), 4, 14, { weight: 600 })] : []
    const y = top
    top += height + (stages.length > 1 ? 28 : 0)
    return stages.length > 1
      ? [element('g', { transform: `translate(0,${y})` }, ...named, element('g', { transform: 'translate(0,22)' }, ...nodes))]
      : nodes
  })
  return frame(
    {
      id: 'activation',
      title: `First stage of ${list(stages.map(({ model }) => model))}`,
      caption: blocks.map(({ caption }) => caption).join(' '),
      width: WIDE,
      height: top,
      note: [...new Set(blocks.map(({ note }) => note))].join(' '),
    },
    element('g', {}, ...drawing),
  )
}

interface Block {
  readonly nodes: SvgNode[]
  readonly height: number
  readonly caption: string
  readonly note: string
}

function drawBlock(stage: FirstStage, channels: readonly number[] | undefined): Block {
  const { activation, changedActivation, difference } = stage
  const area = activation.width * activation.height
  const plane = (planes: Planes, channel: number) => planes.values.subarray(channel * area, (channel + 1) * area)
  const change = Array.from({ length: activation.channels }, (_, c) => meanAbsolute(plane(difference, c)))
  const shown =
    channels ??
    change
      .map((_, c) => c)
      .sort((p, q) => change[q]! - change[p]! || p - q)
      .slice(0, CHANNELS)
  const most = shown.reduce((largest, c) => Math.max(largest, maxAbsolute(plane(difference, c))), 0)
  const drawing: SvgNode[] = []
  const rows = ['filter', 'image', 'changed', 'difference'] as const
  const band = rows.length * (CELL + GAP) + HEAD
  const y = (row: number, place = 0) => Math.floor(place / CHANNELS) * band + HEAD + row * (CELL + GAP)
  drawing.push(label('channel', LEFT + CELL - 4, 14, { size: 11, fill: colour.muted, anchor: 'end' }))
  const bands = Math.max(1, Math.ceil(shown.length / CHANNELS))
  for (let b = 0; b < bands; b++)
    rows.forEach((name, row) => {
      drawing.push(label(rowName(name), 4, y(row, b * CHANNELS) + CELL / 2 + 4, { weight: 600 }))
    })
  const input = (picture: Picture, row: number) =>
    drawing.push(drawPicture(picture, LEFT, y(row), CELL, CELL), outline(LEFT, y(row), CELL))
  input(imagePicture(stage.image), 1)
  input(imagePicture(stage.changed), 2)
  const changes = stage.changed.values.map((v, i) => v - stage.image.values[i]!)
  const largestChange = maxAbsolute(changes)
  input(changePicture(stage.image, changes, largestChange), 3)
  shown.forEach((channel, place) => {
    const x = LEFT + ((place % CHANNELS) + 1) * (CELL + GAP) + 4
    const highest = Math.max(maxAbsolute(plane(activation, channel)), maxAbsolute(plane(changedActivation, channel)))
    const size = { width: activation.width, height: activation.height }
    const pictures: Picture[] = [
      filterPicture(stage, channel),
      { ...size, rgb: paint(plane(activation, channel), (v) => ramp(highest > 0 ? v / highest : 0)) },
      { ...size, rgb: paint(plane(changedActivation, channel), (v) => ramp(highest > 0 ? v / highest : 0)) },
      { ...size, rgb: paint(plane(difference, channel), (v) => parse(stepColour(weightStep(most > 0 ? v / most : 0)))) },
    ]
    drawing.push(label(String(channel), x + CELL / 2, y(0, place) - 8, { size: 11, fill: colour.muted, anchor: 'middle' }))
    pictures.forEach((picture, row) => {
      const inset = row === 0 ? 14 : 0
      drawing.push(drawPicture(picture, x + inset, y(row, place) + inset, CELL - 2 * inset, CELL - 2 * inset))
      drawing.push(outline(x + inset, y(row, place) + inset, CELL - 2 * inset))
    })
  })
  const height = bands * band + 30
  drawing.push(
    weightScale(LEFT + CELL + GAP + 4, height - 26, `−${fixed(most, 2)}`, `+${fixed(most, 2)}`),
    rampScale(LEFT + CELL + GAP + 260, height - 26),
  )
  return {
    nodes: drawing,
    height,
    caption: captionOf(stage, change, largestChange),
    note: noteOf(stage, shown.length, largestChange, channels !== undefined),
  }
}

function rowName(row: 'filter' | 'image' | 'changed' | 'difference'): string {
  return { filter: 'filters', image: 'clean', changed: 'perturbed', difference: 'difference' }[row]
}

function imagePicture(image: Planes): Picture {
  const area = image.width * image.height
  const rgb = new Uint8Array(3 * area)
  for (let p = 0; p < area; p++)
    for (let c = 0; c < 3; c++) rgb[3 * p + c] = byte(255 * image.values[(image.channels >= 3 ? c : 0) * area + p]!)
  return { width: image.width, height: image.height, rgb }
}

/** The change of the pixels, mid-grey where there is none. */
function changePicture(image: Planes, changes: Float32Array, largest: number): Picture {
  const values = changes.map((v) => (largest > 0 ? 0.5 + v / (2 * largest) : 0.5))
  return imagePicture({ ...image, values })
}

/** A filter in colour (three channels), else its first channel on the scale of weights. */
function filterPicture({ convolution }: FirstStage, channel: number): Picture {
  const [, perGroup, height, width] = convolution.shape
  const taps = height * width
  const own = convolution.weights.subarray(channel * perGroup * taps, (channel + 1) * perGroup * taps)
  const scale = maxAbsolute(own)
  if (perGroup !== 3)
    return { width, height, rgb: paint(own.subarray(0, taps), (v) => parse(stepColour(weightStep(scale > 0 ? v / scale : 0)))) }
  const values = own.map((v) => (scale > 0 ? 0.5 + v / (2 * scale) : 0.5))
  return imagePicture({ channels: 3, height, width, values })
}

/** White for 0 to dark for 1. */
function ramp(share: number): readonly number[] {
  const low = [255, 255, 255]
  const middle = [128, 144, 196]
  const high = [26, 24, 74]
  const at = 2 * Math.max(0, Math.min(1, share))
  return at < 1 ? low.map((v, i) => v + at * (middle[i]! - v)) : middle.map((v, i) => v + (at - 1) * (high[i]! - v))
}

function rampScale(x: number, y: number): SvgNode {
  const rgb = new Uint8Array(3 * 41)
  for (let i = 0; i < 41; i++) rgb.set(ramp(i / 40).map(byte), 3 * i)
  const text = { size: 10.5, fill: colour.muted }
  const steps = Array.from({ length: 41 }, (_, i) =>
    element('rect', {
      x: x + 3 * i,
      y,
      width: 3,
      height: 9,
      fill: `#${[...rgb.subarray(3 * i, 3 * i + 3)]
        .map((v) => v.toString(16).padStart(2, '0'))
        .join('')
        .toUpperCase()}`,
    }),
  )
  return element(
    'g',
    { 'shape-rendering': 'crispEdges' },
    ...steps,
    outline(x, y, 123, 9),
    label('0', x, y + 22, text),
    label('1', x + 123, y + 22, { ...text, anchor: 'end' }),
    label("1: the channel's largest activation", x + 130, y + 9, text),
  )
}

function paint(values: Float32Array, colourOf: (value: number) => readonly number[]): Uint8Array {
  const rgb = new Uint8Array(3 * values.length)
  values.forEach((v, i) => {
    rgb.set(colourOf(v).map(byte), 3 * i)
  })
  return rgb
}

function parse(hexColour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hexColour.slice(at, at + 2), 16))
}

function byte(value: number): number {
  return Math.round(Math.max(0, Math.min(255, value)))
}

function maxAbsolute(values: Float32Array): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
}

function meanAbsolute(values: Float32Array): number {
  return values.reduce((sum, v) => sum + Math.abs(v), 0) / values.length
}

function captionOf(stage: FirstStage, change: readonly number[], largestChange: number): string {
  const area = stage.activation.width * stage.activation.height
  const level = Array.from({ length: stage.activation.channels }, (_, c) =>
    meanAbsolute(stage.activation.values.subarray(c * area, (c + 1) * area)),
  )
  const total = level.reduce((sum, v) => sum + v, 0)
  const share = total > 0 ? change.reduce((sum, v) => sum + v, 0) / total : null
  if (largestChange === 0) return `The two images are the same, and so are the activations of ${spokenName(stage)}.`
  const most = change.indexOf(change.reduce((a, b) => Math.max(a, b), 0))
  return `Changing the image by at most ${pixels(largestChange)} changes the activations of ${spokenName(stage)} by ${percent(share)} of their mean, most in channel ${most}${total > 0 ? ` (by ${percent((change[most]! * level.length) / total)} of the same mean)` : ''}.`
}

/** A change of pixels in 255ths where it is a whole number of them. */
function pixels(change: number): string {
  const levels = 255 * change
  return Math.abs(levels - Math.round(levels)) < 1e-3 ? `${Math.round(levels)}/255` : fixed(change, 4)
}

function noteOf(stage: FirstStage, shown: number, largestChange: number, chosen: boolean): string {
  const { placement, placementKnown, normalisation, convolution } = stage
  const [out, perGroup, height, width] = convolution.shape
  const pads = typeof placement.pads === 'string' ? 'zeros so that the size stays' : `pads ${placement.pads.join(', ')}`
  return [
    `${shown} of ${plural(out, 'output channel')} of ${spokenName(stage)} (${height}×${width}, ${plural(perGroup, 'input channel')})${chosen ? '' : ', those that change most'}.`,
    `Input (pixel − mean) / std with mean ${list(normalisation.mean.map(String))}, std ${list(normalisation.std.map(String))}; convolution (stride ${placement.strides.join('×')}, ${pads}${placementKnown ? '' : ', assumed: the file does not tell'})${convolution.bias ? ' with its bias' : ''}, then ReLU.`,
    `Filters: each from minus to plus its largest absolute weight${perGroup === 3 ? ' as red, green and blue' : perGroup > 1 ? ', first input channel' : ''}; activations: per channel; differences: one scale for all; change of the image: mid-grey is none, full colour ${pixels(largestChange)}.`,
  ].join(' ')
}
