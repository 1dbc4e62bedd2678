import { openScratch } from '#io'
import type { WasmInstance } from '../wasm/module.ts'
import type { ConvShape, WeightPlan } from './plan.ts'
import { type WeightReader, weightReader } from './reader.ts'

/** Bytes of float32 that are put in order at a time. */
const BLOCK = 256 << 20
/** Bytes of float32 up to which it is cheaper to read all that is stored for each part than to copy it. */
const HELD = 32 << 20

/** A layer's weights, and what lets go of a copy of them. */
export interface ReaderInOrder {
  readonly reader: WeightReader
  close(): Promise<void>
}

/**
 * The reader of a layer; one of which each read goes through all that is stored, and that is too large to be held, is first written
 * in order to a file for temporary use, once, so that any part of it can be read by itself. Where there is no place for such a file
 * (in a browser, on a full disk) it is read as it lies.
 * @param held bytes of float32 up to which whoever asks holds the layer in memory, or may read all of it for each part
 * @param block bytes of float32 that are put in order at a time, in the module's arena
 * @throws InputError when the bytes cannot be read
 */
export async function readerInOrder(
  wasm: WasmInstance,
  plan: WeightPlan,
  shape: ConvShape,
  { held = HELD, block = BLOCK }: { held?: number; block?: number } = {},
): Promise<ReaderInOrder> {
  const stored = weightReader(plan, shape)
  const asStored = { reader: stored, close: async () => {} }
  const { filters, taps } = stored
  if (!stored.isScattered || filters * taps * 4 <= held) return asStored
  const scratch = await openScratch(filters * taps * 4)
  if (!scratch) return asStored
  const count = Math.min(filters, Math.max(1, Math.floor(block / (taps * 4))))
  const bytes = Math.ceil((count * taps * 4) / 16) * 16
  const address = wasm.reserve(bytes + stored.scratchBytes + 16)
  let narrowed = 0
  try {
    for (let from = 0; from < filters; from += count) {
      const some = Math.min(count, filters - from)
      narrowed += await stored.read(wasm, address, address + bytes, from, some)
      if (!(await scratch.append(wasm.u8(address, some * taps * 4)))) {
        await scratch.close()
        return asStored
      }
    }
  } catch (error) {
    await scratch.close()
    throw error
  }
  const access = { name: plan.access.name, byteLength: filters * taps * 4, read: scratch.read }
  const inOrder = weightReader({ access, offset: 0, dtype: 'float32' }, shape)
  const read: WeightReader['read'] = async (...what) => {
    const before = narrowed // told once, by whoever reads first
    narrowed = 0
    return before + (await inOrder.read(...what))
  }
  return { reader: { ...inOrder, read }, close: scratch.close }
}
