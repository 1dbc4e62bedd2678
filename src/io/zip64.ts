import { InputError } from '../errors.ts'
import type { RandomAccess } from './random-access.ts'

const END = 0x06054b50
const END_LENGTH = 22
const LONGEST_COMMENT = 0xffff
const LOCATOR = 0x07064b50
const LOCATOR_LENGTH = 20
const END64 = 0x06064b50
const END64_LENGTH = 56
/** Where the end record states the directory's first byte. */
const PLACE = 16

/**
 * The same zip with its ZIP64 end record shown: the place of the directory in the ordinary end record reads as 0xffffffff, which
 * says "look into the ZIP64 record". torch.save writes that record into every file and leaves the ordinary one filled in, and
 * zip.js 2.24 looks for a ZIP64 record only when the ordinary one is not (docs/decisions/zip64.md).
 * @throws InputError when the two records contradict each other
 */
export async function withZip64Shown(access: RandomAccess): Promise<RandomAccess> {
  const end = await findEnd(access)
  if (!end || end.at < LOCATOR_LENGTH + END64_LENGTH) return access
  const { at, view } = end
  if (view.getUint32(PLACE, true) === 0xffffffff) return access
  const locator = await viewOf(access, at - LOCATOR_LENGTH, LOCATOR_LENGTH)
  if (locator.getUint32(0, true) !== LOCATOR) return access
  const stated = Number(locator.getBigUint64(8, true))
  // Its place is stated from the zip's own beginning, which bytes before it shift; the usual length gives it as well.
  const places = [stated, at - LOCATOR_LENGTH - END64_LENGTH].filter((from) => from >= 0 && from + END64_LENGTH <= at)
  const records = await Promise.all(places.map((from) => viewOf(access, from, END64_LENGTH)))
  const record = records.find((one) => one.getUint32(0, true) === END64)
  if (!record) return access
  for (const [what, short, sentinel, long] of [
    ['entries', view.getUint16(10, true), 0xffff, record.getBigUint64(32, true)],
    ['bytes of directory', view.getUint32(12, true), 0xffffffff, record.getBigUint64(40, true)],
    ['as its first byte', view.getUint32(PLACE, true), 0xffffffff, record.getBigUint64(48, true)],
  ] as const)
    if (short !== sentinel && BigInt(short) !== long)
      throw new InputError(access.name, `is a zip that can be read in two ways (${short} or ${long} ${what}); pack it anew`)
  return {
    name: access.name,
    byteLength: access.byteLength,
    async read(offset, length) {
      const bytes = (await access.read(offset, length)).slice()
      for (let k = 0; k < 4; k++) {
        const place = at + PLACE + k - offset
        if (place >= 0 && place < length) bytes[place] = 0xff
      }
      return bytes
    },
  }
}

/** The end record whose comment ends where the file does; none for a zip with bytes behind it, which zip.js judges. */
async function findEnd(access: RandomAccess): Promise<{ at: number; view: DataView } | undefined> {
  const span = Math.min(access.byteLength, END_LENGTH + LONGEST_COMMENT)
  if (span < END_LENGTH) return undefined
  const first = await viewOf(access, access.byteLength - END_LENGTH, END_LENGTH)
  if (first.getUint32(0, true) === END && first.getUint16(20, true) === 0)
    return { at: access.byteLength - END_LENGTH, view: first }
  const tail = await viewOf(access, access.byteLength - span, span)
  for (let k = span - END_LENGTH; k >= 0; k--)
    if (tail.getUint32(k, true) === END && tail.getUint16(k + 20, true) === span - END_LENGTH - k)
      return { at: access.byteLength - span + k, view: new DataView(tail.buffer, tail.byteOffset + k, END_LENGTH) }
  return undefined
}

async function viewOf(access: RandomAccess, offset: number, length: number): Promise<DataView> {
  const bytes = await access.read(offset, length)
  return new DataView(bytes.buffer, bytes.byteOffset, length)
}
