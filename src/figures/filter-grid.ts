import { count, plural, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { drawSquares, filterSquares, type Square, weightScale } from './tiles.ts'

/** The first filters of a layer, 9 values each, and what they are part of. */
export interface LayerFilters {
  readonly layer: string
  readonly filters: Float32Array
  /** Filters in the whole layer. */
  readonly count: number
  /** Largest absolute weight of the whole layer. */
  readonly peak: number
  readonly sparse_filters: number
}

export interface FilterGridData {
  readonly model: string
  /** Share of the peak at or below which a filter is sparse. */
  readonly threshold: number
  /** By depth. */
  readonly layers: readonly LayerFilters[]
  /** Filters drawn per layer. Default 32. */
  readonly columns?: number
}

const CELL = 6
const PITCH = 3 * CELL + 4
const LEFT = 246
/** More rows than this would fill pages: layers are then left out evenly. */
const MOST_ROWS = 36

/** Of a model's layers those that the grid draws: of the others the filters are not needed. */
export function drawnLayers<Layer>(layers: readonly Layer[]): readonly Layer[] {
  return evenly(layers, MOST_ROWS)
}

/** The first filters of each layer of a model, a row a layer; sparse filters are crossed out. */
export function filterGrid(data: FilterGridData): Figure {
  const columns = Math.min(data.columns ?? 32, Math.floor((WIDE - LEFT) / PITCH))
  const layers = drawnLayers(data.layers)
  const squares: Square[] = []
  let crosses = ''
  const frames: SvgNode[] = []
  const names: SvgNode[] = []
  layers.forEach((layer, row) => {
    const y = 4 + row * PITCH
    const n = Math.min(columns, Math.floor(layer.filters.length / 9))
    names.push(label(shorten(layer.layer, 30), LEFT - 62, y + 13, { size: 10.5, anchor: 'end' }))
    names.push(label(count(layer.count), LEFT - 12, y + 13, { size: 10.5, anchor: 'end', fill: colour.muted }))
    const scale = layer.filters.subarray(0, 9 * n).reduce((most, w) => Math.max(most, Math.abs(w)), 0)
    for (let i = 0; i < n; i++) {
      const x = LEFT + i * PITCH
      for (const each of filterSquares(layer.filters, 9 * i, scale, x, y, CELL)) squares.push(each)
      if (isSparse(layer, i, data.threshold)) crosses += `M${x + 2} ${y + 2}l14 14M${x + 16} ${y + 2}l-14 14`
      frames.push(element('path', { d: `M${x - 0.5} ${y - 0.5}h19v19h-19z` }))
    }
  })
  const height = 4 + layers.length * PITCH + 34
  const drawing = [
    element('g', { fill: colour.ink }, ...names),
    drawSquares(squares, CELL),
    element('path', {
      d: frames.map((f) => f.getAttribute('d')).join(''),
      fill: 'none',
      stroke: colour.rule,
      'stroke-width': 0.75,
    }),
    element('path', { d: crosses, fill: 'none', stroke: colour.all, 'stroke-width': 1 }),
    weightScale(LEFT, height - 24, '−max', '+max'),
  ]
  const left = data.layers.length - layers.length
  return frame(
    {
      id: 'filter-grid',
      title: `Filters of ${data.model}`,
      caption: captionOf(data),
      width: WIDE,
      height,
      note: `The first ${columns} of each layer's 3×3 filters in the order of the file (output channel by output channel), from the shallowest layer down; numbers: filters in the layer. Colours: minus to plus the largest absolute weight drawn in a row, white at zero; crossed out: sparse (largest absolute weight at most ${data.threshold} of the whole layer's).${left > 0 ? ` ${plural(left, 'layer')} between ${left === 1 ? 'is' : 'are'} not drawn.` : ''}`,
    },
    ...drawing,
  )
}

function isSparse(layer: LayerFilters, index: number, threshold: number): boolean {
  let most = 0
  for (let tap = 0; tap < 9; tap++) most = Math.max(most, Math.abs(layer.filters[9 * index + tap]!))
  return most <= layer.peak * threshold
}

/** At most `most` of the items, first and last included, evenly spaced. */
function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!)
}

function captionOf(data: FilterGridData): string {
  const filters = data.layers.reduce((sum, layer) => sum + layer.count, 0)
  const sparse = data.layers.reduce((sum, layer) => sum + layer.sparse_filters, 0)
  const most = data.layers.reduce<LayerFilters | undefined>(
    (best, layer) =>
      layer.count > 0 && (!best || layer.sparse_filters / layer.count > best.sparse_filters / best.count) ? layer : best,
    undefined,
  )
  const where =
    most && sparse > 0 ? `, the largest share in ${most.layer} (${count(most.sparse_filters)} of ${count(most.count)})` : ''
  return `${plural(filters, 'filter')} in ${plural(data.layers.length, 'layer')}; ${sparse === 0 ? 'none is' : `${count(sparse)} ${sparse === 1 ? 'is' : 'are'}`} sparse${where}.`
}
