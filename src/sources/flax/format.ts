import { InputError } from '../../errors.ts'
import { memoryAccess } from '../../io/random-access.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import { MsgpackCursor } from './msgpack.ts'
import { inOrder, storedOf, withoutOptimiser } from './tensors.ts'
import { beginsWithArrays, readArrays } from './tree.ts'

/** Bytes and values that are looked at to tell such a file from any other MessagePack. */
const LOOKED_AT = 1 << 16
const MOST_LOOKED_AT = 1000

/** Flax: a tree of arrays in MessagePack (flax.serialization.to_bytes, flax_model.msgpack). */
export const flax: SourceFormat = {
  name: 'Flax',
  async match(head, { access }) {
    const [first, second] = head
    const isMap = first !== undefined && ((first > 0x80 && first < 0x90) || first === 0xde || first === 0xdf)
    // A name comes next: in short, or behind the count of a longer map.
    if (!isMap || (first < 0x90 && !(second! >= 0xa0 && second! <= 0xbf) && !(second! >= 0xd9 && second! <= 0xdb))) return false
    const start = await access.read(0, Math.min(LOOKED_AT, access.byteLength))
    try {
      return await beginsWithArrays(new MsgpackCursor(memoryAccess(access.name, start)), MOST_LOOKED_AT)
    } catch (error) {
      if (error instanceof InputError) return false // no MessagePack, or an array far behind
      throw error
    }
  },
  async open({ access, path }): Promise<Source> {
    const arrays = await readArrays(new MsgpackCursor(access))
    const { kept, skipped } = withoutOptimiser(arrays)
    const { tensors, warnings } = inOrder(
      kept.map((array) => ({ name: array.name, shape: array.shape, weights: storedOf(access, array) })),
    )
    const about = { name: modelName(path), format: flax.name, producer: null, opset: null, meta: {}, parts: [], skipped }
    const census = await stateDictModels(tensors, about)
    return {
      format: flax.name,
      models: census.models,
      warnings: [...warnings, ...census.warnings].map((warning) => `${access.name}: ${warning}`),
      close: async () => access.close?.(),
    }
  },
}
