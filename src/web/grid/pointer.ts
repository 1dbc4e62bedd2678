import type { Camera, CanvasPoint } from './camera.ts'

/** What the pointer does to a grid; points are device pixels of the canvas. */
export interface PointerActions {
  zoomBy(factor: number, at: CanvasPoint): void
  panBy(dx: number, dy: number): void
  /** A filter is pointed at. */
  point(at: CanvasPoint): void
}

/** Listens to wheel, drag, pinch, click and double click on the canvas. Returns what ends it. */
export function listenToPointer(element: HTMLElement, camera: Pick<Camera, 'ratio'>, act: PointerActions): () => void {
  const held = new Map<number, CanvasPoint>()
  const point = (event: MouseEvent): CanvasPoint => {
    const box = element.getBoundingClientRect()
    const { ratio } = camera
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio }
  }
  const spread = (): { far: number; mid: CanvasPoint } => {
    const [p, q] = [...held.values()] as [CanvasPoint, CanvasPoint]
    return {
      far: Math.sqrt((p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y)),
      mid: { x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 },
    }
  }
  const onWheel = (event: WheelEvent): void => {
    // The wheel over a grid that nobody has turned to scrolls what it lies in, as everywhere.
    if (!event.ctrlKey && !element.matches(':focus')) return
    event.preventDefault()
    const step = Math.min(Math.max(event.deltaY * (event.deltaMode === 1 ? 16 : 1), -200), 200)
    act.zoomBy(step < 0 ? 1 - step / 250 : 1 / (1 + step / 250), point(event))
  }
  const onDown = (event: PointerEvent): void => {
    element.setPointerCapture(event.pointerId)
    held.set(event.pointerId, point(event))
  }
  const onMove = (event: PointerEvent): void => {
    const at = point(event)
    const before = held.get(event.pointerId)
    if (!before) act.point(at)
    else if (held.size === 2) {
      const old = spread()
      held.set(event.pointerId, at)
      const fresh = spread()
      if (old.far > 0) act.zoomBy(fresh.far / old.far, fresh.mid)
      act.panBy(fresh.mid.x - old.mid.x, fresh.mid.y - old.mid.y)
    } else {
      held.set(event.pointerId, at)
      act.panBy(at.x - before.x, at.y - before.y)
    }
  }
  const onUp = (event: PointerEvent): void => void held.delete(event.pointerId)
  const onDouble = (event: MouseEvent): void => act.zoomBy(2.5, point(event))
  const onClick = (event: MouseEvent): void => act.point(point(event))
  const listeners = {
    pointerdown: onDown,
    pointermove: onMove,
    pointerup: onUp,
    pointercancel: onUp,
    dblclick: onDouble,
    click: onClick,
  } as const
  element.addEventListener('wheel', onWheel, { passive: false })
  for (const [kind, listener] of Object.entries(listeners)) element.addEventListener(kind, listener as EventListener)
  return () => {
    element.removeEventListener('wheel', onWheel)
    for (const [kind, listener] of Object.entries(listeners)) element.removeEventListener(kind, listener as EventListener)
  }
}
