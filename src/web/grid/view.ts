/** Where a grid of equal cells lies on a canvas, in device pixels: cell (0, 0) begins at (x, y), cells are `size` wide and high. */
export interface View {
  readonly x: number
  readonly y: number
  readonly size: number
}

export interface Extent {
  readonly columns: number
  readonly rows: number
}

export interface Area {
  readonly width: number
  readonly height: number
}

/** Columns and rows for n filters: whole rows of an output channel's filters where that gives a shape near the area's. */
export function arrange(n: number, inChannels: number, area: Area, byChannel: boolean): Extent {
  const wanted = Math.max(1, Math.round(Math.sqrt((n * area.width) / Math.max(1, area.height))))
  if (!byChannel || inChannels > 3 * wanted) return { columns: Math.min(n, wanted), rows: Math.ceil(n / Math.min(n, wanted)) }
  const columns = Math.min(n, inChannels * Math.max(1, Math.round(wanted / inChannels)))
  return { columns, rows: Math.ceil(n / columns) }
}

const LARGEST_FIT = 72 // CSS pixels a filter has at most when the whole layer is shown

/** The whole grid in the middle of the area. */
export function fit(extent: Extent, area: Area, ratio: number): View {
  const size = Math.min((area.width - 16 * ratio) / extent.columns, (area.height - 16 * ratio) / extent.rows, LARGEST_FIT * ratio)
  return { size, x: (area.width - size * extent.columns) / 2, y: (area.height - size * extent.rows) / 2 }
}

/** Zooms by a factor around a point that stays where it is; from the whole grid to one filter that fills the area. */
export function zoom(view: View, factor: number, at: { x: number; y: number }, extent: Extent, area: Area, ratio: number): View {
  const least = Math.min(fit(extent, area, ratio).size, area.height * 0.9)
  const size = Math.min(Math.max(view.size * factor, least), Math.min(area.width, area.height) * 0.9)
  const grown = size / view.size
  return keepInside({ size, x: at.x - (at.x - view.x) * grown, y: at.y - (at.y - view.y) * grown }, extent, area)
}

export function pan(view: View, dx: number, dy: number, extent: Extent, area: Area): View {
  return keepInside({ ...view, x: view.x + dx, y: view.y + dy }, extent, area)
}

/** Centred along a side where the grid is smaller than the area; else no emptier than half the area. */
function keepInside(view: View, extent: Extent, area: Area): View {
  const along = (start: number, length: number, room: number): number =>
    length <= room ? (room - length) / 2 : Math.min(room / 2, Math.max(start, room / 2 - length))
  return {
    size: view.size,
    x: along(view.x, view.size * extent.columns, area.width),
    y: along(view.y, view.size * extent.rows, area.height),
  }
}

/** Puts a cell into the middle of the area. */
export function centre(view: View, cell: number, extent: Extent, area: Area): View {
  const column = cell % extent.columns
  const row = Math.floor(cell / extent.columns)
  return keepInside(
    { size: view.size, x: area.width / 2 - (column + 0.5) * view.size, y: area.height / 2 - (row + 0.5) * view.size },
    extent,
    area,
  )
}

/** The cell at a point, or -1. */
export function cellAt(view: View, extent: Extent, n: number, at: { x: number; y: number }): number {
  const column = Math.floor((at.x - view.x) / view.size)
  const row = Math.floor((at.y - view.y) / view.size)
  if (column < 0 || row < 0 || column >= extent.columns || row >= extent.rows) return -1
  const cell = row * extent.columns + column
  return cell < n ? cell : -1
}
