import type { ComponentChildren } from 'preact'

/** A box that a table scrolls in, by keyboard too. */
export function TableFrame({
  label,
  tall = false,
  children,
}: {
  label: string
  /** A long table that scrolls in the height of the window, its head staying. */
  tall?: boolean
  children: ComponentChildren
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse
    // biome-ignore lint/a11y/useSemanticElements: a section would be styled as one of the pane's
    <div class={`table-frame${tall ? ' tall' : ''}`} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
