/**
 * A global heap collection, where HDF5 keeps variable-length values:
 *
 *   0      4        8                 8 + L
 *   "GCOL" | 1 0 0 0 | size (L bytes) | objects, each: index (2), references (2), reserved (4), size (L), bytes padded to 8
 *
 * The object with index 0 is the free space; its size counts its own header, the others' does not. The library (2.0) steps from
 * object to object by these sizes without asking whether a step leads anywhere: a size of 0 is an endless loop. And it makes room
 * for the stated size before it looks for the end of the file. So a collection is walked here before the library sees it.
 *
 * `available` is how many bytes the file has from the first of these on. The library reads the first 4 KiB of a collection and then
 * the rest, which nothing marks as one: `further` reads it here, from an offset behind the collection's first byte.
 * @returns what is wrong with the bytes if they begin a collection; without `further` they may be its beginning only
 */
export function heapProblem(
  bytes: Uint8Array,
  lengthBytes: number,
  available: number = Infinity,
  further?: (offset: number, length: number) => Uint8Array,
): string | undefined {
  const header = 8 + lengthBytes
  if (bytes.length < header || bytes[0] !== 0x47 || bytes[1] !== 0x43 || bytes[2] !== 0x4f || bytes[3] !== 0x4c || bytes[4] !== 1)
    return undefined
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let from = 0 // where in the collection the view begins
  const lengthAt = (at: number): number =>
    lengthBytes === 8
      ? Number(view.getBigUint64(at - from, true))
      : lengthBytes === 4
        ? view.getUint32(at - from, true)
        : view.getUint16(at - from, true)
  const end = lengthAt(8)
  if (end > available) return `its global heap should have ${end} bytes where the file has ${available}`
  for (let at = aligned(header); at + header <= end; ) {
    if (at + header > from + view.byteLength) {
      const next = further?.(at, Math.min(WINDOW, end - at))
      if (!next) return undefined
      view = new DataView(next.buffer, next.byteOffset, next.byteLength)
      from = at
    }
    const index = view.getUint16(at - from, true)
    const size = lengthAt(at + 8)
    const step = index === 0 ? size : aligned(header) + aligned(size)
    if (step < 1 || at + step > end) return `its global heap has an object of ${size} bytes at byte ${at} of ${end}`
    at += step
  }
  return undefined
}

const WINDOW = 1 << 14

function aligned(size: number): number {
  return Math.ceil(size / 8) * 8
}

/** Bytes of a length in the file whose first bytes these are: 8 in nearly all. */
export function lengthBytesOf(superblock: Uint8Array): number {
  const size = superblock[8]! < 2 ? superblock[14] : superblock[10]
  return size === 2 || size === 4 ? size : 8
}
