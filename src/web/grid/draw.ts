import type { Palette } from './colours.ts'
import type { Area, Extent, View } from './view.ts'

/** What is drawn: filters by their place in the present order. */
export interface GridData {
  readonly filters: number
  readonly kernelRows: number
  readonly kernelColumns: number
  /** Largest absolute value of each filter, by its index in the layer. */
  readonly norms: Float32Array
  /** Index in the layer of the filter at each place; null when they are the same. */
  readonly order: Int32Array | null
  readonly peak: number
  /** Filters whose norm is at most this are sparse. */
  readonly limit: number
  /** All of them are sparse: their weights are shown where these can be seen. */
  readonly allSparse?: boolean
  /** Colours relative to the layer's peak, or to each filter's own largest weight. */
  readonly scale: 'layer' | 'filter'
}

/** Weights of filters `tile · tileSize …` in the present order, when they are at hand. */
export interface TileSource {
  readonly tileSize: number
  get(tile: number): Float32Array | undefined
}

/** From this many device pixels a filter shows its taps; below, it is a pixel coloured by its norm. */
export const TAPS_FROM = 3

/**
 * Fills the pixels of the area: each looks up the filter and tap that it lies on, so that the cost is that of the pixels
 * seen, whatever the number of filters. Returns the tiles that were needed and are not at hand.
 */
export function drawGrid(
  pixels: Uint32Array,
  area: Area,
  view: View,
  extent: Extent,
  data: GridData,
  tiles: TileSource,
  colours: Palette,
): number[] {
  const { width, height } = area
  const { kernelRows, kernelColumns, filters, order, norms } = data
  const taps = kernelRows * kernelColumns
  const detailed = view.size >= TAPS_FROM
  const limit = data.allSparse && detailed ? -1 : data.limit
  const columns = lookup(width, view.x, view.size, extent.columns, kernelColumns)
  const rows = lookup(height, view.y, view.size, extent.rows, kernelRows)
  const missing = new Set<number>()
  const { tileSize } = tiles
  const overPeak = data.peak > 0 ? 1 / data.peak : 0
  let tileAt = -1
  let tile: Float32Array | undefined
  pixels.fill(colours.paper)
  for (let y = 0; y < height; y++) {
    const row = rows.cell[y]!
    if (row < 0) continue
    const tapRow = rows.tap[y]! * kernelColumns
    const firstInRow = row * extent.columns
    const line = y * width
    for (let x = 0; x < width; x++) {
      const column = columns.cell[x]!
      if (column < 0) continue
      const place = firstInRow + column
      if (place >= filters) break
      const index = order ? order[place]! : place
      const norm = norms[index]!
      const sparse = norm <= limit
      if (sparse && ((x + y) & 7) < 2) {
        pixels[line + x] = colours.hatch
        continue
      }
      if (!detailed) {
        pixels[line + x] = colours.sequential[(norm * overPeak * 255) | 0]!
        continue
      }
      const k = (place / tileSize) | 0
      if (k !== tileAt) {
        tileAt = k
        tile = tiles.get(k)
        if (!tile) missing.add(k)
      }
      if (!tile) {
        pixels[line + x] = colours.sequential[(norm * overPeak * 90) | 0]!
        continue
      }
      const weight = tile[(place - k * tileSize) * taps + tapRow + columns.tap[x]!]!
      const share = data.scale === 'layer' ? weight * overPeak : norm > 0 ? weight / norm : 0
      pixels[line + x] = colours.diverging[((share + 1) * 255.5) | 0]!
    }
  }
  return [...missing]
}

/** For each pixel along one side: the cell it lies on (-1 outside and in gaps) and the tap inside it. */
function lookup(length: number, start: number, size: number, cells: number, taps: number): { cell: Int32Array; tap: Int32Array } {
  const cell = new Int32Array(length).fill(-1)
  const tap = new Int32Array(length)
  const gap = size >= 8 ? Math.max(1, Math.round(size / 12)) : 0
  const inner = Math.max(1, Math.round(size) - gap)
  for (let p = 0; p < length; p++) {
    const at = Math.floor((p + 0.5 - start) / size)
    if (at < 0 || at >= cells) continue
    const inside = gap ? p - Math.round(start + at * size) : (p + 0.5 - start - at * size) * (inner / size)
    if (inside >= inner || inside < 0) continue
    cell[p] = at
    tap[p] = Math.min(taps - 1, Math.floor((inside * taps) / inner))
  }
  return { cell, tap }
}

/** The square that a cell covers, gap left out: for the outline and the numbers. */
export function cellBox(view: View, extent: Extent, place: number): { x: number; y: number; side: number } {
  const gap = view.size >= 8 ? Math.max(1, Math.round(view.size / 12)) : 0
  return {
    x: Math.round(view.x + (place % extent.columns) * view.size),
    y: Math.round(view.y + Math.floor(place / extent.columns) * view.size),
    side: Math.max(1, Math.round(view.size) - gap),
  }
}
