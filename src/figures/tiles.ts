import { STEPS, stepColour, weightStep } from './diverging.ts'
import { label } from './figure.ts'
import { coordinate, element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** One coloured square of a picture, in pixels. */
export interface Square {
  readonly x: number
  readonly y: number
  readonly fill: string
}

/**
 * Squares of one size as one path per colour: a grid of thousands of taps stays some ten kilobytes, sharp at any zoom.
 * Squares that touch are drawn without seams.
 */
export function drawSquares(squares: Iterable<Square>, size: number): SvgNode {
  const paths = new Map<string, string>()
  for (const { x, y, fill } of squares)
    paths.set(fill, `${paths.get(fill) ?? ''}M${coordinate(x)} ${coordinate(y + size / 2)}h${coordinate(size)}`)
  const group = element('g', { fill: 'none', 'stroke-width': size, 'shape-rendering': 'crispEdges' })
  for (const fill of [...paths.keys()].sort()) group.append(element('path', { stroke: fill, d: paths.get(fill)! }))
  return group
}

/** The squares of a filter of `side` columns and `rows` rows (default: as many) at (x, y); `scale` maps to full colour. */
export function filterSquares(
  weights: ArrayLike<number>,
  offset: number,
  scale: number,
  x: number,
  y: number,
  size: number,
  side = 3,
  rows: number = side,
): Square[] {
  return Array.from({ length: rows * side }, (_, tap) => ({
    x: x + (tap % side) * size,
    y: y + Math.floor(tap / side) * size,
    fill: stepColour(weightStep(scale > 0 ? weights[offset + tap]! / scale : 0)),
  }))
}

/** A thin frame, so that white squares have an edge. */
export function outline(x: number, y: number, width: number, height: number = width): SvgNode {
  return element('rect', {
    x: x - 0.5,
    y: y - 0.5,
    width: width + 1,
    height: height + 1,
    fill: 'none',
    stroke: colour.rule,
    'stroke-width': 0.75,
  })
}

/** The scale of weights as a bar with its three ticks, 120 px wide. */
export function weightScale(x: number, y: number, low: string, high: string): SvgNode {
  const squares: Square[] = []
  for (let step = -STEPS; step <= STEPS; step += 2) squares.push({ x: x + ((step + STEPS) / 2) * 3, y, fill: stepColour(step) })
  const width = (STEPS + 1) * 3
  const text = { size: 10.5, fill: colour.muted }
  return element(
    'g',
    {},
    drawSquaresWide(squares),
    outline(x, y, width, 9),
    label(low, x, y + 22, text),
    label('0', x + width / 2, y + 22, { ...text, anchor: 'middle' }),
    label(high, x + width, y + 22, { ...text, anchor: 'end' }),
  )
}

function drawSquaresWide(squares: readonly Square[]): SvgNode {
  return element(
    'g',
    { 'shape-rendering': 'crispEdges' },
    ...squares.map(({ x, y, fill }) => element('rect', { x, y, width: 3, height: 9, fill })),
  )
}
