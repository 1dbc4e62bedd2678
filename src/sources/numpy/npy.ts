import { InputError } from '../../errors.ts'
import { type RandomAccess, requireRange, sliceAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import type { Unsupported } from '../file-tensors.ts'
import { numpyNumbers } from '../numpy-numbers.ts'
import { readScalar } from '../scalar.ts'

// NEP 1, the .npy format:
//
//   0   93 'N' 'U' 'M' 'P' 'Y'
//   6   major, minor
//   8   header length: 16 bits (version 1) or 32 bits (versions 2, 3), little-endian
//       {'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 3, 3), }  padded with spaces, ended by a newline
//       the elements, without gaps

/** An array as it lies in a .npy file. */
export interface NpyArray {
  readonly shape: readonly number[]
  /** True when the first index varies fastest. */
  readonly fortranOrder: boolean
  readonly stored: Omit<WeightPlan, 'strides'> | Unsupported
  /** The first byte behind its elements, where they lie in a .npy file and their size is known. */
  readonly end?: number | undefined
  /** Of an array of one element. */
  readonly number?: () => Promise<number | null>
}

/** What an array of type object holds. */
export const PICKLED = 'pickled Python objects'

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const LONGEST_HEADER = 1 << 20
const FLOATS: Readonly<Record<string, StoredType>> = { f2: 'float16', f4: 'float32', f8: 'float64' }
const SMALLEST_HEAD = 10
/** Text is stored as UCS-4. */
const BYTES_OF_CHARACTER = 4
const MOST_IN_A_ROW = 200_000

/** True for bytes that begin a .npy file. */
export function looksLikeNpy(head: Uint8Array): boolean {
  return MAGIC.every((byte, k) => head[k] === byte)
}

/** The header's text, and where the elements begin. @throws InputError when it is damaged */
async function readHeader(access: RandomAccess): Promise<{ header: string; end: number }> {
  const { name } = access
  if (access.byteLength < SMALLEST_HEAD) throw new InputError(name, 'is cut short within the header of a .npy file; get it again')
  const start = await access.read(0, Math.min(12, access.byteLength))
  if (!looksLikeNpy(start)) throw new InputError(name, 'is no .npy file: it does not begin with \\x93NUMPY')
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const major = start[6]!
  if (major < 1 || major > 3) throw new InputError(name, `is a .npy file of version ${major}, and versions 1 to 3 are known`)
  const headerAt = major === 1 ? 10 : 12
  if (access.byteLength < headerAt) throw new InputError(name, 'is cut short within the header of a .npy file; get it again')
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (headerLength > LONGEST_HEADER)
    throw new InputError(name, `has a .npy header of ${headerLength} bytes, longer than any array needs; it is damaged`)
  const header = new TextDecoder().decode(await access.read(headerAt, headerLength))
  return { header, end: headerAt + headerLength }
}

/**
 * Arrays that stand one behind another in one file, as `numpy.save` leaves them when it is called again for an open file: leaves of a
 * tree that Equinox saves. The first is always there; what follows the last array is passed over.
 * @throws InputError when a header is damaged or the file ends before an array does
 */
export async function readNpySeries(access: RandomAccess): Promise<NpyArray[]> {
  const arrays = [await readNpy(access)]
  let at = arrays[0]!.end
  while (at !== undefined && at + SMALLEST_HEAD <= access.byteLength) {
    const rest = sliceAccess(access, at, access.byteLength - at)
    if (!looksLikeNpy(await rest.read(0, MAGIC.length))) break
    if (arrays.length === MOST_IN_A_ROW) throw new InputError(access.name, `holds more than ${MOST_IN_A_ROW} arrays in a row`)
    const array = await readNpy(rest)
    arrays.push(array)
    at = array.end === undefined ? undefined : at + array.end
  }
  return arrays
}

/** The first byte behind the header: of the pickle in a file of objects. @throws InputError when the header is damaged */
export async function npyContentAt(access: RandomAccess): Promise<number> {
  return (await readHeader(access)).end
}

/** @throws InputError when the header is damaged or the file ends before its last element */
export async function readNpy(access: RandomAccess): Promise<NpyArray> {
  const { name } = access
  const { header, end } = await readHeader(access)
  const descr = /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)"|(\[))/.exec(header)
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(header)
  if (!descr || !order || !shape)
    throw new InputError(name, `has a damaged .npy header: ${JSON.stringify(header.trim().slice(0, 200))}`)
  const sizes = shape[1]!
    .split(',')
    .map((size) => size.trim().replace(/L$/, ''))
    .filter((size) => size !== '')
    .map(Number)
  if (!sizes.every(Number.isSafeInteger)) throw new InputError(name, `has an impossible shape in its .npy header: (${shape[1]})`)
  const code = descr[1] ?? descr[2]
  return {
    shape: sizes,
    fortranOrder: order[1] === 'True',
    stored: stored(access, end, code, sizes),
    end: endOf(end, code, sizes),
    ...(sizes.every((size) => size === 1) && { number: () => numberAt(access, end, code) }),
  }
}

function endOf(from: number, code: string | undefined, shape: readonly number[]): number | undefined {
  const [, kind, digits] = /^[<>|=]?([a-zA-Z])(\d{1,9})$/.exec(code ?? '') ?? []
  if (kind === undefined || kind === 'O') return undefined
  const itemSize = Number(digits) * (kind === 'U' ? BYTES_OF_CHARACTER : 1)
  return from + shape.reduce((product, size) => product * size, itemSize)
}

const KINDS: Readonly<Record<string, string>> = { i: 'int', u: 'uint', f: 'float' }

async function numberAt(access: RandomAccess, offset: number, code: string | undefined): Promise<number | null> {
  const [, endian, kind = '', bytes] = /^([<>|=]?)([iuf])(\d)$/.exec(code ?? '') ?? []
  return readScalar(access, offset, `${KINDS[kind]}${8 * Number(bytes)}`, endian === '>')
}

function stored(access: RandomAccess, offset: number, code: string | undefined, shape: readonly number[]): NpyArray['stored'] {
  const parts = /^([<>|=]?)([a-zA-Z])(\d*)/.exec(code ?? '')
  if (!parts) return { unsupported: 'a record array' }
  const [, endian, kind, digits] = parts
  if (kind === 'O') return { unsupported: PICKLED }
  const dtype = FLOATS[`${kind}${digits}`]
  if (!dtype) {
    const whole = endian !== '>' && kind !== undefined ? numpyNumbers[`${kind}${digits}`] : undefined
    return { unsupported: `NumPy type ${code}`, ...(whole && { numbers: { access, offset, dtype: whole } }) }
  }
  const itemSize = Number(digits)
  const byteLength = shape.reduce((product, size) => product * size, itemSize)
  if (offset + byteLength > access.byteLength)
    throw new InputError(
      access.name,
      `needs bytes up to ${offset + byteLength} for an array of ${shape.join('×')}, but ends at ${access.byteLength}; it is cut short, get it again`,
    )
  return endian === '>' ? { access: swapped(access, offset, byteLength, itemSize), offset: 0, dtype } : { access, offset, dtype }
}

/** Big-endian elements turned round as they are read. */
function swapped(access: RandomAccess, start: number, byteLength: number, itemSize: number): RandomAccess {
  return {
    name: access.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(access.name, byteLength, offset, length)
      const from = offset - (offset % itemSize)
      const to = Math.min(byteLength, Math.ceil((offset + length) / itemSize) * itemSize)
      const items = Uint8Array.from(await access.read(start + from, to - from))
      for (let k = 0; k < items.length; k += itemSize) items.subarray(k, k + itemSize).reverse()
      const part = items.subarray(offset - from, offset - from + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
}

/** Strides in elements of an array's axes. */
export function npyStrides({ shape, fortranOrder }: NpyArray): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let k = 0; k < shape.length; k++) {
    const axis = fortranOrder ? k : shape.length - 1 - k
    strides[axis] = step
    step *= shape[axis]!
  }
  return strides
}
