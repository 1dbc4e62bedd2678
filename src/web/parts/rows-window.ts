import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'

const OVERSCAN = 12

/** Which rows of a long list of equal heights are near the visible part of their scrolling box (or of the window). */
export function useRowsWindow(ref: RefObject<HTMLElement | null>, rows: number, rowHeight: number): { from: number; to: number } {
  const [range, setRange] = useState({ from: 0, to: Math.min(rows, 60) })
  useLayoutEffect(() => {
    const element = ref.current!
    const update = (): void => {
      const box = element.getBoundingClientRect()
      const from = Math.max(0, Math.floor(-box.top / rowHeight) - OVERSCAN)
      const to = Math.min(rows, Math.ceil((innerHeight - box.top) / rowHeight) + OVERSCAN)
      setRange((old) => (old.from === from && old.to === to ? old : { from: Math.min(from, rows), to: Math.max(to, 0) }))
    }
    update()
    document.addEventListener('scroll', update, { capture: true, passive: true })
    addEventListener('resize', update)
    return () => {
      document.removeEventListener('scroll', update, { capture: true })
      removeEventListener('resize', update)
    }
  }, [rows, rowHeight])
  return range
}
