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
 * `available` is how many bytes the file has from the first of these on.
 * @returns what is wrong with the bytes if they begin a collection; they may be its beginning only
 */
export function heapProblem(bytes: Uint8Array, lengthBytes: number, available: number = Infinity): string | undefined {
  const header = 8 + lengthBytes
  if (bytes.length < header || bytes[0] !== 0x47 || bytes[1] !== 0x43 || bytes[2] !== 0x4f || bytes[3] !== 0x4c || bytes[4] !== 1)
    return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lengthAt = (at: number): number =>
    lengthBytes === 8
      ? Number(view.getBigUint64(at, true))
      : lengthBytes === 4
        ? view.getUint32(at, true)
        : view.getUint16(at, true)
  const end = lengthAt(8)
  if (end > available) return `its global heap should have ${end} bytes where the file has ${available}`
  for (let at = aligned(header); at + header <= Math.min(end, bytes.length); ) {
    const index = view.getUint16(at, true)
    const size = lengthAt(at + 8)
    const step = index === 0 ? size : aligned(header) + aligned(size)
    if (step < 1 || at + step > end) return `its global heap has an object of ${size} bytes at byte ${at} of ${end}`
    at += step
  }
  return undefined
}

function aligned(size: number): number {
  return Math.ceil(size / 8) * 8
}

/** Bytes of a length in the file whose first bytes these are: 8 in nearly all. */
export function lengthBytesOf(superblock: Uint8Array): number {
  const size = superblock[8]! < 2 ? superblock[14] : superblock[10]
  return size === 2 || size === 4 ? size : 8
}
