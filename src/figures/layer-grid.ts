import { count, fixed, list, plural, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { coordinate, element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { drawSquares, filterSquares, type Square, weightScale } from './tiles.ts'

/** Filters of one layer of any kernel size, and what they are part of. */
export interface LayerGridData {
  readonly model: string
  readonly layer: string
  /** Rows and columns of a filter. */
  readonly kernel: readonly [height: number, width: number]
  /** Their values, filter after filter, row by row. */
  readonly filters: Float32Array
  /** The number of each in the layer: output channel × input channels per group + input channel. */
  readonly numbers: readonly number[]
  /** Which of them are sparse. */
  readonly sparse: readonly boolean[]
  /** Input channels per group: with it a filter's channels are said. */
  readonly inChannels: number
  /** Filters in the whole layer, and the sparse ones among them. */
  readonly count: number
  readonly sparse_filters: number
  /** Share of the layer's peak at or below which a filter is sparse. */
  readonly threshold: number
  /** Filters in a row; default: as many as fit. */
  readonly perRow?: number | undefined
}

const LEFT = 96

/** Filters of one layer, row after row, in one scale; sparse filters are crossed out. */
export function layerGrid(data: LayerGridData): Figure {
  const { kernel, filters, numbers, sparse } = data
  const [height, width] = kernel
  const cell = cellSize(Math.max(height, width))
  const [across, down] = [width * cell + 4, height * cell + 4]
  const perRow = Math.max(1, Math.min(data.perRow ?? numbers.length, Math.floor((WIDE - LEFT) / across)))
  const scale = filters.reduce((most, w) => Math.max(most, Math.abs(w)), 0)
  const squares: Square[] = []
  const names: SvgNode[] = []
  let frames = ''
  let crosses = ''
  numbers.forEach((number, index) => {
    const x = LEFT + (index % perRow) * across
    const y = 4 + Math.floor(index / perRow) * down
    if (index % perRow === 0) names.push(label(placeOf(number, data), LEFT - 12, y + (height * cell) / 2 + 4, rowText))
    for (const square of filterSquares(filters, index * height * width, scale, x, y, cell, width, height)) squares.push(square)
    frames += box(x, y, width * cell, height * cell)
    if (sparse[index]) crosses += cross(x, y, width * cell, height * cell)
  })
  const bottom = 4 + Math.ceil(numbers.length / perRow) * down
  return frame(
    {
      id: 'layer-grid',
      title: `Filters of ${shorten(data.layer, 60)} in ${shorten(data.model, 60)}`,
      caption: captionOf(data),
      width: WIDE,
      height: bottom + 36,
      note: `${drawnWords(data)} ${height}×${width} filters in the order of the file (output channel by output channel); before each row the output and input channel of its first filter. Colours: minus to plus the largest absolute weight drawn (${fixed(scale, 4)}), white at zero; crossed out: sparse (largest absolute weight at most ${data.threshold} of the whole layer's).`,
    },
    element('g', { fill: colour.muted }, ...names),
    drawSquares(squares, cell),
    element('path', { d: frames, fill: 'none', stroke: colour.rule, 'stroke-width': 0.75 }),
    element('path', { d: crosses, fill: 'none', stroke: colour.all, 'stroke-width': 1 }),
    weightScale(LEFT, bottom + 8, '−max', '+max'),
  )
}

const rowText = { size: 10.5, anchor: 'end' as const, fill: colour.muted }

/** Pixels of a tap: a tile of some 20 pixels, more for large kernels. */
function cellSize(side: number): number {
  return side <= 3 ? 6 : side <= 5 ? 5 : side <= 7 ? 4 : 3
}

function placeOf(number: number, { inChannels }: LayerGridData): string {
  return inChannels > 1 ? `${Math.floor(number / inChannels)}, ${number % inChannels}` : String(number)
}

function box(x: number, y: number, width: number, height: number): string {
  return `M${coordinate(x - 0.5)} ${coordinate(y - 0.5)}h${width + 1}v${height + 1}h-${width + 1}z`
}

function cross(x: number, y: number, width: number, height: number): string {
  const [w, h] = [width - 4, height - 4]
  return `M${x + 2} ${y + 2}l${w} ${h}M${x + 2 + w} ${y + 2}l-${w} ${h}`
}

function drawnWords({ numbers, count: all }: LayerGridData): string {
  if (numbers.length === all) return 'All'
  const first = numbers.every((number, index) => number === index)
  return first ? `The first ${count(numbers.length)}` : `${count(numbers.length)} of the`
}

function captionOf({ layer, count: all, sparse_filters, sparse, numbers, kernel }: LayerGridData): string {
  const drawn = numbers.filter((_, index) => sparse[index])
  const which =
    drawn.length === 0
      ? 'none of those drawn'
      : `of those drawn ${plural(drawn.length, 'filter')}${drawn.length <= 12 ? ` (${list(drawn.map(String))})` : ''}`
  const sparsity = sparse_filters === 0 ? 'none is sparse' : `${count(sparse_filters)} are sparse, ${which}`
  return `Layer ${layer} has ${plural(all, `${kernel[0]}×${kernel[1]} filter`)}; ${sparsity}.`
}
