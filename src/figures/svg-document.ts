// The part of the DOM that Observable Plot and d3-selection touch when they build an SVG, and a serialiser. Every engine
// builds into this and none into its own document, so that the order of attributes, the text of styles and the number of
// decimals are ours: the same bytes everywhere (docs/decisions/figures.md).

const SVG = 'http://www.w3.org/2000/svg'
// Attributes that hold lengths: only their numbers are rounded (a colour such as #e6e9ed is not one).
const geometry = new Set(
  'x y x1 x2 y1 y2 dx dy width height r rx ry cx cy d points transform viewBox offset stroke-width stroke-dasharray'.split(' '),
)
const longNumber = /-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+/g

/** A number as geometry: at most two decimals, no exponent, no negative zero. */
export function coordinate(value: number): string {
  const text = value.toFixed(2).replace(/\.?0+$/, '')
  return text === '-0' ? '0' : text
}

// Control characters that XML forbids, halves of surrogate pairs, and marks that turn the direction of text around.
const unprintable = /(?![\t\n\r])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu

/** Text as it stands between tags or in a quoted attribute, of XML or HTML. Characters that may not stand there become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
    .replace(unprintable, '\ufffd')
}

/** An element (or a text node: `name` is then empty). */
export class SvgNode {
  readonly namespaceURI: string = SVG
  readonly ownerDocument: SvgDocument
  readonly tagName: string
  readonly attributes: Map<string, string> = new Map()
  parentNode: SvgNode | null = null
  childNodes: SvgNode[] = []
  #text: string

  constructor(document: SvgDocument, name: string, text = '') {
    this.ownerDocument = document
    this.tagName = name
    this.#text = text
  }

  get children(): SvgNode[] {
    return this.childNodes.filter((child) => child.tagName !== '')
  }
  get firstChild(): SvgNode | null {
    return this.childNodes[0] ?? null
  }
  get nextSibling(): SvgNode | null {
    const siblings = this.parentNode?.childNodes ?? []
    return siblings[siblings.indexOf(this) + 1] ?? null
  }
  get style(): { setProperty(name: string, value: string): void; removeProperty(name: string): void } {
    return {
      setProperty: (name, value) => {
        const old = this.getAttribute('style')
        this.setAttribute('style', `${old ? `${old};` : ''}${name}:${value}`)
      },
      removeProperty: () => {},
    }
  }
  get textContent(): string {
    return this.tagName === '' ? this.#text : this.childNodes.map((child) => child.textContent).join('')
  }
  set textContent(value: string | null) {
    for (const child of this.childNodes) child.parentNode = null
    this.childNodes = []
    if (value) this.append(String(value))
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name)
  }
  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null
  }
  setAttribute(name: string, value: unknown): void {
    const text = String(value)
    this.attributes.set(name, geometry.has(name) ? text.replace(longNumber, (number) => coordinate(Number(number))) : text)
  }
  setAttributeNS(_space: string, name: string, value: unknown): void {
    this.setAttribute(name, value)
  }
  removeAttribute(name: string): void {
    this.attributes.delete(name)
  }
  append(...nodes: (SvgNode | string)[]): void {
    for (const node of nodes) this.appendChild(typeof node === 'string' ? new SvgNode(this.ownerDocument, '', node) : node)
  }
  appendChild(node: SvgNode): SvgNode {
    return this.insertBefore(node, null)
  }
  insertBefore(node: SvgNode, next: SvgNode | null): SvgNode {
    node.parentNode?.removeChild(node)
    const at = next ? this.childNodes.indexOf(next) : this.childNodes.length
    this.childNodes.splice(at, 0, node)
    node.parentNode = this
    return node
  }
  removeChild(node: SvgNode): SvgNode {
    this.childNodes = this.childNodes.filter((child) => child !== node)
    node.parentNode = null
    return node
  }
  /** SVG text of this node and everything in it. */
  serialise(): string {
    if (this.tagName === '') return escapeXml(this.#text)
    let tag = `<${this.tagName}`
    for (const [name, value] of this.attributes) tag += ` ${name}="${escapeXml(value)}"`
    if (this.childNodes.length === 0) return `${tag}/>`
    return `${tag}>${this.childNodes.map((child) => child.serialise()).join('')}</${this.tagName}>`
  }
}

/** What `Plot.plot({ document })` asks of a document. */
export class SvgDocument {
  readonly documentElement: SvgNode = new SvgNode(this, 'svg')
  createElementNS(_space: string, name: string): SvgNode {
    return new SvgNode(this, name)
  }
  createElement(name: string): SvgNode {
    return new SvgNode(this, name)
  }
  createTextNode(text: string): SvgNode {
    return new SvgNode(this, '', text)
  }
}

/** A new element with attributes (numbers rounded to two decimals; undefined ones left out) and children. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: (SvgNode | string)[]
): SvgNode {
  const node = new SvgNode(sharedDocument, name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) node.setAttribute(key, typeof value === 'number' ? coordinate(value) : value)
  node.append(...children)
  return node
}
const sharedDocument = new SvgDocument()
