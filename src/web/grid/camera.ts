import { cellBox } from './draw.ts'
import { type Area, arrange, cellAt, centre, type Extent, fit, pan, type View, zoom } from './view.ts'

/** CSS pixels that a filter has at least when it is gone to. */
const CLOSE = 60

/** A point on the canvas, in device pixels. */
export interface CanvasPoint {
  readonly x: number
  readonly y: number
}

/** Where a layer's filters lie on the canvas, and what moves them. */
export class Camera {
  area: Area = { width: 0, height: 0 }
  extent: Extent = { columns: 1, rows: 1 }
  view: View = { x: 0, y: 0, size: 1 }
  /** Device pixels per CSS pixel. */
  ratio = 1

  /** Arranges `filters` anew for an area of another size, or for another layer or order, and shows them all. */
  arrange(filters: number, inChannels: number, byChannel: boolean, area: Area, ratio: number): void {
    this.area = area
    this.ratio = ratio
    this.extent = arrange(filters, inChannels, area, byChannel)
    this.showAll()
  }

  showAll(): void {
    this.view = fit(this.extent, this.area, this.ratio)
  }

  /** Whether the grid is larger than when it is seen whole. */
  get isZoomed(): boolean {
    return this.view.size > fit(this.extent, this.area, this.ratio).size * 1.01
  }

  /** Zooms around a point, which stays where it is; the middle unless one is given. */
  zoomBy(factor: number, at: CanvasPoint = { x: this.area.width / 2, y: this.area.height / 2 }): void {
    this.view = zoom(this.view, factor, at, this.extent, this.area, this.ratio)
  }

  panBy(dx: number, dy: number): void {
    this.view = pan(this.view, dx, dy, this.extent, this.area)
  }

  /** Puts the filter at a place into the middle, large enough to be looked at. */
  goTo(place: number): void {
    const size = Math.max(this.view.size, CLOSE * this.ratio)
    this.view = centre({ ...this.view, size }, place, this.extent, this.area)
  }

  /** Puts the filter at a place into the middle if it cannot be seen whole. */
  bringIn(place: number): void {
    const { x, y, side } = cellBox(this.view, this.extent, place)
    if (x < 0 || y < 0 || x + side > this.area.width || y + side > this.area.height)
      this.view = centre(this.view, place, this.extent, this.area)
  }

  /** Place of the filter at a point, or -1. */
  placeAt(filters: number, at: CanvasPoint): number {
    return cellAt(this.view, this.extent, filters, at)
  }
}
