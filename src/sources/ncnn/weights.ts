import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { ByteWindow } from '../byte-window.ts'
import { blocksOf, type NcnnBlock } from './blocks.ts'
import type { NcnnLayer } from './param.ts'

// ModelBinFromDataReader::load in ncnn's src/modelbin.cpp.
const FLOAT16 = 0x01306b47
const INT8 = 0x000d4b38
const FLOAT32_WITH_SCALES = 0x0002c056
const TABLE_BYTES = 256 * 4

/** A block of numbers in the .bin. */
export interface PlacedBlock extends NcnnBlock {
  readonly offset: number
  /** Absent for what is no list of floats. */
  readonly dtype?: StoredType
  /** What it is instead. */
  readonly stored: string
}

export interface PlacedBlocks {
  /** By layer; layers behind one whose numbers are not known have none. */
  readonly blocks: ReadonlyMap<NcnnLayer, readonly PlacedBlock[]>
  /** The layer behind which nothing can be found. */
  readonly stopped: NcnnLayer | undefined
}

/** Goes through the .bin as ncnn loads it. @throws InputError when it does not fit the layers */
export async function placeBlocks(param: string, bin: RandomAccess, layers: readonly NcnnLayer[]): Promise<PlacedBlocks> {
  const c = new ByteWindow(bin)
  const blocks = new Map<NcnnLayer, readonly PlacedBlock[]>()
  const misfit = (where: string): InputError =>
    new InputError(
      bin.name,
      `does not fit ${param}: ${where}; it belongs to another .param, is damaged, or one of its layers keeps numbers in a way that is not known`,
    )
  for (const layer of layers) {
    const wanted = blocksOf(layer)
    if (!wanted) return { blocks, stopped: layer }
    const placed: PlacedBlock[] = []
    for (const block of wanted) {
      if (!Number.isSafeInteger(block.count) || block.count < 0)
        throw new InputError(param, `layer ${layer.name} asks for ${block.count} numbers; the file is damaged, get it again`)
      const needed = block.count * (block.isMarked ? 1 : 4)
      if (needed > c.left)
        throw misfit(`layer ${layer.name} begins at byte ${c.position} of ${bin.byteLength} and needs ${block.count} numbers`)
      placed.push(await placeBlock(c, block, () => misfit(`layer ${layer.name} has a mark that is none at byte ${c.position}`)))
    }
    if (placed.length > 0) blocks.set(layer, placed)
  }
  if (c.left > 0) throw misfit(`${c.left} of ${bin.byteLength} bytes are left over`)
  return { blocks, stopped: undefined }
}

async function placeBlock(c: ByteWindow, block: NcnnBlock, misfit: () => InputError): Promise<PlacedBlock> {
  const { count } = block
  const mark = block.isMarked ? (await c.numbers(4)).getUint32(0, true) : 0
  const offset = c.position
  const take = (bytes: number, stored: string, dtype?: StoredType): PlacedBlock => {
    if (bytes > c.left) throw misfit()
    c.pass(bytes)
    return { ...block, offset, stored, ...(dtype && { dtype }) }
  }
  if (mark === 0 || mark === FLOAT32_WITH_SCALES) return take(4 * count, 'float32', 'float32')
  if (mark === FLOAT16) return take(aligned(2 * count), 'float16', 'float16')
  if (mark === INT8) return take(aligned(count), 'int8 with a scale for each channel')
  return take(TABLE_BYTES + aligned(count), 'numbers of a table of 256')
}

/** ncnn fills blocks up to whole words. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 4) * 4
}
