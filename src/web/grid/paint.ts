import { weight } from '../../words.ts'
import { TILE } from '../tasks/protocol.ts'
import type { Camera } from './camera.ts'
import { palette, textOn } from './colours.ts'
import { cellBox, drawGrid, type GridData } from './draw.ts'
import type { TileCache } from './tile-cache.ts'

const NUMBERS_FROM = 40 // CSS pixels a tap needs to carry its number

/**
 * Paints what the camera sees: filters, their numbers where these can be read, and the outline of the picked one.
 * @returns the tiles that it needs and that are not at hand
 */
export function paintGrid(
  context: CanvasRenderingContext2D,
  data: GridData,
  tiles: TileCache,
  camera: Camera,
  picked: number,
  now: 'light' | 'dark',
): number[] {
  const { area, view, extent, ratio } = camera
  const image = context.createImageData(area.width, area.height)
  const pixels = new Uint32Array(image.data.buffer)
  const missing = drawGrid(pixels, area, view, extent, data, tiles, palette(now))
  context.putImageData(image, 0, 0)
  const tapSide = view.size / Math.max(data.kernelRows, data.kernelColumns)
  if (tapSide >= NUMBERS_FROM * ratio) paintNumbers(context, data, tiles, camera, now)
  if (picked >= 0) {
    const { x, y, side } = cellBox(view, extent, picked)
    context.lineWidth = 2 * ratio
    context.strokeStyle = now === 'dark' ? '#e7ebf0' : '#1a222c'
    context.strokeRect(x - ratio, y - ratio, side + 2 * ratio, side + 2 * ratio)
  }
  return missing
}

/** Prints each weight into its tap, for the few filters that are seen this large. */
function paintNumbers(
  context: CanvasRenderingContext2D,
  data: GridData,
  tiles: TileCache,
  { area, view, extent, ratio }: Camera,
  now: 'light' | 'dark',
): void {
  const taps = data.kernelRows * data.kernelColumns
  const from = { column: Math.max(0, Math.floor(-view.x / view.size)), row: Math.max(0, Math.floor(-view.y / view.size)) }
  const to = {
    column: Math.min(extent.columns - 1, Math.floor((area.width - view.x) / view.size)),
    row: Math.min(extent.rows - 1, Math.floor((area.height - view.y) / view.size)),
  }
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (let row = from.row; row <= to.row; row++) {
    for (let column = from.column; column <= to.column; column++) {
      const place = row * extent.columns + column
      const tile = tiles.get(Math.floor(place / TILE))
      if (place >= data.filters || !tile) continue
      const index = data.order ? data.order[place]! : place
      const { x, y, side } = cellBox(view, extent, place)
      const [wide, high] = [side / data.kernelColumns, side / data.kernelRows]
      context.font = `${Math.min(15 * ratio, wide / 4.6)}px Inter, sans-serif`
      for (let k = 0; k < taps; k++) {
        const value = tile[(place % TILE) * taps + k]!
        const over = data.scale === 'layer' ? data.peak : data.norms[index]!
        const sparse = !data.allSparse && data.norms[index]! <= data.limit
        context.fillStyle = sparse ? textOn(0, now) : textOn(over > 0 ? value / over : 0, now)
        const [tx, ty] = [x + ((k % data.kernelColumns) + 0.5) * wide, y + (Math.floor(k / data.kernelColumns) + 0.5) * high]
        context.fillText(weight(value), tx, ty)
      }
    }
  }
}
