import type { MsgpackCursor, Token } from './msgpack.ts'

// flax/serialization.py: a tree of maps with text keys. Its leaves are extensions of type 1, arrays, each a MessagePack list of a shape,
// the name of a NumPy type and the row-major bytes. An array beyond 1 GiB is a map of its own:
// { __msgpack_chunked_array__: true, shape: { "0": rows, … }, chunks: { "0": array, … } }.

const NDARRAY = 1
const NPSCALAR = 3
const CHUNKED = '__msgpack_chunked_array__'
const DEEPEST = 64
const MOST_VALUES = 500_000
const MOST_AXES = 64
/** Bytes of a text that is told. */
const LONGEST_HEARD = 4096

/** A leaf: where the bytes of an array lie, in one run or in several. */
export interface FlaxArray {
  /** Keys from the root on, joined by "/". */
  readonly name: string
  readonly shape: readonly number[]
  /** NumPy's name: "float32", "bfloat16". */
  readonly dtype: string
  readonly runs: readonly { readonly start: number; readonly length: number }[]
}

interface Visit {
  readonly onArray: (array: FlaxArray) => void
  readonly onText: ((path: string, text: string) => void) | undefined
  /** Values that may still be visited. */
  left: number
}

/**
 * Every array of a tree, in the file's order; `onText` is told every short text that is a value.
 * @throws InputError when the file is no such tree, or holds more than any model does
 */
export async function readArrays(cursor: MsgpackCursor, onText?: (path: string, text: string) => void): Promise<FlaxArray[]> {
  const arrays: FlaxArray[] = []
  const visit: Visit = { onArray: (array) => arrays.push(array), onText, left: MOST_VALUES }
  await walk(cursor, await cursor.next(), '', 0, visit)
  if (cursor.position < cursor.access.byteLength)
    throw cursor.damaged(cursor.position, `${cursor.access.byteLength - cursor.position} bytes follow what is the whole of it`)
  return arrays
}

async function walk(c: MsgpackCursor, token: Token, path: string, depth: number, visit: Visit): Promise<void> {
  if (depth > DEEPEST) throw c.damaged(c.position, `values inside values, more than ${DEEPEST} deep`)
  if (--visit.left < 0) throw c.damaged(c.position, `more than ${MOST_VALUES} values`)
  if (token.kind === 'extension' && token.value === NDARRAY) visit.onArray({ name: path, ...(await readArray(c, token)) })
  else if (token.kind === 'list')
    for (let k = 0; k < token.size; k++) await walk(c, await c.next(), `${path}/${k}`, depth + 1, visit)
  else if (token.kind === 'map') await walkMap(c, token, path, depth, visit)
  else if (token.kind === 'text' && token.size <= LONGEST_HEARD && visit.onText) visit.onText(path, await c.text(token))
  else c.passContent(token)
}

async function walkMap(c: MsgpackCursor, { size }: Token, path: string, depth: number, visit: Visit): Promise<void> {
  const keys = new Set<string>()
  for (let k = 0; k < size; k++) {
    const key = await readKey(c)
    if (keys.has(key)) throw c.damaged(c.position, `${path || 'its root'} names ${key} twice`)
    keys.add(key)
    const value = await c.next()
    if (key === CHUNKED && k === 0) {
      c.passContent(value)
      visit.onArray({ name: path, ...(await readChunked(c, size - 1)) })
      return
    }
    await walk(c, value, path === '' ? key : `${path}/${key}`, depth + 1, visit)
  }
}

/** A key as text; flax turns all others to text before it writes them. */
async function readKey(c: MsgpackCursor): Promise<string> {
  const at = c.position
  const token = await c.next()
  if (token.kind === 'number') return String(token.value)
  if (token.kind !== 'text' && token.kind !== 'bytes') throw c.damaged(at, 'a name is stored as something else')
  return c.text(token)
}

async function readArray(c: MsgpackCursor, { size }: Token): Promise<Omit<FlaxArray, 'name'>> {
  const start = c.position
  const end = start + size
  if (end > c.access.byteLength) throw c.cutShort()
  const list = await c.next()
  if (list.kind !== 'list' || list.size !== 3) throw c.damaged(start, 'an array is no list of a shape, a type and bytes')
  const axes = await c.next()
  if (axes.kind !== 'list' || axes.size > MOST_AXES) throw c.damaged(start, 'an array has no shape')
  const shape: number[] = []
  for (let k = 0; k < axes.size; k++) shape.push((await c.next()).value)
  const type = await c.next()
  if (type.kind !== 'text' && type.kind !== 'bytes') throw c.damaged(start, 'an array has no type')
  const dtype = await c.text(type)
  const bytes = await c.next()
  if (bytes.kind !== 'bytes' && bytes.kind !== 'text') throw c.damaged(start, 'an array has no bytes')
  const run = { start: c.position, length: bytes.size }
  c.passContent(bytes)
  if (c.position !== end) throw c.damaged(c.position, 'an array does not end where it should')
  return { shape: checked(c, start, shape), dtype, runs: [run] }
}

function checked(c: MsgpackCursor, at: number, shape: readonly number[]): readonly number[] {
  if (!shape.every((side) => Number.isSafeInteger(side) && side >= 0))
    throw c.damaged(at, `an array has the shape ${shape.join('×')}`)
  return shape
}

/** What follows the mark of an array in chunks: its shape, and one-dimensional arrays. */
async function readChunked(c: MsgpackCursor, members: number): Promise<Omit<FlaxArray, 'name'>> {
  const start = c.position
  const shape: number[] = []
  const chunks: Omit<FlaxArray, 'name'>[] = []
  for (let k = 0; k < members; k++) {
    const member = await readKey(c)
    const map = await c.next()
    if (map.kind !== 'map' || (member !== 'shape' && member !== 'chunks') || (member === 'shape' && map.size > MOST_AXES))
      throw c.damaged(start, `an array in chunks has ${member} that is none`)
    for (let index = 0; index < map.size; index++) {
      if ((await readKey(c)) !== String(index)) throw c.damaged(c.position, `part ${index} of ${member} is not in its place`)
      const value = await c.next()
      if (member === 'shape') shape.push(value.value)
      else if (value.kind === 'extension' && value.value === NDARRAY) chunks.push(await readArray(c, value))
      else throw c.damaged(c.position, 'a chunk is no array')
    }
  }
  const dtype = chunks[0]?.dtype ?? 'nothing'
  if (chunks.some((chunk) => chunk.dtype !== dtype)) throw c.damaged(start, 'the chunks of an array have different types')
  return { shape: checked(c, start, shape), dtype, runs: chunks.flatMap(({ runs }) => runs) }
}

/** Whether an array is met among the first values of a file that is a map with names. */
export async function beginsWithArrays(c: MsgpackCursor, most: number): Promise<boolean> {
  const root = await c.next()
  if (root.kind !== 'map' || root.size === 0) return false
  const left: number[] = [root.size]
  for (let seen = 0; seen < most && left.length <= DEEPEST; seen++) {
    while (left.at(-1) === 0) left.pop()
    if (left.length === 0) return false
    left[left.length - 1]!--
    const key = await c.next()
    if (key.kind !== 'text' || key.size > 256) return false
    const name = await c.text(key)
    if (name === CHUNKED) return true
    const value = await c.next()
    if (value.kind === 'extension' && value.value !== NPSCALAR) return value.value === NDARRAY
    if (value.kind === 'map') left.push(value.size)
    else if (value.kind === 'list') return false
    else c.passContent(value)
  }
  return false
}
