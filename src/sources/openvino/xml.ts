/** An element of an XML document; text between elements is not kept. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed. */
  readonly text: string
}

const DEEPEST = 64
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const SKIPPED = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->/y
const TEXT = /[^<]+/y
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/y
const OPEN = /<([\w:.-]+)/y
const ATTRIBUTE = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const END_OF_OPEN = /\s*(\/?)>/y
const CLOSE = /<\/([\w:.-]+)\s*>/y

/**
 * The root element of an XML document without a document type: all that a machine writes as an interchange format. Nothing is
 * fetched and no entity but the five of XML and numbers is known.
 * @throws SyntaxError with the place of what is wrong
 */
export function parseXml(text: string): XmlElement {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at += match[0].length
    return match ?? undefined
  }
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at character ${at}`)
  }
  const between = (): void => {
    while (/\s/.test(text[at] ?? '') || text.startsWith('<?', at) || text.startsWith('<!--', at)) {
      if (/\s/.test(text[at]!)) at++
      else if (!take(SKIPPED)) fail('a comment that does not end')
    }
  }
  const element = (depth: number): XmlElement => {
    if (depth > DEEPEST) fail('elements nested too deeply')
    const name = take(OPEN)?.[1] ?? fail('no element')
    const attributes = new Map<string, string>()
    for (let found = take(ATTRIBUTE); found; found = take(ATTRIBUTE))
      attributes.set(found[1]!, decoded(found[2] ?? found[3] ?? ''))
    const end = take(END_OF_OPEN) ?? fail(`element ${name} is malformed`)
    const children: XmlElement[] = []
    let inner = ''
    if (end[1] === '/') return { name, attributes, children, text: inner }
    for (;;) {
      const plain = take(TEXT)
      if (plain) inner += decoded(plain[0])
      else if (take(SKIPPED)) continue
      else if (text.startsWith('</', at)) {
        const closed = take(CLOSE)?.[1]
        if (closed !== name) fail(`element ${name} is closed as ${closed ?? 'nothing'}`)
        return { name, attributes, children, text: inner.trim() }
      } else {
        const data = take(CDATA)
        if (data) inner += data[1]
        else children.push(element(depth + 1))
      }
    }
  }
  between()
  const root = element(0)
  between()
  if (at < text.length) fail('more than one element')
  return root
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name as string) ? ENTITIES[name as string]! : whole
    const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** The first child of a name. */
export function child({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((element) => element.name === name)
}
