import type { RandomAccess } from '../io/random-access.ts'

// The order in which groups were made is not kept by name, but their headers lie in it. HDF5 file format specification 3.0,
// sections II.A (superblock 0 and 1), III.A.1 (B-tree, type 0), III.B (symbol table node), III.C (symbol table entry), III.D (local heap).
//
//   superblock      0 signature  8 version  13 bytes of an offset  14 bytes of a length  24 (v1: 28) base address, then four offsets,
//                   the last of which begins the root's entry
//   entry           name offset (8), header address (8), cache type (4), reserved (4), scratch: B-tree address (8), heap address (8)
//   B-tree node     "TREE", type 0, level, entries used (2), left, right (16), key (8), child (8), key, child …
//   symbol node     "SNOD", version, reserved, symbols (2), entries of 40 bytes
//   local heap      "HEAP", version, reserved (3), data size (8), free list (8), data address (8)

const MOST_NODES = 100_000
const ENTRY = 40
/**
 * A local heap of names that is full is moved to a place of twice its size. From this size on (bytes) the place that it left takes a
 * header of h5py (272 bytes), so that objects made later may lie before those made earlier.
 */
const REUSED_HEAP = 2 * 272

/** Where the headers of a file's objects lie. */
export interface HeaderAddresses {
  /** By path: "/a/b". */
  readonly addresses: ReadonlyMap<string, number>
  /** True when they grow with the order of creation; false when a group of many names may have left gaps for later headers. */
  readonly isInOrder: boolean
}

/**
 * The address of each object's header.
 * @returns undefined for files of the newer layouts (superblock 2 and 3), which need the library, and for damaged ones
 */
export async function headerAddresses(access: RandomAccess): Promise<HeaderAddresses | undefined> {
  const addresses = new Map<string, number>()
  let isInOrder = true
  let nodes = 0

  const at = async (offset: number, length: number): Promise<DataView> => {
    if (++nodes > MOST_NODES) throw new RangeError('too many nodes')
    const bytes = await access.read(offset, length)
    return new DataView(bytes.buffer, bytes.byteOffset, length)
  }
  const offsetAt = (view: DataView, byte: number): number => Number(view.getBigUint64(byte, true))

  async function names(heap: number): Promise<(offset: number) => string> {
    const header = await at(base + heap, 32)
    if (header.getUint32(0) !== 0x48454150) throw new RangeError('no heap')
    const size = offsetAt(header, 8)
    if (size > 1 << 26) throw new RangeError('a heap larger than any group needs')
    if (size >= REUSED_HEAP) isInOrder = false
    const data = await access.read(base + offsetAt(header, 24), size)
    return (offset) => {
      const end = data.indexOf(0, offset)
      return new TextDecoder().decode(data.subarray(offset, end < 0 ? data.length : end))
    }
  }

  async function tree(address: number, nameAt: (offset: number) => string, path: string, depth: number): Promise<void> {
    if (depth > 64) throw new RangeError('too deep')
    const head = await at(base + address, 24)
    if (head.getUint32(0) === 0x534e4f44) return symbols(address, head.getUint16(6, true), nameAt, path, depth)
    if (head.getUint32(0) !== 0x54524545 || head.getUint8(4) !== 0) throw new RangeError('no group B-tree')
    const used = head.getUint16(6, true)
    const children = await at(base + address + 24, used * 16 + 8)
    for (let k = 0; k < used; k++) await tree(offsetAt(children, k * 16 + 8), nameAt, path, depth + 1)
  }

  async function symbols(
    address: number,
    count: number,
    nameAt: (offset: number) => string,
    path: string,
    depth: number,
  ): Promise<void> {
    const entries = await at(base + address + 8, count * ENTRY)
    for (let k = 0; k < count; k++) await entry(entries, k * ENTRY, `${path}/${nameAt(offsetAt(entries, k * ENTRY))}`, depth)
  }

  async function entry(view: DataView, byte: number, path: string, depth: number): Promise<void> {
    addresses.set(path, offsetAt(view, byte + 8))
    const isGroup = view.getUint32(byte + 16, true) === 1
    if (isGroup) await tree(offsetAt(view, byte + 24), await names(offsetAt(view, byte + 32)), path, depth + 1)
  }

  let base = 0
  try {
    const start = await at(0, Math.min(128, access.byteLength))
    const version = start.getUint8(8)
    if (start.getUint32(0) !== 0x89484446 || version > 1 || start.getUint8(13) !== 8 || start.getUint8(14) !== 8) return undefined
    const addressesAt = version === 0 ? 24 : 28
    base = offsetAt(start, addressesAt)
    await entry(start, addressesAt + 32, '', 0)
    return { addresses, isInOrder }
  } catch {
    return undefined // an order that cannot be found is no fault of the file: the library reads it all the same
  }
}
