import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { parsedJson } from '../json-text.ts'
import { duplicateKey } from './json-keys.ts'

/**
 *   byte 0          8            8 + n               end
 *   | n (u64 LE)    | JSON, {…}  | tensors, no gaps  |
 */
const LENGTH_BYTES = 8
/** A greater length is no length: other bytes before a brace. */
const LONGEST_BELIEVED = 1_000_000_000_000
/** The reference's cap on the header. */
const LARGEST_HEADER = 100_000_000

/** A tensor as the header names it. */
export interface HeaderTensor {
  readonly name: string
  /** "F32", "BF16", "F8_E4M3" … */
  readonly dtype: string
  readonly shape: readonly number[]
  /** First byte in the file. */
  readonly offset: number
}

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: readonly HeaderTensor[]
  readonly metadata: Readonly<Record<string, string>>
}

/** Bits of one element. */
const ELEMENT_BITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    F64: 64,
    F32: 32,
    F16: 16,
    BF16: 16,
    I64: 64,
    I32: 32,
    I16: 16,
    I8: 8,
    U64: 64,
    U32: 32,
    U16: 16,
    U8: 8,
    BOOL: 8,
    F8_E4M3: 8,
    F8_E5M2: 8,
    F8_E8M0: 8,
    F8_E4M3FNUZ: 8,
    F8_E5M2FNUZ: 8,
    F6_E2M3: 6,
    F6_E3M2: 6,
    F4: 4,
    C64: 64,
  }),
)

/** True for bytes that begin like a safetensors file: a possible length, then `{`. */
export function looksLikeHeader(head: Uint8Array): boolean {
  if (head.length < LENGTH_BYTES + 2 || head[LENGTH_BYTES] !== 0x7b) return false
  const length = headerLength(head)
  return length >= 2 && length < LONGEST_BELIEVED
}

function headerLength(head: Uint8Array): number {
  return Number(new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true))
}

/**
 * Reads and checks a header as the reference implementation does: its length is within the file and the cap, it is a JSON
 * object without repeated keys, every tensor's bytes are its shape times its type, and the tensors fill the rest of the
 * file without gaps or overlaps.
 * @throws InputError that names the first thing that is not so
 */
export async function readHeader(access: RandomAccess): Promise<Header> {
  const refuse = (what: string): InputError => new InputError(access.name, what)
  if (access.byteLength < LENGTH_BYTES)
    throw refuse(`is cut short: it has ${access.byteLength} bytes and no header; get it again`)
  const length = headerLength(await access.read(0, LENGTH_BYTES))
  if (length > LARGEST_HEADER)
    throw refuse(
      `its header claims ${length} bytes, more than the ${LARGEST_HEADER} that safetensors allows; the file is damaged`,
    )
  const dataStart = LENGTH_BYTES + length
  if (dataStart > access.byteLength)
    throw refuse(
      `is cut short: it ends at byte ${access.byteLength}, inside its header, which runs to byte ${dataStart}; get it again`,
    )
  const text = decode(await access.read(LENGTH_BYTES, length))
  if (text === undefined) throw refuse('its header is no UTF-8 text; the file is damaged, get it again')
  if (!text.startsWith('{')) throw refuse('its header does not begin with {; it is no safetensors file, or a damaged one')
  let json: unknown
  try {
    json = parsedJson(text)
  } catch (error) {
    const isDeep = error instanceof SyntaxError && error.message.startsWith('nested')
    throw new InputError(access.name, `its header is ${isDeep ? error.message : 'no JSON'}; the file is damaged, get it again`, {
      cause: error,
    })
  }
  const repeated = duplicateKey(text)
  if (repeated !== undefined) throw refuse(`its header names ${quoted(repeated)} twice; such a file is refused`)
  const { __metadata__: metadata, ...entries } = json as Record<string, unknown>
  const tensors = Object.entries(entries).map(([name, entry]) => checkedEntry(access, name, entry, dataStart))
  tensors.sort((a, b) => a.offset - b.offset || a.end - b.end)
  let end = dataStart
  for (const tensor of tensors) {
    if (tensor.offset !== end)
      throw refuse(
        `tensor ${quoted(tensor.name)} begins at byte ${tensor.offset}, but the one before it ends at byte ${end}; the header is damaged`,
      )
    end = tensor.end
  }
  if (end > access.byteLength) {
    const first = tensors.find((tensor) => tensor.end > access.byteLength)!
    throw refuse(
      `is cut short: it ends at byte ${access.byteLength}, inside tensor ${quoted(first.name)}; its header lists tensors up to byte ${end}; get it again`,
    )
  }
  if (end < access.byteLength)
    throw refuse(`has ${access.byteLength - end} bytes that belong to no tensor, from byte ${end}; the file is damaged`)
  return { tensors, metadata: stringMap(metadata) }
}

function checkedEntry(access: RandomAccess, name: string, entry: unknown, dataStart: number): HeaderTensor & { end: number } {
  const refuse = (what: string): InputError =>
    new InputError(access.name, `tensor ${quoted(name)} ${what}; the header is damaged`)
  if (typeof entry !== 'object' || entry === null) throw refuse('has no description')
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>
  if (typeof dtype !== 'string') throw refuse('has no dtype')
  if (!Array.isArray(shape) || !shape.every(isSize)) throw refuse('has no shape')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) throw refuse('has no data_offsets')
  const [begin, end] = offsets as [number, number]
  const count = (shape as number[]).reduce((product, size) => product * size, 1)
  const bits = ELEMENT_BITS.get(dtype)
  if (begin > end) throw refuse(`ends at ${end} before it begins at ${begin}`)
  // A type newer than this list: its bytes are left alone, so only their order is checked.
  if (bits !== undefined && (end - begin) * 8 !== count * bits)
    throw refuse(`has ${end - begin} bytes, but ${shape.join('×')} ${dtype} needs ${(count * bits) / 8}`)
  return { name, dtype, shape: shape as number[], offset: dataStart + begin, end: dataStart + end }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function stringMap(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
}
