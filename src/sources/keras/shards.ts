import { InputError } from '../../errors.ts'
import { type Hdf5File, openHdf5 } from '../../hdf5/file.ts'
import { hwioNetworks } from '../hwio-networks.ts'
import { isRecord, readJson } from '../json-file.ts'
import { modelName } from '../model-name.ts'
import { openParts } from '../shard-index.ts'
import type { Source, SourceFormat } from '../source.ts'
import { UNCERTAIN } from './format.ts'
import { numberedTensors } from './weights-h5.ts'

const LARGEST_INDEX = 64 << 20

/** Keras 3's save_weights('w.weights.json', max_shard_size): an index of groups, and files of weights beside it. */
export const kerasShards: SourceFormat = {
  name: 'Keras shards',
  async match(head, { access }) {
    if (head[0] !== 0x7b || access.byteLength > LARGEST_INDEX || !new TextDecoder().decode(head).includes('"weight_map"'))
      return false
    return filesOf(await readJson(access)) !== undefined
  },
  async open(input): Promise<Source> {
    const { access, path } = input
    const groups = filesOf(await readJson(access))
    if (!groups) throw new InputError(access.name, 'names no files of Keras weights')
    const index = new Map<string, string>()
    for (const [group, files] of groups) for (const file of files) index.set(`${group} in ${file}`, file)
    const parts = await openParts(input, index)
    const opened: Hdf5File[] = []
    const close = async (): Promise<void> => {
      for (const file of opened) await file.close()
      for (const part of parts.values()) await part.close?.()
    }
    try {
      for (const part of parts.values()) opened.push(await openHdf5(part))
      // The index lists groups as they were written.
      const place = new Map([...groups.keys()].map((group, k) => [group.replace(/^\//, '').replace(/\/?vars$/, ''), k + 1]))
      const made = (group: string): number => place.get(group) ?? 0
      const { tensors, isCertain } = await numberedTensors(
        opened.map((file) => ({ file, made })),
        undefined,
      )
      const about = { format: 'Keras', producer: null, opset: null, meta: {}, parts: [...parts.values()] }
      const name = modelName(path).replace(/\.weights$/, '')
      const { models, warnings } = await hwioNetworks(tensors, { ...about, name })
      return {
        format: 'Keras',
        models,
        warnings: isCertain ? warnings : [...warnings, UNCERTAIN],
        async close() {
          await close()
          await access.close?.()
        },
      }
    } catch (error) {
      await close()
      throw error
    }
  },
}

/** The files of each group; undefined for JSON that is no such index. */
function filesOf(json: unknown): Map<string, readonly string[]> | undefined {
  const map = isRecord(json) ? json['weight_map'] : undefined
  if (!isRecord(map)) return undefined
  const entries = Object.entries(map)
  const isIndex = entries.every((entry): entry is [string, string[]] => isFileList(entry[1]))
  return isIndex && entries.length > 0 ? new Map(entries) : undefined
}

function isFileList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((file) => typeof file === 'string' && file.endsWith('.h5'))
}
