import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Least distance of a sheet from the edge, in pixels. */
const EDGE = 12

/** A button that opens a sheet of choices; Escape, a choice or a click elsewhere closes it. */
export function Menu({
  label,
  icon,
  small = false,
  children,
}: {
  label: string
  icon?: ComponentChildren
  /** Only its icon is seen. */
  small?: boolean
  children: ComponentChildren
}) {
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const sheet = useRef<HTMLDivElement>(null)
  // It hangs from the right end of its button: where that would put it out of its pane or of the window, it is moved back in.
  useLayoutEffect(() => {
    if (!open) return
    const pane = box.current!.closest('.pane')?.getBoundingClientRect().left ?? 0
    const missing = Math.max(0, pane) + EDGE - sheet.current!.getBoundingClientRect().left
    if (missing > 0) sheet.current!.style.translate = `${missing}px 0`
  }, [open])
  useEffect(() => {
    if (!open) return
    const onDown = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      setOpen(false)
      button.current?.focus()
    }
    addEventListener('pointerdown', onDown)
    addEventListener('keydown', onKey)
    return () => {
      removeEventListener('pointerdown', onDown)
      removeEventListener('keydown', onKey)
    }
  }, [open])
  return (
    <div class="menu" ref={box}>
      <button
        ref={button}
        type="button"
        class={small ? 'icon' : 'button'}
        aria-label={label}
        aria-expanded={open}
        aria-haspopup="true"
        onClick={() => setOpen(!open)}
      >
        {icon}
        {!small && <span class={icon ? 'wide-only' : ''}>{label}</span>}
      </button>
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: closes after a click on one of the buttons inside
        // biome-ignore lint/a11y/useKeyWithClickEvents: those buttons have the keyboard
        <div class="sheet" ref={sheet} onClick={(event) => (event.target as Element).closest('button') && setOpen(false)}>
          {children}
        </div>
      )}
    </div>
  )
}
