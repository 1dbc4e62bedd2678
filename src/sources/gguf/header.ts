import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { ByteWindow } from '../byte-window.ts'

// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
//   "GGUF" | version | tensors | pairs | pairs: key, type, value | tensors: name, axes, sizes, type, offset | padding | data
//
// Counts have 32 bits in version 1 and 64 from version 2 on. Sizes begin with the axis along which the numbers lie one after the other.

const MOST_TENSORS = 200_000
const MOST_PAIRS = 100_000
const MOST_ELEMENTS = 100_000_000
const LONGEST_NAME = 4096
const MOST_AXES = 8
const DEEPEST = 4
const KEPT_TEXT = 200
const USUAL_ALIGNMENT = 32
const STRING = 8
const LIST = 9
/** Bytes of a value, by its type. */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }
/** ComfyUI's converter keeps here the shape of what it had to give another. */
const ORIGINAL_SHAPE = 'comfy.gguf.orig_shape.'

export interface GgufTensor {
  readonly name: string
  /** Slowest axis first, as NumPy and PyTorch have it. */
  readonly shape: readonly number[]
  /** ggml's number of the type. */
  readonly type: number
  /** From the file's start. */
  readonly offset: number
}

export interface GgufHeader {
  readonly tensors: readonly GgufTensor[]
  /** Whole numbers and short texts. */
  readonly values: ReadonlyMap<string, number | string>
}

/** Reads everything but tensors; texts and lists that are not asked for are passed over. @throws InputError */
export async function readGguf(access: RandomAccess): Promise<GgufHeader> {
  const c = new ByteWindow(access)
  c.pass(4)
  const version = (await c.numbers(4)).getUint32(0, true)
  if (version < 1 || version > 3) {
    const other = version > 0 && version % 0x1000000 === 0 ? 'numbers with the most significant byte first' : `version ${version}`
    throw new InputError(
      access.name,
      `is a GGUF file with ${other}, and versions 1 to 3, least significant byte first, are read; convert it again`,
    )
  }
  const count = async (what: string, most: number): Promise<number> => {
    const at = c.position
    const found = version === 1 ? (await c.numbers(4)).getUint32(0, true) : number64(await c.numbers(8))
    if (found > most) throw c.damaged(at, `${found} ${what}, more than ${most}`)
    return found
  }
  const reader: Reader = { c, count }
  const tensorCount = await count('tensors', MOST_TENSORS)
  const pairs = await count('values', MOST_PAIRS)
  const values = new Map<string, number | string>()
  const shapes = new Map<string, number[]>()
  for (let k = 0; k < pairs; k++) {
    const key = await text(reader)
    const type = (await c.numbers(4)).getUint32(0, true)
    if (key.startsWith(ORIGINAL_SHAPE) && type === LIST) {
      const shape = await smallList(reader)
      if (shape) shapes.set(key.slice(ORIGINAL_SHAPE.length), shape)
      continue
    }
    const value = await readValue(reader, type, 0)
    if (value !== undefined) values.set(key, value)
  }
  const listed: GgufTensor[] = []
  for (let k = 0; k < tensorCount; k++) listed.push(await readTensor(reader, shapes))
  const alignment = values.get('general.alignment') ?? USUAL_ALIGNMENT
  if (typeof alignment !== 'number' || !Number.isSafeInteger(alignment) || alignment < 1 || alignment > 1 << 20)
    throw new InputError(access.name, `states that tensors begin at every ${alignment} bytes; it is damaged, get it again`)
  const start = Math.ceil(c.position / alignment) * alignment
  return { values, tensors: listed.map((one) => ({ ...one, offset: one.offset + start })) }
}

interface Reader {
  readonly c: ByteWindow
  /** A count of as many bits as the version has. */
  readonly count: (what: string, most: number) => Promise<number>
}

/** Exact up to 2^53; larger ones come out rounded, and are refused by what is asked of them. */
function number64(view: DataView, at = 0): number {
  return view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
}

async function text({ c, count }: Reader): Promise<string> {
  return new TextDecoder().decode(await c.take(await count('letters of a name', LONGEST_NAME)))
}

/** A number or a short text; undefined for what is passed over. */
async function readValue(reader: Reader, type: number, depth: number): Promise<number | string | undefined> {
  const { c, count } = reader
  const at = c.position
  if (type === STRING) {
    const length = await count('bytes of text', c.access.byteLength)
    if (length <= KEPT_TEXT) return new TextDecoder().decode(await c.take(length))
    c.pass(length)
    return undefined
  }
  if (type === LIST) {
    const inner = (await c.numbers(4)).getUint32(0, true)
    const length = await count('elements of a list', MOST_ELEMENTS)
    const size = SIZES[inner]
    if (depth >= DEEPEST) throw c.damaged(at, `lists inside lists, more than ${DEEPEST} deep`)
    // Every element takes a byte at least.
    if (length > c.left) throw c.cutShort()
    if (size !== undefined) c.pass(length * size)
    else for (let k = 0; k < length; k++) await readValue(reader, inner, depth + 1)
    return undefined
  }
  const size = SIZES[type]
  if (size === undefined) throw c.damaged(at, `there is no such kind of value as ${type}`)
  return wholeNumber(await c.numbers(size), type)
}

function wholeNumber(view: DataView, type: number): number | undefined {
  switch (type) {
    case 0:
    case 7:
      return view.getUint8(0)
    case 1:
      return view.getInt8(0)
    case 2:
      return view.getUint16(0, true)
    case 3:
      return view.getInt16(0, true)
    case 4:
      return view.getUint32(0, true)
    case 5:
      return view.getInt32(0, true)
    case 10:
    case 11:
      return number64(view)
    default:
      return undefined
  }
}

/** A list of a few whole numbers; undefined for any other. */
async function smallList(reader: Reader): Promise<number[] | undefined> {
  const { c, count } = reader
  const type = (await c.numbers(4)).getUint32(0, true)
  const length = await count('elements of a list', MOST_AXES)
  const list: number[] = []
  for (let k = 0; k < length; k++) {
    const value = await readValue(reader, type, 1)
    if (typeof value === 'number') list.push(value)
  }
  return list.length === length ? list : undefined
}

async function readTensor(reader: Reader, shapes: ReadonlyMap<string, readonly number[]>): Promise<GgufTensor> {
  const { c, count } = reader
  const name = await text(reader)
  const at = c.position
  const axes = (await c.numbers(4)).getUint32(0, true)
  if (axes > MOST_AXES) throw c.damaged(at, `tensor ${name} has ${axes} axes`)
  const sizes: number[] = []
  for (let k = 0; k < axes; k++) sizes.unshift(await count('elements along an axis', Number.MAX_SAFE_INTEGER))
  const view = await c.numbers(12)
  const [type, offset] = [view.getUint32(0, true), number64(view, 4)]
  const original = shapes.get(name)
  const isSame = original !== undefined && product(original) === product(sizes)
  return { name, shape: isSame ? original : sizes, type, offset }
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}
