import { coordinate, element, type SvgNode } from './svg-document.ts'
import { type SymbolName, strokedSymbols, symbolPath } from './symbol-path.ts'
import { colour, figureClass, fontFamily, standaloneStyle } from './theme.ts'

/** A finished figure. The same data give the same bytes in every engine. */
export interface Figure {
  /** "metrics-by-depth": names the file and the elements inside. */
  readonly id: string
  readonly title: string
  /** One sentence or two, made from the numbers: what the figure shows. */
  readonly caption: string
  /** The figure as it stands in a page; its style comes from `darkRules`. Wrap it with `standalone` for a file. */
  readonly svg: string
  readonly width: number
  readonly height: number
  /** Height without the small print below the drawing. */
  readonly bodyHeight: number
}

/** A width on paper or in pixels. */
export interface FigureWidth {
  readonly value: number
  readonly unit: 'px' | 'pt' | 'mm' | 'cm' | 'in'
}

/** How a figure is to look in a file of its own. */
export interface FigureLook {
  /** Default: the figure's own, in pixels. */
  readonly width?: FigureWidth
  /** With the small print below the drawing. Default true. */
  readonly captions?: boolean
  /** Without a ground. */
  readonly transparent?: boolean
  /** With the font in the file. */
  readonly embedFonts?: boolean
}

/** Widths in pixels at scale 1: the report's text column, and the wide one. */
export const COLUMN = 640
export const WIDE = 960

export interface FrameOptions {
  readonly id: string
  readonly title: string
  readonly caption: string
  readonly width: number
  readonly height: number
  /** Normalisation, n and units: small print under the figure, wrapped to its width. */
  readonly note: string
  readonly legend?: readonly LegendItem[]
}

/** A sample of a mark with its meaning. */
export interface LegendItem {
  readonly mark: 'box' | 'line' | 'dash' | 'dot' | 'star' | 'rule'
  readonly fill: string
  readonly stroke: string
  readonly label: string
  /** What marks its points in the plot: drawn on a line, and instead of a dot. */
  readonly symbol?: SymbolName
}

const NOTE_SIZE = 10.5
const LEGEND_HEIGHT = 26
/** How the small print begins, which is the last part of a figure. */
const NOTE_TAG = `<g font-size="${NOTE_SIZE}" fill="${colour.muted}">`

/** Height that the legend takes above the drawing. */
export function legendHeight(legend: readonly LegendItem[] | undefined): number {
  return legend?.length ? LEGEND_HEIGHT : 0
}

/** Puts the drawing below the legend and above the note, with a title and a description for screen readers. */
export function frame(options: FrameOptions, ...drawing: SvgNode[]): Figure {
  const { id, title, caption, width, note, legend } = options
  const top = legendHeight(legend)
  const lines = wrap(note, width - 8, NOTE_SIZE)
  const body = options.height + top
  const height = Math.ceil(body + 6 + lines.length * 15 + 4)
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: figureClass,
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-desc`,
      'font-family': fontFamily,
      'font-size': 12,
      'font-variant': 'tabular-nums',
      fill: colour.ink,
      color: colour.muted,
    },
    element('title', { id: `${id}-title` }, title),
    element('desc', { id: `${id}-desc` }, `${caption} ${note}`),
    element('rect', { width, height, fill: colour.paper }),
  )
  if (legend?.length) root.append(drawLegend(legend))
  root.append(element('g', { transform: `translate(0,${top})` }, ...drawing))
  root.append(
    element(
      'g',
      { 'font-size': NOTE_SIZE, fill: colour.muted },
      ...lines.map((line, i) => element('text', { x: 4, y: body + 17 + i * 15 }, line)),
    ),
  )
  return { id, title, caption, svg: root.serialise(), width, height, bodyHeight: Math.ceil(body + 4) }
}

const PER_INCH = { px: 96, pt: 72, mm: 25.4, cm: 2.54, in: 1 } as const

/** A width in inches; a pixel is a 96th. */
export function inchesOf({ value, unit }: FigureWidth): number {
  return value / PER_INCH[unit]
}

/** The figure without its small print, without its ground, of another width: as it was asked for. The drawing stays the same. */
export function look(figure: Figure, { width, captions = true, transparent = false }: FigureLook): Figure {
  let { svg } = figure
  const height = captions ? figure.height : figure.bodyHeight
  if (!captions) svg = `${svg.slice(0, svg.lastIndexOf(NOTE_TAG))}</svg>`
  if (transparent) svg = svg.replace(`<rect width="${figure.width}" height="${figure.height}" fill="${colour.paper}"/>`, '')
  const shown = width
    ? `width="${width.value}${width.unit}" height="${coordinate((width.value * height) / figure.width)}${width.unit}"`
    : `width="${figure.width}" height="${height}"`
  const own = `viewBox="0 0 ${figure.width} ${figure.height}" width="${figure.width}" height="${figure.height}"`
  return { ...figure, height, svg: svg.replace(own, `viewBox="0 0 ${figure.width} ${height}" ${shown}`) }
}

/** The same figure under another id. */
export function withId(figure: Figure, id: string): Figure {
  const svg = figure.svg.replaceAll(`${figure.id}-title`, `${id}-title`).replaceAll(`${figure.id}-desc`, `${id}-desc`)
  return { ...figure, id, svg }
}

/** A figure as the text of an .svg file: with its own style for dark screens, and its font where `fonts` gives the rules for it. */
export function standalone(figure: Figure, fonts: string = ''): string {
  return `${figure.svg.replace(/<\/desc>/, `</desc><style>${fonts}${standaloneStyle()}</style>`)}\n`
}

/** Text at (x, y); `anchor` is start by default. */
export function label(
  text: string,
  x: number,
  y: number,
  options: { size?: number; weight?: number; fill?: string; anchor?: 'start' | 'middle' | 'end' } = {},
): SvgNode {
  const { size, weight, fill, anchor } = options
  return element('text', { x, y, 'font-size': size, 'font-weight': weight, fill, 'text-anchor': anchor }, text)
}

/** About the width of a text in Inter, in pixels; a little too wide rather than too narrow. */
export function textWidth(text: string, size: number): number {
  let width = 0
  for (const letter of text)
    width += /[iljtfr.,:;'|!()[\] ]/.test(letter)
      ? 0.34
      : /[mwMW%@]/.test(letter)
        ? 0.88
        : /[A-Z0-9+=−<>]/.test(letter)
          ? 0.65
          : 0.57
  return width * size
}

/** Lines of at most `width` pixels, broken at spaces. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/[ \n]+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word
    if (line && textWidth(longer, size) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line ? [...lines, line] : lines
}

function drawLegend(items: readonly LegendItem[]): SvgNode {
  const group = element('g', { 'font-size': 11.5, fill: colour.ink })
  let x = 4
  for (const item of items) {
    group.append(...sample(item, x, 10))
    group.append(element('text', { x: x + 20, y: 14 }, item.label))
    x += 20 + textWidth(item.label, 11.5) + 18
  }
  return group
}

/** A line of the legend carries the symbol that its points have. */
function pointOf({ symbol, stroke, fill, mark }: LegendItem, x: number, y: number): SvgNode[] {
  if (symbol === undefined) return mark === 'dot' ? [element('circle', { cx: x + 7, cy: y, r: 4, fill, stroke })] : []
  const d = symbolPath(symbol, x + 7, y, mark === 'dot' ? 4 : 3.2)
  const isStroked = strokedSymbols.has(symbol)
  return [
    element('path', {
      d,
      stroke,
      ...(isStroked ? { fill: 'none', 'stroke-width': 1.5 } : { fill: mark === 'dot' ? fill : stroke }),
    }),
  ]
}

function sample(item: LegendItem, x: number, y: number): SvgNode[] {
  const { mark, fill, stroke } = item
  const line = { x1: x, x2: x + 14, y1: y, y2: y, stroke, 'stroke-width': 2 }
  switch (mark) {
    case 'box':
      return [
        element('rect', { x: x + 0.5, y: y - 5, width: 13, height: 10, fill }),
        element('line', { ...line, x1: x + 0.5, x2: x + 13.5 }),
      ]
    case 'line':
      return [element('line', line), ...pointOf(item, x, y)]
    case 'dash':
      return [element('line', { ...line, 'stroke-width': 1.5, 'stroke-dasharray': '4 3' }), ...pointOf(item, x, y)]
    case 'rule':
      return [element('line', { ...line, 'stroke-width': 1 })]
    case 'dot':
      return pointOf(item, x, y)
    case 'star':
      return [element('text', { x: x + 7, y: y + 6, fill, 'font-size': 15, 'text-anchor': 'middle' }, '*')]
  }
}
