import { fieldText, headFields } from '../unread/message-head.ts'

/** Caffe's NetParameter: a name (1), then layers (100; 2 in the older form), each with a name and a type. */
export function looksLikeNet(head: Uint8Array): boolean {
  const fields = headFields(head)
  const layer = fields?.find(({ number, wire }) => wire === 2 && (number === 100 || number === 2))
  if (!fields || !layer) return false
  const before = fields.slice(0, fields.indexOf(layer))
  // The name, and shapes of the input in the older form.
  if (!before.every((field) => [1, 3, 4, 5, 8].includes(field.number)) || (layer.number === 2 && before[0]?.number !== 1))
    return false
  const title = before.find(({ number }) => number === 1)
  if (title && fieldText(head, title) === undefined) return false
  const inside = headFields(head, layer.start, layer.start + layer.length) ?? []
  if (layer.number === 2) return isOldLayer(head, inside)
  const [named, kind] = [1, 2].map((field) => inside.find(({ number }) => number === field))
  if (!named || !kind || fieldText(head, named) === undefined) return false
  return /^[A-Z][A-Za-z0-9]*$/.test(fieldText(head, kind) ?? '')
}

type Fields = NonNullable<ReturnType<typeof headFields>>

/** A name (4) and a number for its type (5), or the oldest form (1), which has a name (1) and a word (2). */
function isOldLayer(head: Uint8Array, inside: Fields): boolean {
  const [named, kind] = [4, 5].map((field) => inside.find(({ number }) => number === field))
  if (named && kind) return fieldText(head, named) !== undefined && kind.wire === 0
  const oldest = inside.find(({ number, wire }) => number === 1 && wire === 2)
  if (!oldest) return false
  const [first, second] = headFields(head, oldest.start, oldest.start + oldest.length) ?? []
  if (first?.number !== 1 || second?.number !== 2 || fieldText(head, first) === undefined) return false
  return /^[a-z][a-z0-9_]*$/.test(fieldText(head, second) ?? '')
}
