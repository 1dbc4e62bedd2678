/** Brackets inside one another; descriptions of models have some tens. */
const DEEPEST = 1000

/**
 * The value of a JSON text. Brackets are counted first: millions inside one another take JSON.parse half a minute and a gigabyte.
 * @throws SyntaxError for what is no JSON, or is nested deeper than 1,000
 */
export function parsedJson(text: string): unknown {
  if (text.length > DEEPEST && isDeep(text)) throw new SyntaxError(`nested deeper than ${DEEPEST}`)
  return JSON.parse(text)
}

const [QUOTE, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map((char) => char.charCodeAt(0))

function isDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === ESCAPE) at++
    } else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++depth > DEEPEST) return true
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--
  }
  return false
}
