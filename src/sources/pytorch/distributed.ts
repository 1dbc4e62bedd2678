import { InputError } from '../../errors.ts'
import { concatAccess, type Input, type RandomAccess, requireRange, sliceAccess } from '../../io/random-access.ts'
import { requireInside } from '../part-path.ts'
import { itemsOf } from '../pickle/builtins.ts'
import { sizes } from '../pickle/numpy.ts'
import { pickleProblem } from '../pickle/unsafe.ts'
import { PickleProblem, PyGlobal, PyObject, type PyValue } from '../pickle/values.ts'
import { type Checkpoint, openCheckpoint } from './container.ts'
import { TorchStorage, TorchTensor, typeNamed } from './values.ts'

/** The file that says which tensors a folder of torch.distributed.checkpoint holds, and where. */
const METADATA = '.metadata'
const MODULE = 'torch.distributed.checkpoint.metadata.'
const MOST_FILES = 10_000

/** A whole folder seen as one checkpoint. */
export interface Distributed {
  readonly checkpoint: Checkpoint
  readonly parts: readonly RandomAccess[]
  /** Name of the folder, where the input tells. */
  readonly folder: string | undefined
}

/** A box of a tensor, and the bytes of the file that torch.save wrote for it. */
interface Chunk {
  readonly offsets: readonly number[]
  readonly sizes: readonly number[]
  readonly file: string
  readonly offset: number
  readonly length: number
}

/** True for a file of such a folder by its name: nothing in a shard tells it from other torch files. */
export function isDistributed(path: string): boolean {
  return fileName(path) === METADATA || path.endsWith('.distcp')
}

/**
 * Reads the folder of torch.distributed.checkpoint that the input lies in, whichever of its files the input is. Its metadata is a
 * pickle of names, shapes and places; each chunk of a tensor is a torch file of its own at its place in a shard. Shards are opened
 * when a weight is asked for.
 * @throws InputError when the metadata is missing or damaged, or a shard is not beside it
 */
export async function openDistributed(input: Input): Promise<Distributed> {
  const isMetadata = fileName(input.path) === METADATA
  const metadata = isMetadata ? input.access : await input.folder.open(METADATA)
  if (!metadata)
    throw new InputError(
      input.access.name,
      'is a shard of torch.distributed.checkpoint without the .metadata that names its tensors; give the whole folder, or convert it with torch.distributed.checkpoint.format_utils.dcp_to_torch_save',
    )
  const parts = new Map<string, RandomAccess>()
  const unsafe = new Set<string>() // of the metadata, and of every chunk that is read
  const close = async (): Promise<void> => {
    for (const part of parts.values()) await part.close?.()
  }
  try {
    if (!isMetadata) parts.set(METADATA, metadata)
    const { root } = await openCheckpoint(metadata, unsafe)
    const { tree, chunks } = structureOf(metadata.name, root, unsafe)
    for (const file of [...new Set([...chunks.values()].flat().map(({ file }) => file))].sort()) {
      requireInside(metadata.name, file)
      if (parts.size > MOST_FILES) throw new InputError(metadata.name, `names more than ${MOST_FILES} shards`)
      if (file === fileName(input.path)) parts.set(file, input.access)
      else {
        const part = await input.folder.open(file)
        if (!part) throw new InputError(metadata.name, `names the shard ${file}, which is not beside it; give the whole folder`)
        parts.set(file, part)
      }
    }
    const opened = new Map<string, Promise<RandomAccess>>()
    const checkpoint: Checkpoint = {
      root: tree,
      unsafe,
      layout: 'distributed',
      storage(storage) {
        let bytes = opened.get(storage.key)
        if (!bytes) opened.set(storage.key, (bytes = readTensor(metadata.name, storage, chunks.get(storage.key)!, parts, unsafe)))
        return bytes
      },
    }
    return {
      checkpoint,
      parts: [...parts.values()].filter((part) => part !== input.access),
      folder: folderOf(input),
    }
  } catch (error) {
    await close()
    if (error instanceof PickleProblem)
      throw new InputError(metadata.name, pickleProblem(error.message, unsafe), { cause: error })
    throw error
  }
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function folderOf({ path, access }: Input): string | undefined {
  for (const whole of [path, access.name]) {
    const parts = whole.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
    if (parts.length > 1) return parts.at(-2)
  }
  return undefined
}

/** The nested dict that was saved, with tensors whose storage keys are their flat names, and the chunks of each. */
function structureOf(file: string, root: PyValue, unsafe: ReadonlySet<string>): { tree: PyValue; chunks: Map<string, Chunk[]> } {
  const damaged = (what: string): InputError =>
    new InputError(file, pickleProblem(`${what}; it is no metadata of torch.distributed.checkpoint, or damaged`, unsafe))
  if (!(root instanceof PyObject) || root.typeName !== `${MODULE}Metadata`) throw damaged('is a pickle of something else')
  const tensors = root.attributes?.get('state_dict_metadata')
  const places = root.attributes?.get('storage_data')
  if (!(tensors instanceof Map) || !(places instanceof Map)) throw damaged('names no tensors')
  const placed = placesOf(places, damaged)
  const paths = root.attributes?.get('planner_data')
  const tree = new Map<PyValue, PyValue>()
  const chunks = new Map<string, Chunk[]>()
  for (const [name, about] of tensors) {
    if (typeof name !== 'string') throw damaged('a name is no text')
    if (!(about instanceof PyObject) || about.typeName !== `${MODULE}TensorStorageMetadata`) continue
    const [type] = itemsOf(
      about.attributes?.get('properties') instanceof PyObject ? stateOf(about.attributes.get('properties')!) : null,
    )
    const stored = type instanceof PyGlobal && type.module === 'torch' ? typeNamed(type.name) : undefined
    if (!stored) throw damaged(`tensor ${name} has no element type that is known`)
    const shape = sizes(about.attributes?.get('size'))
    const count = shape.reduce((product, size) => product * size, 1)
    const own = itemsOf(about.attributes?.get('chunks')).map((chunk, index): Chunk => {
      const attributes = chunk instanceof PyObject ? chunk.attributes : undefined
      const offsets = sizes(attributes?.get('offsets'))
      const place = placed.get(placeKey(name, offsets)) ?? placed.get(placeKey(name, index))
      if (!place) throw damaged(`tensor ${name} has a part without a place`)
      return { offsets, sizes: sizes(attributes?.get('sizes')), ...place }
    })
    chunks.set(name, own)
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
    const leaf = TorchTensor.dense(new TorchStorage(name, stored, count), shape, strides)
    place(tree, itemsOf(paths instanceof Map ? paths.get(name) : undefined), name, leaf)
  }
  return { tree, chunks }
}

function stateOf(value: PyValue): PyValue {
  return value instanceof PyObject ? (value.state ?? null) : null
}

/** Puts a tensor at its path of keys; a name without a path is a key of its own. */
function place(tree: Map<PyValue, PyValue>, path: readonly PyValue[], name: string, leaf: TorchTensor): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    let next = at.get(key)
    if (!(next instanceof Map)) at.set(key, (next = new Map<PyValue, PyValue>()))
    at = next
  }
  at.set(path.at(-1) ?? name, leaf)
}

function placeKey(name: string, where: readonly number[] | number): string {
  return `${typeof where === 'number' ? `#${where}` : where.join(',')}/${name}`
}

function placesOf(
  places: Map<PyValue, PyValue>,
  damaged: (what: string) => InputError,
): Map<string, Pick<Chunk, 'file' | 'offset' | 'length'>> {
  const found = new Map<string, Pick<Chunk, 'file' | 'offset' | 'length'>>()
  for (const [index, info] of places) {
    const name = index instanceof PyObject ? index.attributes?.get('fqn') : undefined
    const about = info instanceof PyObject ? info.attributes : undefined
    const [file, offset, length] = [about?.get('relative_path'), about?.get('offset'), about?.get('length')]
    if (typeof name !== 'string' || typeof file !== 'string' || !isSize(offset) || !isSize(length))
      throw damaged('a place in a shard is not understood')
    if (itemsOf(about?.get('transform_descriptors')).length > 0)
      throw damaged(`tensor ${name} is stored transformed (${itemsOf(about!.get('transform_descriptors')).join(', ')})`)
    const attributes = (index as PyObject).attributes!
    const offsets = attributes.get('offset')
    const number = attributes.get('index')
    const place = { file, offset, length }
    if (offsets !== null && offsets !== undefined) found.set(placeKey(name, sizes(offsets)), place)
    if (typeof number === 'number') found.set(placeKey(name, number), place)
  }
  return found
}

function isSize(value: PyValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** A tensor's elements in row-major order: its chunks, each cut along the first axis only, one behind another. */
async function readTensor(
  file: string,
  storage: TorchStorage,
  chunks: readonly Chunk[],
  parts: ReadonlyMap<string, RandomAccess>,
  unsafe: Set<string>,
): Promise<RandomAccess> {
  const name = storage.key
  const sorted = [...chunks].sort((a, b) => (a.offsets[0] ?? 0) - (b.offsets[0] ?? 0))
  const accesses: RandomAccess[] = []
  let elements = 0
  let row = 0
  for (const { offsets, sizes: shape, file: shard, offset, length } of sorted) {
    if (offsets.slice(1).some((from) => from !== 0) || (offsets[0] ?? 0) !== row)
      throw new InputError(file, `tensor ${name} is cut along more than its first axis, which is not put together again`)
    row += shape[0] ?? 1
    const part = parts.get(shard)!
    requireRange(part.name, part.byteLength, offset, length)
    const { root, storage: open } = await openCheckpoint(sliceAccess(part, offset, length, `${part.name}/${name}`), unsafe)
    const count = shape.reduce((product, size) => product * size, 1)
    if (!(root instanceof TorchTensor) || root.type.name !== storage.type.name || root.shape.join() !== shape.join())
      throw new InputError(part.name, `holds something else than ${shape.join('×')} of tensor ${name} at byte ${offset}`)
    if (!root.isDense)
      throw new InputError(part.name, `holds tensor ${name} in an order of its own, which is not put together again`)
    const bytes = root.type.bytes
    accesses.push(sliceAccess(await open(root.storage), root.offset * bytes, count * bytes, `${part.name}/${name}`))
    elements += count
  }
  if (elements !== storage.count)
    throw new InputError(file, `the parts of tensor ${name} have ${elements} elements of ${storage.count}; shards are missing`)
  return concatAccess(`${file}/${name}`, accesses)
}
