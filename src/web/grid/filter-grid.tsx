import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { count, plural } from '../../words.ts'
import { FitIcon, MinusIcon, PlusIcon } from '../parts/icons.tsx'
import { weight } from '../parts/numbers.ts'
import { theme } from '../state/theme.ts'
import { TILE } from '../tasks/protocol.ts'
import { palette, textOn } from './colours.ts'
import { cellBox, drawGrid, type GridData, TAPS_FROM } from './draw.ts'
import { GridLegend } from './grid-legend.tsx'
import { openTiles, type TileCache } from './tile-cache.ts'
import { type Area, arrange, cellAt, centre, type Extent, fit, pan, type View, zoom } from './view.ts'

export interface FilterGridProps {
  readonly data: GridData
  readonly inChannels: number
  /** For screen readers. */
  readonly label: string
  /** Sparse filters in the layer. */
  readonly sparse: number
  /** Fetches the weights of TILE filters in the present order. */
  fetchTile(tile: number): Promise<Float32Array>
  /** Filter (index in the layer) to show in the middle, from outside. */
  readonly goTo?: { readonly index: number } | null
}

const NUMBERS_FROM = 40 // CSS pixels a tap needs to carry its number

/**
 * Every filter of a layer on a canvas: wheel, pinch, double click or + and - zoom, dragging and Shift with the arrow keys
 * pan, the pointer or the arrow keys pick a filter, whose numbers are shown below.
 */
export function FilterGrid({ data, inChannels, label, sparse, fetchTile, goTo }: FilterGridProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const state = useRef<{ area: Area; extent: Extent; view: View; ratio: number; tiles: TileCache | null; asked: number }>({
    area: { width: 0, height: 0 },
    extent: { columns: 1, rows: 1 },
    view: { x: 0, y: 0, size: 1 },
    ratio: 1,
    tiles: null,
    asked: 0,
  })
  const [picked, setPicked] = useState<number>(-1) // a place in the present order
  // What the legend has to say: whether single taps are seen, and how many filters a row has.
  const [seen, setSeen] = useState({ taps: true, columns: 1 })
  const [arrived, setArrived] = useState(0) // tiles that have come while a filter was picked
  const pickedNow = useRef(-1)
  pickedNow.current = picked
  const colours = palette(theme())
  const now = theme()

  const paint = (): void => {
    const element = canvas.current
    const { area, view, extent, tiles, ratio } = state.current
    if (!element || !tiles || area.width === 0) return
    const context = element.getContext('2d')!
    const image = context.createImageData(area.width, area.height)
    const pixels = new Uint32Array(image.data.buffer)
    const missing = drawGrid(pixels, area, view, extent, data, tiles, colours)
    context.putImageData(image, 0, 0)
    // The picked filter's weights are shown in words, however far away it is seen.
    const own = Math.floor(pickedNow.current / TILE)
    if (own >= 0 && !tiles.get(own)) missing.unshift(own)
    if (missing.length > 0) tiles.want(missing)
    setSeen((old) => {
      const taps = view.size >= TAPS_FROM
      return old.taps === taps && old.columns === extent.columns ? old : { taps, columns: extent.columns }
    })
    // A finger scrolls the page past a grid that is seen whole, and moves one that is not.
    element.style.touchAction = view.size > fit(extent, area, ratio).size * 1.01 ? 'none' : 'pan-y'
    const tapSide = view.size / Math.max(data.kernelRows, data.kernelColumns)
    if (tapSide >= NUMBERS_FROM * ratio) paintNumbers(context, data, state.current, now)
    const place = pickedNow.current
    if (place >= 0) {
      const { x, y, side } = cellBox(view, extent, place)
      context.lineWidth = 2 * ratio
      context.strokeStyle = now === 'dark' ? '#e7ebf0' : '#1a222c'
      context.strokeRect(x - ratio, y - ratio, side + 2 * ratio, side + 2 * ratio)
    }
  }
  const paintSoon = (): void => {
    cancelAnimationFrame(state.current.asked)
    state.current.asked = requestAnimationFrame(paint)
  }
  const paintLatest = useRef(paintSoon)
  paintLatest.current = paintSoon

  // A new layer, order or colouring: other tiles, the same place on the screen where that makes sense.
  useEffect(() => {
    const tiles = openTiles(TILE, fetchTile, () => {
      paintLatest.current()
      if (pickedNow.current >= 0) setArrived((count) => count + 1)
    })
    state.current.tiles = tiles
    return () => tiles.drop()
  }, [data.norms, data.order, fetchTile])

  useEffect(() => {
    const element = canvas.current!
    const measure = (): void => {
      const ratio = Math.min(globalThis.devicePixelRatio || 1, 2)
      const box = element.getBoundingClientRect()
      const area = { width: Math.max(1, Math.round(box.width * ratio)), height: Math.max(1, Math.round(box.height * ratio)) }
      element.width = area.width
      element.height = area.height
      const extent = arrange(data.filters, inChannels, area, data.order === null)
      state.current = { ...state.current, area, extent, ratio, view: fit(extent, area, ratio) }
      paintLatest.current()
    }
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [data.filters, data.order, inChannels])

  useEffect(paintSoon)
  useEffect(() => () => cancelAnimationFrame(state.current.asked), [])
  // At once: a key that is pressed as soon as the grid is there must not be forgotten.
  useLayoutEffect(() => setPicked(-1), [data.norms, data.order])

  useEffect(() => {
    if (!goTo) return
    const place = data.order ? data.order.indexOf(goTo.index) : goTo.index
    if (place < 0) return
    const { view, extent, area, ratio } = state.current
    const size = Math.max(view.size, 60 * ratio)
    state.current.view = centre({ ...view, size }, place, extent, area)
    setPicked(place)
  }, [goTo])

  const zoomBy = (factor: number, at?: { x: number; y: number }): void => {
    const { view, area, extent, ratio } = state.current
    state.current.view = zoom(view, factor, at ?? { x: area.width / 2, y: area.height / 2 }, extent, area, ratio)
    paintSoon()
  }
  const panBy = (dx: number, dy: number): void => {
    const { view, area, extent } = state.current
    state.current.view = pan(view, dx, dy, extent, area)
    paintSoon()
  }
  const showAll = (): void => {
    const { area, extent, ratio } = state.current
    state.current.view = fit(extent, area, ratio)
    paintSoon()
  }
  const pick = (place: number): void => {
    const { view, extent, area } = state.current
    const box = cellBox(view, extent, place)
    if (box.x < 0 || box.y < 0 || box.x + box.side > area.width || box.y + box.side > area.height)
      state.current.view = centre(view, place, extent, area)
    setPicked(place)
  }
  usePointer(canvas, state, { zoomBy, panBy, pick: setPicked }, data.filters)

  const onKeyDown = (event: KeyboardEvent): void => {
    const { extent, view } = state.current
    const step: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    const arrow = step[event.key]
    if (arrow && event.shiftKey) panBy(-arrow[0] * Math.max(view.size, 40), -arrow[1] * Math.max(view.size, 40))
    else if (arrow) {
      const next = picked < 0 ? 0 : picked + arrow[0] + arrow[1] * extent.columns
      if (next >= 0 && next < data.filters) pick(next)
    } else if (event.key === '+' || event.key === '=') zoomBy(1.5)
    else if (event.key === '-') zoomBy(1 / 1.5)
    else if (event.key === '0') showAll()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div>
      <div class="grid-frame" ref={frame}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`${label}. Arrow keys pick a filter, plus and minus zoom, 0 shows all.`}
          onKeyDown={onKeyDown}
        />
      </div>
      <div class="row apart grid-foot">
        <GridLegend data={data} taps={seen.taps} sparse={sparse} />
        <div class="grid-tools">
          <button type="button" class="icon" aria-label="Zoom in" onClick={() => zoomBy(2)}>
            <PlusIcon />
          </button>
          <button type="button" class="icon" aria-label="Zoom out" onClick={() => zoomBy(0.5)}>
            <MinusIcon />
          </button>
          <button type="button" class="icon" aria-label="Show all filters" onClick={showAll}>
            <FitIcon />
          </button>
        </div>
      </div>
      <Picked
        data={data}
        place={picked}
        inChannels={inChannels}
        tiles={state.current.tiles}
        arrived={arrived}
        channelsInRow={data.order === null && seen.columns % inChannels === 0 ? seen.columns / inChannels : 0}
      />
    </div>
  )
}

/** The picked filter in words and numbers. */
function Picked(props: {
  data: GridData
  place: number
  inChannels: number
  tiles: TileCache | null
  arrived: number
  channelsInRow: number
}) {
  const { data, place, inChannels, tiles, arrived, channelsInRow } = props
  const text = useMemo(() => {
    if (place < 0) return null
    const index = data.order ? data.order[place]! : place
    const norm = data.norms[index]!
    const taps = data.kernelRows * data.kernelColumns
    const tile = tiles?.get(Math.floor(place / TILE))
    const at = (place % TILE) * taps
    const values = tile && Array.from(tile.subarray(at, at + taps), weight).join('  ')
    return {
      head: `Filter ${count(index)}: output ${Math.floor(index / inChannels)}, input ${index % inChannels}, largest weight ${weight(norm)}${norm <= data.limit ? ', sparse' : ''}`,
      values,
    }
  }, [place, data, inChannels, tiles, arrived])
  return (
    <p class="small muted picked" role="status">
      {text ? (
        <>
          {text.head}
          <br />
          {text.values}
        </>
      ) : (
        <>
          {channelsInRow > 0 && `Each row is ${plural(channelsInRow, 'output channel')} of ${plural(inChannels, 'filter')}. `}
          Point at a filter to see its weights; zoom with the wheel or two fingers.
        </>
      )}
    </p>
  )
}

/** Prints each weight into its tap, for the few filters that are seen this large. */
function paintNumbers(
  context: CanvasRenderingContext2D,
  data: GridData,
  { area, view, extent, tiles, ratio }: { area: Area; view: View; extent: Extent; tiles: TileCache | null; ratio: number },
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
      const tile = tiles?.get(Math.floor(place / TILE))
      if (place >= data.filters || !tile) continue
      const index = data.order ? data.order[place]! : place
      const { x, y, side } = cellBox(view, extent, place)
      const [wide, high] = [side / data.kernelColumns, side / data.kernelRows]
      context.font = `${Math.min(15 * ratio, wide / 4.6)}px Inter, sans-serif`
      for (let k = 0; k < taps; k++) {
        const value = tile[(place % TILE) * taps + k]!
        const over = data.scale === 'layer' ? data.peak : data.norms[index]!
        const sparse = data.norms[index]! <= data.limit
        context.fillStyle = sparse ? textOn(0, now) : textOn(over > 0 ? value / over : 0, now)
        const [tx, ty] = [x + ((k % data.kernelColumns) + 0.5) * wide, y + (Math.floor(k / data.kernelColumns) + 0.5) * high]
        context.fillText(weight(value), tx, ty)
      }
    }
  }
}

/** Wheel, drag and pinch on the canvas. */
function usePointer(
  canvas: { current: HTMLCanvasElement | null },
  state: { current: { area: Area; extent: Extent; view: View; ratio: number } },
  act: {
    zoomBy(factor: number, at: { x: number; y: number }): void
    panBy(dx: number, dy: number): void
    pick(place: number): void
  },
  filters: number,
): void {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    const element = canvas.current!
    const held = new Map<number, { x: number; y: number }>()
    const point = (event: MouseEvent): { x: number; y: number } => {
      const box = element.getBoundingClientRect()
      const { ratio } = state.current
      return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio }
    }
    const spread = (): { far: number; mid: { x: number; y: number } } => {
      const [p, q] = [...held.values()] as [{ x: number; y: number }, { x: number; y: number }]
      return {
        far: Math.sqrt((p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y)),
        mid: { x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 },
      }
    }
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault()
      const step = Math.min(Math.max(event.deltaY * (event.deltaMode === 1 ? 16 : 1), -200), 200)
      latest.current.zoomBy(step < 0 ? 1 - step / 250 : 1 / (1 + step / 250), point(event))
    }
    const onDown = (event: PointerEvent): void => {
      element.setPointerCapture(event.pointerId)
      held.set(event.pointerId, point(event))
    }
    const onMove = (event: PointerEvent): void => {
      const at = point(event)
      const before = held.get(event.pointerId)
      if (!before) {
        const { view, extent } = state.current
        latest.current.pick(cellAt(view, extent, filters, at))
        return
      }
      if (held.size === 2) {
        const old = spread()
        held.set(event.pointerId, at)
        const fresh = spread()
        if (old.far > 0) latest.current.zoomBy(fresh.far / old.far, fresh.mid)
        latest.current.panBy(fresh.mid.x - old.mid.x, fresh.mid.y - old.mid.y)
        return
      }
      held.set(event.pointerId, at)
      latest.current.panBy(at.x - before.x, at.y - before.y)
    }
    const onUp = (event: PointerEvent): void => void held.delete(event.pointerId)
    const onDouble = (event: MouseEvent): void => latest.current.zoomBy(2.5, point(event))
    const onClick = (event: MouseEvent): void => {
      const { view, extent } = state.current
      latest.current.pick(cellAt(view, extent, filters, point(event)))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    element.addEventListener('pointerdown', onDown)
    element.addEventListener('pointermove', onMove)
    element.addEventListener('pointerup', onUp)
    element.addEventListener('pointercancel', onUp)
    element.addEventListener('dblclick', onDouble)
    element.addEventListener('click', onClick)
    return () => {
      element.removeEventListener('wheel', onWheel)
      element.removeEventListener('pointerdown', onDown)
      element.removeEventListener('pointermove', onMove)
      element.removeEventListener('pointerup', onUp)
      element.removeEventListener('pointercancel', onUp)
      element.removeEventListener('dblclick', onDouble)
      element.removeEventListener('click', onClick)
    }
  }, [filters])
}
