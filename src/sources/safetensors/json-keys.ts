/**
 * The first key that one object of a JSON text names twice, at any depth; JSON.parse keeps the last and says nothing.
 * The text must be valid JSON.
 */
export function duplicateKey(text: string): string | undefined {
  // Per open object its keys; undefined for an open array.
  const open: (Set<string> | undefined)[] = []
  let expectsKey = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined)
      expectsKey = char === '{'
    } else if (char === '}' || char === ']') {
      open.pop()
      expectsKey = false
    } else if (char === ',') {
      expectsKey = open[open.length - 1] !== undefined
    } else if (char === '"') {
      const start = at
      for (at++; text[at] !== '"' && at < text.length; at++) if (text[at] === '\\') at++
      const keys = open[open.length - 1]
      if (!expectsKey || !keys) continue
      const key = JSON.parse(text.slice(start, at + 1)) as string
      if (keys.has(key)) return key
      keys.add(key)
      expectsKey = false
    }
  }
  return undefined
}
