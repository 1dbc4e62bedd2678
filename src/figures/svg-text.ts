/** An element of a figure's SVG text, as it is read back. */
export interface SvgElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly SvgElement[]
  /** What stands in it, without its children. */
  readonly text: string
}

const tag = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/g
const attribute = /(?<![\w:-])([\w:-]+)="([^"]*)"/g
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'" }

const unescaped = (text: string): string => text.replace(/&(\w+|#39);/g, (whole, name: string) => entities[name] ?? whole)

/** The tree of a figure's own SVG text (`Figure.svg`); no reader for SVG from elsewhere. @throws RangeError for one that is not whole */
export function parseFigureSvg(svg: string): SvgElement {
  interface Open extends SvgElement {
    readonly children: SvgElement[]
    text: string
  }
  const root: Open = { name: '', attributes: {}, children: [], text: '' }
  const open: Open[] = [root]
  for (const [, closing, name, rest = '', empty, text] of svg.matchAll(tag)) {
    const inner = open.at(-1)!
    if (text !== undefined) {
      inner.text += unescaped(text)
      continue
    }
    if (closing) {
      if (inner.name !== name) throw new RangeError(`</${name}> closes <${inner.name}>`)
      open.pop()
      continue
    }
    const attributes = Object.fromEntries([...rest.matchAll(attribute)].map(([, key, value]) => [key!, unescaped(value!)]))
    const made: Open = { name: name!, attributes, children: [], text: '' }
    inner.children.push(made)
    if (!empty) open.push(made)
  }
  const [svgElement] = root.children
  if (open.length !== 1 || !svgElement) throw new RangeError('the SVG of a figure is not whole')
  return svgElement
}
