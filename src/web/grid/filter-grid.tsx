import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { FitIcon, MinusIcon, PlusIcon } from '../parts/icons.tsx'
import { theme } from '../state/theme.ts'
import { TILE } from '../tasks/protocol.ts'
import { Camera } from './camera.ts'
import { type GridData, TAPS_FROM } from './draw.ts'
import { GridLegend } from './grid-legend.tsx'
import { keyAction, nextPlace } from './keys.ts'
import { paintGrid } from './paint.ts'
import { PickedFilter } from './picked-filter.tsx'
import { listenToPointer } from './pointer.ts'
import { SaveFilters } from './save-filters.tsx'
import { openTiles, type TileCache } from './tile-cache.ts'

export interface FilterGridProps {
  readonly data: GridData
  readonly inChannels: number
  /** For screen readers. */
  readonly label: string
  /** Sparse filters in the layer. */
  readonly sparse: number
  /** Which filters these are, in which order and colours. */
  readonly sentence: string
  /** Begins the names of files that are saved. */
  readonly name: string
  /** Reads the weights of at most `most` (default TILE) filters from a place on, in the present order. */
  read(from: number, most?: number): Promise<Float32Array>
  /** Filter (index in the layer) to show in the middle, from outside. */
  readonly goTo?: { readonly index: number } | null
}

/**
 * Every filter of a layer on a canvas: wheel, pinch, double click or + and - zoom, dragging and Shift with the arrow keys
 * pan, the pointer or the arrow keys pick a filter, whose numbers are shown below.
 */
export function FilterGrid({ data, inChannels, label, sentence, name, sparse, read, goTo }: FilterGridProps) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [camera] = useState(() => new Camera())
  const tiles = useRef<TileCache | null>(null)
  const [picked, setPicked] = useState<number>(-1) // a place in the present order
  // What the legend has to say: whether single taps are seen, and how many filters a row has.
  const [seen, setSeen] = useState({ taps: true, columns: 1 })
  const [arrived, setArrived] = useState(0) // tiles that have come while a filter was picked
  const pickedNow = useRef(-1)
  pickedNow.current = picked
  const now = theme()

  const paint = (): void => {
    const element = canvas.current
    if (!element || !tiles.current || camera.area.width === 0) return
    const missing = paintGrid(element.getContext('2d')!, data, tiles.current, camera, pickedNow.current, now)
    // The picked filter's weights are shown in words, however far away it is seen.
    const own = Math.floor(pickedNow.current / TILE)
    if (own >= 0 && !tiles.current.get(own)) missing.unshift(own)
    if (missing.length > 0) tiles.current.want(missing)
    const taps = camera.view.size >= TAPS_FROM
    const { columns } = camera.extent
    setSeen((old) => (old.taps === taps && old.columns === columns ? old : { taps, columns }))
    // A finger scrolls the page past a grid that is seen whole, and moves one that is not.
    element.style.touchAction = camera.isZoomed ? 'none' : 'pan-y'
  }
  const paintSoon = usePaintSoon(paint)
  const move = (change: () => void): void => {
    change()
    paintSoon.current()
  }

  // A new layer, order or colouring: other tiles, the same place on the screen where that makes sense.
  useEffect(() => {
    const opened = openTiles(
      TILE,
      (tile) => read(tile * TILE),
      () => {
        paintSoon.current()
        if (pickedNow.current >= 0) setArrived((count) => count + 1)
      },
    )
    tiles.current = opened
    return () => opened.drop()
  }, [data.norms, data.order, read])

  useEffect(
    () =>
      onResize(canvas.current!, (area, ratio) =>
        move(() => camera.arrange(data.filters, inChannels, data.order === null, area, ratio)),
      ),
    [data.filters, data.order, inChannels],
  )
  useEffect(() => paintSoon.current())
  // Before the next event: a key that is pressed as soon as the grid is there must not be forgotten.
  useLayoutEffect(() => setPicked(-1), [data.norms, data.order])

  useEffect(() => {
    if (!goTo) return
    const place = data.order ? data.order.indexOf(goTo.index) : goTo.index
    if (place < 0 || place >= data.filters) return
    camera.goTo(place)
    setPicked(place)
  }, [goTo])

  useEffect(
    () =>
      listenToPointer(canvas.current!, camera, {
        zoomBy: (factor, at) => move(() => camera.zoomBy(factor, at)),
        panBy: (dx, dy) => move(() => camera.panBy(dx, dy)),
        point: (at) => setPicked(camera.placeAt(data.filters, at)),
      }),
    [data.filters],
  )

  const onKeyDown = (event: KeyboardEvent): void => {
    const action = keyAction(event)
    if (!action) return
    if (action.kind === 'zoom') move(() => camera.zoomBy(action.factor))
    else if (action.kind === 'all') move(() => camera.showAll())
    else if (action.kind === 'pan') {
      const step = Math.max(camera.view.size, 40)
      move(() => camera.panBy(-action.columns * step, -action.rows * step))
    } else {
      const next = nextPlace(picked, action, camera.extent.columns, data.filters)
      if (next !== undefined) {
        camera.bringIn(next)
        setPicked(next)
      }
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div>
      <p class="small muted about">{sentence}</p>
      <div ref={frame}>
        <div class="grid-frame">
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
          <div class="grid-tools save">
            <button type="button" class="icon" aria-label="Zoom in" onClick={() => move(() => camera.zoomBy(2))}>
              <PlusIcon />
            </button>
            <button type="button" class="icon" aria-label="Zoom out" onClick={() => move(() => camera.zoomBy(0.5))}>
              <MinusIcon />
            </button>
            <button type="button" class="icon" aria-label="Show all filters" onClick={() => move(() => camera.showAll())}>
              <FitIcon />
            </button>
            <SaveFilters {...{ frame, data, inChannels, name, read }} />
          </div>
        </div>
      </div>
      <PickedFilter
        data={data}
        place={picked}
        inChannels={inChannels}
        tiles={tiles.current}
        arrived={arrived}
        channelsInRow={data.order === null && seen.columns % inChannels === 0 ? seen.columns / inChannels : 0}
      />
    </div>
  )
}

/** Asks for the latest `paint` in the next frame, once however often it is called before that. */
function usePaintSoon(paint: () => void): { readonly current: () => void } {
  const asked = useRef(0)
  const latest = useRef<() => void>(paint)
  latest.current = () => {
    cancelAnimationFrame(asked.current)
    asked.current = requestAnimationFrame(paint)
  }
  useEffect(() => () => cancelAnimationFrame(asked.current), [])
  return latest
}

/** Gives a canvas as many pixels as it covers, now and whenever its size changes, and says so. Returns what ends it. */
function onResize(
  element: HTMLCanvasElement,
  onSize: (area: { width: number; height: number }, ratio: number) => void,
): () => void {
  const measure = (): void => {
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2)
    const box = element.getBoundingClientRect()
    element.width = Math.max(1, Math.round(box.width * ratio))
    element.height = Math.max(1, Math.round(box.height * ratio))
    onSize({ width: element.width, height: element.height }, ratio)
  }
  const observer = new ResizeObserver(measure)
  observer.observe(element)
  measure()
  return () => observer.disconnect()
}
