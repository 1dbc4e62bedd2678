import { type Figure, type FigureWidth, inchesOf } from './figure.ts'
import { parseFigureSvg, type SvgElement } from './svg-text.ts'

export interface PdfOptions {
  /** Width of the page. Default: the figure's own, a pixel a 96th of an inch. */
  readonly width?: FigureWidth | undefined
}

const POINTS_PER_INCH = 72

/**
 * A figure as a PDF of one page, which is as large as the figure: lines, text (Inter, embedded) and tiles stay vectors, pixel
 * pictures stay pixels. Without a date, so that the same figure gives the same bytes. pdfkit is loaded at the first call.
 * @throws RangeError for an SVG that is not one of our figures
 */
export async function figureToPdf(figure: Figure, { width }: PdfOptions = {}): Promise<Uint8Array> {
  const [{ default: PDFDocument }, fonts] = await Promise.all([import('pdfkit'), import('./inter-pdf.generated.ts')])
  const inches = inchesOf(width ?? { value: figure.width, unit: 'px' })
  const scale = (inches * POINTS_PER_INCH) / figure.width
  const document = new PDFDocument({
    size: [figure.width * scale, figure.height * scale],
    margin: 0,
    font: '', // none but ours: its own default would be read from its package
    info: { Title: figure.title, Subject: figure.caption, Creator: 'filterlens', CreationDate: new Date(0) },
  })
  const pieces: Uint8Array[] = []
  const whole = new Promise<void>((resolve, reject) => {
    document.on('data', (piece: Uint8Array) => pieces.push(piece))
    document.on('end', resolve)
    document.on('error', reject)
  })
  document.registerFont('400', bytesOf(fonts.interForPdf400))
  document.registerFont('600', bytesOf(fonts.interForPdf600))
  document.scale(scale)
  paint(document, parseFigureSvg(figure.svg), inherited)
  document.end()
  await whole
  return joined(pieces)
}

type Pdf = InstanceType<typeof import('pdfkit')>

/** What an element hands on to those in it, as SVG says. */
interface Inherited {
  readonly fill: string
  readonly stroke: string
  readonly color: string
  readonly fillOpacity: number
  readonly strokeOpacity: number
  readonly strokeWidth: number
  readonly dash: string
  readonly cap: string
  readonly join: string
  readonly fontSize: number
  readonly fontWeight: string
  readonly anchor: string
}

const inherited: Inherited = {
  fill: '#000000',
  stroke: 'none',
  color: '#000000',
  fillOpacity: 1,
  strokeOpacity: 1,
  strokeWidth: 1,
  dash: 'none',
  cap: 'butt',
  join: 'miter',
  fontSize: 12,
  fontWeight: '400',
  anchor: 'start',
}

function paint(pdf: Pdf, node: SvgElement, above: Inherited): void {
  const look = lookOf(node, above)
  const at = (name: string): number => lengthOf(node.attributes[name] ?? '0', look)
  pdf.save()
  transform(pdf, node.attributes['transform'])
  switch (node.name) {
    case 'svg':
    case 'g':
      for (const child of node.children) paint(pdf, child, look)
      break
    case 'rect':
      shape(pdf.rect(at('x'), at('y'), at('width'), at('height')), look)
      break
    case 'circle':
      shape(pdf.circle(at('cx'), at('cy'), at('r')), look)
      break
    case 'line':
      shape(pdf.moveTo(at('x1'), at('y1')).lineTo(at('x2'), at('y2')), { ...look, fill: 'none' })
      break
    case 'path':
      if (node.attributes['d']) shape(pdf.path(node.attributes['d']), look)
      break
    case 'image':
      pdf.image(node.attributes['href']!, at('x'), at('y'), { width: at('width'), height: at('height') })
      break
    case 'text':
      text(pdf, node.text, at('x'), at('y'), look)
      break
    case 'title':
    case 'desc':
    case 'style':
      break
    default:
      throw new RangeError(`a figure holds <${node.name}>, which cannot be written to PDF`)
  }
  pdf.restore()
}

function lookOf({ attributes: own }: SvgElement, above: Inherited): Inherited {
  const color = own['color'] ?? above.color
  const paintOf = (value: string | undefined, before: string): string => (value === 'currentColor' ? color : (value ?? before))
  return {
    color,
    fill: paintOf(own['fill'], above.fill),
    stroke: paintOf(own['stroke'], above.stroke),
    fillOpacity: Number(own['fill-opacity'] ?? above.fillOpacity),
    strokeOpacity: Number(own['stroke-opacity'] ?? above.strokeOpacity),
    strokeWidth: Number(own['stroke-width'] ?? above.strokeWidth),
    dash: own['stroke-dasharray'] ?? above.dash,
    cap: own['stroke-linecap'] ?? above.cap,
    join: own['stroke-linejoin'] ?? above.join,
    fontSize: Number(own['font-size'] ?? above.fontSize),
    fontWeight: own['font-weight'] ?? above.fontWeight,
    anchor: own['text-anchor'] ?? above.anchor,
  }
}

/** "12" or "0.32em". */
function lengthOf(text: string, { fontSize }: Inherited): number {
  return text.endsWith('em') ? Number.parseFloat(text) * fontSize : Number(text)
}

/** Lists of translate(x,y) and rotate(degrees x y), as figures use them. */
function transform(pdf: Pdf, list: string | undefined): void {
  for (const [, name, inside] of (list ?? '').matchAll(/\b(\w+)\(([^()]*)\)/g)) {
    const [a = 0, b = 0, c = 0] = inside!.split(/[ ,]+/).map(Number)
    if (name === 'translate') pdf.translate(a, b)
    else if (name === 'rotate') pdf.rotate(a, { origin: [b, c] })
    else throw new RangeError(`a figure is placed by ${name}, which cannot be written to PDF`)
  }
}

/** Fills and strokes the path that was laid. */
function shape(pdf: Pdf, look: Inherited): void {
  const { fill, stroke, dash } = look
  if (stroke !== 'none') {
    pdf
      .lineWidth(look.strokeWidth)
      .lineCap(look.cap as 'butt')
      .lineJoin(look.join as 'miter')
      .strokeColor(stroke, look.strokeOpacity)
    if (dash !== 'none') {
      const [on, off] = dash.split(/[ ,]+/).map(Number)
      pdf.dash(on!, { space: off ?? on! })
    }
  }
  if (fill !== 'none') pdf.fillColor(fill, look.fillOpacity)
  if (fill !== 'none' && stroke !== 'none') pdf.fillAndStroke()
  else if (fill !== 'none') pdf.fill()
  else if (stroke !== 'none') pdf.stroke()
}

function text(
  pdf: Pdf,
  words: string,
  x: number,
  y: number,
  { fontWeight, fontSize, anchor, fill, fillOpacity }: Inherited,
): void {
  if (words === '' || fill === 'none') return
  const options = { lineBreak: false, baseline: 'alphabetic' as const, features: ['tnum' as const] }
  pdf.font(Number(fontWeight) >= 600 ? '600' : '400').fontSize(fontSize)
  pdf.fillColor(fill, fillOpacity)
  const before = anchor === 'start' ? 0 : pdf.widthOfString(words, { features: ['tnum'] }) / (anchor === 'middle' ? 2 : 1)
  pdf.text(words, x - before, y, options)
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
