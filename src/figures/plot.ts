import { element, SvgDocument, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

export type Plot = typeof import('./plot-marks.ts')
type PlotOptions = NonNullable<Parameters<Plot['plot']>[0]>

let loading: Promise<Plot> | undefined

/**
 * Observable Plot, loaded once. Plot 0.6.17 shifts every mark by half a pixel on screens of plain density and decides so
 * when it is imported, by `window.devicePixelRatio`: it is set to 2 while it loads, so that figures are the same everywhere.
 */
export function loadPlot(): Promise<Plot> {
  return (loading ??= importUnshifted())
}

async function importUnshifted(): Promise<Plot> {
  if (typeof window === 'undefined') return import('./plot-marks.ts')
  const own = Object.getOwnPropertyDescriptor(window, 'devicePixelRatio')
  Object.defineProperty(window, 'devicePixelRatio', { value: 2, configurable: true, writable: true })
  try {
    return await import('./plot-marks.ts')
  } finally {
    if (own) Object.defineProperty(window, 'devicePixelRatio', own)
    else delete (window as { devicePixelRatio?: number }).devicePixelRatio
  }
}

/**
 * A plot as a group of SVG elements at (x, y), axes in the muted colour, text at 11 px.
 * `options` are Plot's, with width and height in pixels; a warning of Plot is an error here, for it would be drawn.
 */
export function panel(plot: Plot, x: number, y: number, options: PlotOptions): SvgNode {
  const drawn = plot.plot({ ...options, document: new SvgDocument() as unknown as Document }) as unknown as SvgNode
  const children = drawn.children.filter((child) => child.tagName !== 'style')
  if (children.some((child) => child.textContent.includes('\u26a0'))) throw new Error('Observable Plot warns about a figure')
  for (const child of children) withoutAria(child)
  return element(
    'g',
    {
      transform: `translate(${x},${y})`,
      color: colour.muted,
      fill: 'currentColor',
      'font-size': 11,
      'text-anchor': 'middle',
    },
    ...children,
  )
}

/** The figure's title and description speak for all of it: Plot's labels of its groups mean nothing outside of Plot. */
function withoutAria(node: SvgNode): void {
  for (const name of ['aria-label', 'aria-hidden', 'aria-description']) node.removeAttribute(name)
  for (const child of node.children) withoutAria(child)
}
