import { loadZstd } from '../../codecs/zstd.ts'
import { InputError } from '../../errors.ts'
import { crcOf } from '../../io/crc32.ts'
import { inflateExactly } from '../../io/inflate.ts'
import { memoryAccess, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import type { PackingStep } from './zarr-metadata.ts'

/** How much the bytes of a chunk can grow: a block of ZSTD makes 128 KiB of four bytes, deflate 1,032 of one. */
const GROWTH: Readonly<Record<PackingStep, number>> = { zstd: 1 << 15, gzip: 1032, crc32c: 1 }
const CRC_BYTES = 4
const GZIP_HEAD = 10
const GZIP_TAIL = 8

/** The most that `stored` bytes can unpack to. */
export function mostUnpacked(stored: number, packing: readonly PackingStep[]): number {
  return packing.reduce((most, step) => (step === 'crc32c' ? most : (most + 64) * GROWTH[step]), stored)
}

/**
 * The bytes of a chunk, which must be `byteLength`; a checksum that is stored with them is checked.
 * @throws InputError when they are damaged, or more or fewer
 */
export async function unpackChunk(
  stored: RandomAccess,
  packing: readonly PackingStep[],
  byteLength: number,
): Promise<Uint8Array> {
  const { name } = stored
  if (byteLength > mostUnpacked(stored.byteLength, packing))
    throw new InputError(
      name,
      `has ${stored.byteLength} bytes, which cannot hold the ${byteLength} of a chunk; it is damaged, get it again`,
    )
  let access = stored
  for (const [k, step] of [...packing].reverse().entries()) {
    const inner = packing.length - 1 - k
    const length = packing.slice(0, inner).every((other) => other === 'crc32c') ? byteLength + CRC_BYTES * inner : undefined
    if (length === undefined && step !== 'crc32c')
      throw new InputError(name, 'is packed twice over, which is not read; restore and save it with orbax')
    access = memoryAccess(name, step === 'crc32c' ? await checkedBytes(access) : await unpacked(access, step, length!))
  }
  if (access.byteLength !== byteLength)
    throw new InputError(name, `holds ${access.byteLength} bytes where a chunk has ${byteLength}; it is damaged, get it again`)
  return access.read(0, byteLength)
}

async function unpacked(access: RandomAccess, step: 'zstd' | 'gzip', byteLength: number): Promise<Uint8Array> {
  if (step === 'gzip') return gunzip(access, byteLength)
  const unpack = await loadZstd()
  try {
    return unpack(await access.read(0, access.byteLength), byteLength)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new InputError(access.name, `cannot be unpacked: ${error.message}; it is damaged, get it again`, { cause: error })
  }
}

/** Bytes in front of their CRC-32C. */
async function checkedBytes(access: RandomAccess): Promise<Uint8Array> {
  const damaged = new InputError(access.name, 'its checksum (CRC-32C) is wrong; the file is damaged, get it again')
  if (access.byteLength < CRC_BYTES) throw damaged
  const bytes = await access.read(0, access.byteLength)
  const content = bytes.subarray(0, bytes.length - CRC_BYTES)
  const stated = new DataView(bytes.buffer, bytes.byteOffset + content.length, CRC_BYTES).getUint32(0, true)
  if ((await crcOf('CRC-32C', content)) !== stated) throw damaged
  return content
}

/** One member of gzip without a name in it (RFC 1952), as zarr writes it. */
async function gunzip(access: RandomAccess, byteLength: number): Promise<Uint8Array> {
  const { name } = access
  const damaged = new InputError(name, 'is no gzip as zarr writes it, or damaged; get it again')
  if (access.byteLength < GZIP_HEAD + GZIP_TAIL) throw damaged
  const head = await access.read(0, GZIP_HEAD)
  if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8 || head[3] !== 0) throw damaged
  const tail = await access.read(access.byteLength - GZIP_TAIL, GZIP_TAIL)
  const view = new DataView(tail.buffer, tail.byteOffset, GZIP_TAIL)
  if (view.getUint32(4, true) !== byteLength % 0x100000000) throw damaged
  const deflated = sliceAccess(access, GZIP_HEAD, access.byteLength - GZIP_HEAD - GZIP_TAIL)
  return inflateExactly(deflated, byteLength, view.getUint32(0, true))
}
