/** What is seen, as an SVG that stands alone. */
export interface SeenPicture {
  readonly svg: string
  /** In CSS pixels. */
  readonly width: number
  readonly height: number
}

const SVG = 'http://www.w3.org/2000/svg'
/** What a style sheet says of a drawing, written into it: a file has no style sheet of ours. */
const drawn = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
  'font-variant-numeric',
  'text-anchor',
  'shape-rendering',
] as const
const MARGIN = 12

/** A part of the page as a picture: its drawings, canvases and words, where they stand. What has the class `save` is left out. */
export function pictureOf(root: Element): SeenPicture {
  const frame = root.getBoundingClientRect()
  const [width, height] = [Math.ceil(frame.width) + 2 * MARGIN, Math.ceil(frame.height) + 2 * MARGIN]
  const out = document.createElementNS(SVG, 'svg')
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    out.setAttribute(name, String(value))
  const paper = getComputedStyle(document.body).backgroundColor
  out.append(shape('rect', { width, height, fill: paper }))
  const at = (box: DOMRect): { x: number; y: number } => ({
    x: box.left - frame.left + MARGIN,
    y: box.top - frame.top + MARGIN,
  })
  const visit = (node: Node): void => {
    if (node instanceof Text) out.append(...wordsOf(node, at))
    if (!(node instanceof Element) || node.matches('.save, .unseen, button.icon, input, select')) return
    const box = node.getBoundingClientRect()
    if (box.width === 0 || getComputedStyle(node).visibility === 'hidden') return
    if (node instanceof SVGSVGElement) {
      const copy = styledCopy(node)
      for (const [name, value] of Object.entries({ ...at(box), width: box.width, height: box.height }))
        copy.setAttribute(name, String(value))
      copy.setAttribute('overflow', 'visible')
      out.append(copy)
    } else if (node instanceof HTMLCanvasElement) {
      out.append(shape('image', { ...at(box), width: box.width, height: box.height, href: node.toDataURL('image/png') }))
    } else for (const child of node.childNodes) visit(child)
  }
  visit(root)
  return { svg: new XMLSerializer().serializeToString(out), width, height }
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}

/** A drawing with the styles that it is seen with, as attributes. */
function styledCopy(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  const originals = [drawing, ...drawing.querySelectorAll('*')]
  const copies = [copy, ...copy.querySelectorAll('*')]
  originals.forEach((original, k) => {
    const seen = getComputedStyle(original)
    const to = copies[k]!
    for (const name of drawn) {
      const value = seen.getPropertyValue(name)
      if (value !== '') to.setAttribute(name, value)
    }
    to.removeAttribute('class')
    to.removeAttribute('style')
  })
  return copy
}

/** The lines of a text as they are broken on the screen. */
function wordsOf(node: Text, at: (box: DOMRect) => { x: number; y: number }): SVGElement[] {
  const lines: { top: number; box: DOMRect; text: string }[] = []
  const range = document.createRange()
  for (const { 0: word, index } of node.data.matchAll(/\S+\s*/g)) {
    range.setStart(node, index)
    range.setEnd(node, index + word.length)
    const box = range.getBoundingClientRect()
    const line = lines.at(-1)
    if (box.width === 0) continue
    if (line && Math.abs(line.top - box.top) < 2) line.text += word
    else lines.push({ top: box.top, box, text: word })
  }
  const style = node.parentElement ? getComputedStyle(node.parentElement) : undefined
  return lines.map(({ box, text }) => {
    const { x, y } = at(box)
    const element = shape('text', {
      x,
      y: y + box.height * 0.78, // the base line of Inter in its line box
      fill: style?.color ?? '#000',
      'font-family': style?.fontFamily ?? 'sans-serif',
      'font-size': style?.fontSize ?? '12px',
      'font-weight': style?.fontWeight ?? '400',
    })
    element.textContent = text.trimEnd()
    return element
  })
}

const SCALE = 2

/** A picture drawn by the browser itself, at twice its size. */
export async function pngOf({ svg, width, height }: SeenPicture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width * SCALE
    canvas.height = height * SCALE
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (!blob) throw new Error(`a picture of ${width} × ${height} is too large for this browser`)
    return blob
  } finally {
    URL.revokeObjectURL(url)
  }
}
