/** The text of JSON.stringify in pieces: of a list, and of a list that is a member, an item at a time. */
export function* jsonPieces(value: object): Generator<string> {
  if (Array.isArray(value)) return yield* listPieces(value)
  let before = '{'
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    yield `${before}${JSON.stringify(key)}:`
    before = ','
    if (Array.isArray(member)) yield* listPieces(member)
    else yield JSON.stringify(member)
  }
  yield before === '{' ? '{}' : '}'
}

const ITEMS_AT_ONCE = 256

function* listPieces(list: readonly unknown[]): Generator<string> {
  let text = '['
  for (let k = 0; k < list.length; k++) {
    if (k > 0) text += ','
    text += JSON.stringify(list[k] ?? null)
    if ((k + 1) % ITEMS_AT_ONCE !== 0) continue
    yield text
    text = ''
  }
  yield `${text}]`
}
