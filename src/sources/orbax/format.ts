import { InputError } from '../../errors.ts'
import { InflatedCache } from '../../io/inflate.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { inOrder, storedOf, withoutOptimiser } from '../flax/tensors.ts'
import { namedFloats } from '../number-names.ts'
import { standsForTooMany } from '../repeated.ts'
import { MANIFEST_HEAD, METADATA_HEAD } from '../signatures.ts'
import type { Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import {
  AGGREGATE,
  MANIFEST_FILE,
  METADATA,
  namesPlaceholder,
  type OrbaxArray,
  type OrbaxItem,
  readItem,
  withoutValue,
} from './item.ts'
import { isOptimiserItem, itemName, itemTraining } from './naming.ts'
import { openOcdbt } from './ocdbt.ts'
import { folderStore, type Store } from './store.ts'
import { type OpenArray, zarrAccess } from './zarr-access.ts'
import { type ZarrArray, zarrArray } from './zarr-metadata.ts'

/** Unpacked chunks that are kept while a checkpoint is read. */
const KEPT_UNPACKED = 1 << 26
const MOST_LOOKUPS = 300_000
const LARGEST_DESCRIPTION = 1 << 20
const LOOKED_AT = 1 << 16

/** Orbax: a folder of arrays in chunks, of JAX, Flax and their kin, in an OCDBT database or as files. */
export const orbax: SourceFormat = {
  name: 'Orbax',
  async match(head, { access }) {
    if (beginsWith(head, MANIFEST_HEAD) || beginsWith(head, METADATA_HEAD)) return true
    const start = await access.read(0, Math.min(LOOKED_AT, access.byteLength))
    return namesPlaceholder(start)
  },
  open,
}

function beginsWith(head: Uint8Array, characters: string): boolean {
  return [...characters].every((character, k) => head[k] === character.charCodeAt(0))
}

async function open(input: Input): Promise<Source> {
  const { access, folder } = input
  const head = await access.read(0, Math.min(METADATA_HEAD.length, access.byteLength))
  const given = beginsWith(head, MANIFEST_HEAD) ? MANIFEST_FILE : beginsWith(head, METADATA_HEAD) ? METADATA : AGGREGATE
  const beside: RandomAccess[] = []
  const file = async (name: string): Promise<RandomAccess | undefined> => {
    if (name === given) return access
    const found = await folder.open(name)
    if (found) beside.push(found)
    return found
  }
  let store: Store | undefined
  const close = async (): Promise<void> => {
    await store?.close()
    for (const one of [...beside, access]) await one.close?.()
  }
  try {
    const metadata = await file(METADATA)
    const aggregate = metadata ? undefined : await file(AGGREGATE)
    const item = await readItem(metadata, aggregate)
    const manifest = await file(MANIFEST_FILE)
    if (item.isOcdbt && !manifest)
      throw new InputError(
        access.name,
        `names arrays that lie in ${MANIFEST_FILE}, which is not beside it; give the whole folder of a checkpoint that was written to its end`,
      )
    store = manifest ? await openOcdbt(manifest, folder) : folderStore(folder)
    const arrays = await arraysOf(access.name, item, store)
    return await sourceOf(input, item, arrays, store, beside, aggregate ?? access, close)
  } catch (error) {
    await store?.close()
    for (const one of beside) await one.close?.()
    throw error
  }
}

/** Every array, by name, with its shape; no values are read. */
async function arraysOf(file: string, item: OrbaxItem, store: Store): Promise<OrbaxArray[]> {
  const listed = await store.keys()
  const described = new Map(
    (listed ?? []).flatMap((key) => {
      const [, name, description] = /^(.*)\/(\.zarray|zarr\.json)$/s.exec(key) ?? []
      return name === undefined ? [] : [[name, description!] as const]
    }),
  )
  const stored: { key: string; path: string; zarr: ZarrArray }[] = []
  for (const key of new Set([...described.keys(), ...item.paths.keys()])) {
    const about = item.paths.get(key)
    const names = listed ? [described.get(key)].flatMap((name) => name ?? []) : ['.zarray', 'zarr.json']
    let description: RandomAccess | undefined
    for (const name of names) description ??= await store.get(`${key}/${name}`)
    if (description) stored.push({ key, path: about?.path ?? key.replaceAll('.', '/'), zarr: await describedBy(description) })
    else if (about?.isDue)
      throw new InputError(file, `names the array ${key}, which is not in the checkpoint; give the whole folder, or get it again`)
  }
  const inline = item.inline.map((array) => ({ path: array.name, inline: array }))
  const all = [...stored, ...inline]
  const names = withoutValue(all.map(({ path }) => path))
  const arrays = all.map(
    (one, k): OrbaxArray =>
      'inline' in one
        ? { name: names[k]!, shape: one.inline.shape, dtype: one.inline.dtype, inline: one.inline }
        : { name: names[k]!, shape: one.zarr.shape, dtype: one.zarr.dtype, stored: one },
  )
  if (arrays.length === 0)
    throw new InputError(file, 'is a checkpoint without arrays, or one whose arrays are not beside it; give the whole folder')
  return arrays.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function describedBy(description: RandomAccess): Promise<ZarrArray> {
  const { name, byteLength } = description
  if (byteLength > LARGEST_DESCRIPTION)
    throw new InputError(name, `has ${byteLength} bytes where an array is described; it is damaged`)
  return zarrArray(name, await description.read(0, byteLength))
}

async function sourceOf(
  { access, path }: Input,
  item: OrbaxItem,
  arrays: readonly OrbaxArray[],
  store: Store,
  beside: readonly RandomAccess[],
  aggregate: RandomAccess,
  close: () => Promise<void>,
): Promise<Source> {
  const { kept, skipped } = withoutOptimiser(arrays, isOptimiserItem(path))
  const cache = new InflatedCache(KEPT_UNPACKED)
  const lookups = { left: MOST_LOOKUPS }
  const incomplete: string[] = []
  const openArray = async (key: string, zarr: ZarrArray): Promise<OpenArray> => {
    const opened = await zarrAccess(store, key, zarr, cache, lookups)
    const { missing } = opened
    if (missing > 0 && item.isWhole)
      throw new InputError(
        access.name,
        `lacks ${missing} chunks of the array ${key}; the checkpoint is not complete, get it again`,
      )
    if (missing > 0) incomplete.push(key)
    return opened
  }
  const weightsOf = async (
    { key, zarr }: { key: string; zarr: ZarrArray },
    dtype: WeightPlan['dtype'],
  ): Promise<NamedTensor['weights']> => {
    const { access: values, missing, stored } = await openArray(key, zarr)
    if (missing > 0 && standsForTooMany(stored, zarr.shape))
      return { unsupported: `${stored} of its ${zarr.shape.reduce((product, side) => product * side, 1)} numbers` }
    return { access: values, offset: 0, dtype }
  }
  const tensors: NamedTensor[] = []
  for (const { name, shape, dtype, stored, inline } of kept) {
    const type = namedFloats.get(dtype)
    const isRead = type && stored && shape.length === 4 && !shape.includes(0)
    const weights = inline ? storedOf(aggregate, inline) : isRead ? await weightsOf(stored, type) : { unsupported: dtype }
    tensors.push({ name, shape, weights })
  }
  const training = await itemTraining(path, access.name, arrays, async (key, zarr) => (await openArray(key, zarr)).access)
  const { tensors: turned, warnings } = inOrder(tensors)
  const about = { name: itemName(path), format: orbax.name, producer: null, opset: null, meta: {}, skipped }
  const census = await stateDictModels(turned, { ...about, parts: [...beside, ...store.parts] })
  const zeros = incomplete.map((key) => `chunks of ${key} are not stored and are taken for zeros, as older checkpoints mean it`)
  return {
    format: orbax.name,
    models: census.models,
    warnings: [...warnings, ...census.warnings, ...zeros].map((warning) => `${access.name}: ${warning}`),
    ...(training && { training }),
    close,
  }
}
