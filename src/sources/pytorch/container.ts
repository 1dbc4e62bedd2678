import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import { memoryAccess, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import { looksLikeZip, openZip, type Zip, type ZipEntry } from '../../io/zip.ts'
import { bytesOf, itemsOf } from '../pickle/builtins.ts'
import { PickleCut } from '../pickle/cursor.ts'
import { unpickle } from '../pickle/unpickle.ts'
import { pickleProblem } from '../pickle/unsafe.ts'
import { PickleProblem, type PyConstructor, PyObject, type PyValue } from '../pickle/values.ts'
import { persistentIds, TorchStorage, TorchTensor, torchConstructors } from './values.ts'

/** An opened checkpoint: its object, and where the elements of its storages lie. */
export interface Checkpoint {
  readonly root: PyValue
  /** "zip", "legacy", "TorchScript" or "pickle". */
  readonly layout: string
  /** Tensors that TorchScript's code names (`CONSTANTS.c0` …): a frozen module keeps its weights there. */
  readonly constants?: readonly TorchTensor[]
  /** TorchScript's code: texts by their paths below `code/`; undefined where there is more of it than is read. */
  readonly code?: () => Promise<ReadonlyMap<string, string> | undefined>
  /** Callables by which its pickles would run code if Python loaded them: of those that have been read. */
  readonly unsafe?: ReadonlySet<string>
  /** The bytes of a storage, little-endian. @throws InputError when they are missing or too few */
  storage(storage: TorchStorage): Promise<RandomAccess>
}

/** torch's magic number as the first pickle of a legacy file: PROTO 2, LONG1 of ten bytes, STOP. */
const LEGACY = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
const TAR_MEMBERS = ['storages', 'tensors', 'pickle', 'sys_info']
const LARGEST_CODE = 1 << 25
const LARGEST_PICKLE = 0x20000000 // 512 MiB

/** What the bytes say: torch's own layouts, or a bare pickle. */
export function torchLayout(head: Uint8Array): 'zip' | 'legacy' | 'tar' | 'pickle' | undefined {
  if (looksLikeZip(head)) return 'zip'
  if (LEGACY.slice(2).every((byte, k) => head[k + 2] === byte) && head[0] === 0x80) return 'legacy'
  if (head.length >= 512 && TAR_MEMBERS.includes(tarMember(head))) return 'tar'
  // PROTO 2 to 5, then an instruction that a container or an object begins with
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5 && '\x95c}](\x8c\x58'.includes(String.fromCharCode(head[2] ?? 0)))
    return 'pickle'
  return undefined
}

function tarMember(head: Uint8Array): string {
  const end = head.indexOf(0)
  return byteText(head.subarray(0, end < 0 || end > 100 ? 100 : end))
    .replace(/^\.\//, '')
    .replace(/\/$/, '')
}

/** The pickle of a torch zip: `<folder>/data.pkl`, whatever the folder is called. */
export function dataPickle(zip: Zip): ZipEntry | undefined {
  return zip.entries
    .filter(({ name }) => name === 'data.pkl' || name.endsWith('/data.pkl'))
    .sort((a, b) => a.name.length - b.name.length)[0]
}

/** A TorchScript archive as PyTorch 1.0 to 1.3 wrote them: its structure is JSON, its code names the tensors. */
export function isOldScript(zip: Zip): boolean {
  return (
    zip.entries.some(({ name }) => name === 'model.json' || /^[^/]+\/model\.json$/.test(name)) &&
    zip.entries.some(({ name }) => /(^|\/)tensors\/0$/.test(name))
  )
}

/**
 * Opens a checkpoint's structure; no weight is read.
 * @param unsafe takes the names by which its pickles would run code if Python loaded them
 * @throws InputError
 */
export async function openCheckpoint(access: RandomAccess, unsafe: Set<string> = new Set()): Promise<Checkpoint> {
  const head = await access.read(0, Math.min(4096, access.byteLength))
  const layout = torchLayout(head)
  try {
    if (layout === 'zip') return await openArchive(access, unsafe)
    if (layout === 'legacy') return await openLegacy(access, unsafe)
    if (layout === 'tar')
      throw new PickleProblem('was saved by a PyTorch older than 0.1.10 (a tar archive); load and save it with a newer one')
    return await openPickle(access, unsafe)
  } catch (error) {
    if (!(error instanceof PickleProblem)) throw error
    const problem = error instanceof PickleCut ? 'is cut short in its pickle; get it again' : error.message
    throw new InputError(access.name, pickleProblem(problem, unsafe), { cause: error })
  }
}

async function openArchive(access: RandomAccess, unsafe: Set<string>): Promise<Checkpoint> {
  const zip = await openZip(access)
  const entry = dataPickle(zip)
  if (!entry && isOldScript(zip))
    throw new InputError(access.name, 'is TorchScript of PyTorch 1.0 to 1.3; load and save it with a newer one')
  if (!entry) throw new InputError(access.name, 'is a zip without a data.pkl, so no PyTorch checkpoint')
  const prefix = entry.name.slice(0, -'data.pkl'.length)
  const pickle = await entry.open()
  if (pickle.byteLength > LARGEST_PICKLE)
    throw new InputError(pickle.name, `has ${pickle.byteLength} bytes, more than the ${LARGEST_PICKLE} that are read of a pickle`)
  const bytes = await pickle.read(0, pickle.byteLength)
  const { value } = unpickle(bytes, { known: constructors(unsafe), persistent: persistentIds(() => {}), unsafe })
  const constants = await readConstants(zip, prefix, unsafe)
  const order = zip.find(`${prefix}byteorder`)
  const bigEndian = order !== undefined && order.byteLength === 3 && (await readText(order)) === 'big'
  const opened = new Map<string, Promise<RandomAccess>>()
  return {
    root: value,
    unsafe,
    layout: constants ? 'TorchScript' : 'zip',
    ...(constants && { constants, code: () => codeOf(zip, `${prefix}code/`) }),
    async storage(storage) {
      if (storage.bytes) return checked(access, storage, memoryAccess(`${access.name}/${storage.key}`, storage.bytes))
      const data = storage.key.startsWith(CONSTANTS)
        ? zip.find(prefix + storage.key)
        : (zip.find(`${prefix}data/${storage.key}`) ?? zip.find(`${prefix}tensors/${storage.key}`))
      if (!data) throw new InputError(access.name, `has no entry ${prefix}data/${storage.key}, which holds weights; get it again`)
      let part = opened.get(data.name)
      if (!part) opened.set(data.name, (part = data.open()))
      const whole = checked(access, storage, await part)
      return bigEndian && storage.type.bytes > 1 ? swapped(whole, storage.type.bytes) : whole
    },
  }
}

const CONSTANTS = 'constants/'

/** undefined when there is no constants.pkl. Its storages are numbered for themselves, in a folder of their own. */
async function readConstants(zip: Zip, prefix: string, unsafe: Set<string>): Promise<TorchTensor[] | undefined> {
  const entry = zip.find(`${prefix}constants.pkl`)
  if (!entry) return undefined
  const pickle = await entry.open()
  if (pickle.byteLength > LARGEST_PICKLE) return []
  const { value } = unpickle(await pickle.read(0, pickle.byteLength), {
    known: constructors(unsafe),
    persistent: persistentIds(() => {}),
    unsafe,
  })
  const own = new Map<TorchStorage, TorchStorage>()
  const moved = (storage: TorchStorage): TorchStorage => {
    let copy = own.get(storage)
    if (!copy) own.set(storage, (copy = storage.renamed(CONSTANTS + storage.key)))
    return copy
  }
  return itemsOf(value).flatMap((item) => (item instanceof TorchTensor ? [item.inStorage(moved)] : []))
}

async function codeOf(zip: Zip, folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const entries = zip.entries.filter(({ name }) => name.startsWith(folder) && name.endsWith('.py'))
  if (entries.reduce((sum, { byteLength }) => sum + byteLength, 0) > LARGEST_CODE) return undefined
  const files = new Map<string, string>()
  for (const entry of entries) files.set(entry.name.slice(folder.length), await readText(entry))
  return files
}

async function readText(entry: ZipEntry): Promise<string> {
  const access = await entry.open()
  return new TextDecoder().decode(await access.read(0, access.byteLength))
}

/** Five pickles in a row (magic number, protocol, system, object, keys), then for each key its element count and elements. */
async function openLegacy(access: RandomAccess, unsafe: Set<string>): Promise<Checkpoint> {
  const types = new Map<string, number>()
  const persistent = persistentIds(({ key, type }) => types.set(key, type.bytes))
  const { values, end } = await readPickles(access, 5, persistent, unsafe)
  const [, , , root = null, keys] = values
  const places = new Map<string, { offset: number; bytes: number }>()
  let at = end
  for (const key of itemsOf(keys)) {
    const size = typeof key === 'string' ? types.get(key) : undefined
    if (typeof key !== 'string' || size === undefined)
      throw new InputError(access.name, `lists a storage ${String(key)} that no tensor uses; it is damaged, get it again`)
    const count = Number(viewOf(await access.read(at, 8)).getBigUint64(0, true))
    places.set(key, { offset: at + 8, bytes: count * size })
    at += 8 + count * size
    if (!(at <= access.byteLength))
      throw new InputError(access.name, `ends at byte ${access.byteLength} of ${at}: it is cut short, get it again`)
  }
  return {
    root,
    unsafe,
    layout: 'legacy',
    async storage(storage) {
      if (storage.bytes) return checked(access, storage, memoryAccess(`${access.name}/${storage.key}`, storage.bytes))
      const place = places.get(storage.key)
      if (!place)
        throw new InputError(access.name, `does not hold storage ${storage.key}, although a tensor uses it; get it again`)
      return checked(access, storage, sliceAccess(access, place.offset, place.bytes, `${access.name}/${storage.key}`))
    },
  }
}

/** A pickle that torch did not frame: a dict of arrays, or of tensors that carry their storages. */
async function openPickle(access: RandomAccess, unsafe: Set<string>): Promise<Checkpoint> {
  if (access.byteLength > LARGEST_PICKLE)
    throw new InputError(
      access.name,
      `is a bare pickle of ${access.byteLength} bytes, more than the ${LARGEST_PICKLE} that are read; save it with torch.save`,
    )
  const bytes = await access.read(0, access.byteLength)
  const { value } = unpickle(bytes, { known: constructors(unsafe), unsafe })
  return {
    root: value,
    unsafe,
    layout: 'pickle',
    async storage(storage) {
      if (!storage.bytes) throw new InputError(access.name, `does not hold storage ${storage.key}`)
      return checked(access, storage, memoryAccess(`${access.name}/${storage.key}`, storage.bytes))
    },
  }
}

/** Consecutive pickles at a file's start, read in a window that grows until they fit. */
async function readPickles(
  access: RandomAccess,
  count: number,
  persistent: (id: PyValue) => PyValue,
  unsafe: Set<string>,
): Promise<{ values: PyValue[]; end: number }> {
  const most = Math.min(access.byteLength, LARGEST_PICKLE)
  for (let window = Math.min(1 << 20, most); ; window = Math.min(window * 4, most)) {
    const bytes = await access.read(0, window)
    try {
      return pickles(bytes, count, persistent, unsafe)
    } catch (error) {
      if (!(error instanceof PickleCut) || window === most) throw error
    }
  }
}

function pickles(
  bytes: Uint8Array,
  count: number,
  persistent: (id: PyValue) => PyValue,
  unsafe: Set<string>,
): { values: PyValue[]; end: number } {
  const values: PyValue[] = []
  const known = constructors(unsafe)
  let end = 0
  while (values.length < count) {
    const one = unpickle(bytes, { known, persistent, start: end, unsafe })
    values.push(one.value)
    end = one.end
  }
  return { values, end }
}

/**
 * `torch.storage._load_from_bytes(bytes)`: a storage inside a plain pickle is a whole legacy file of its own. At most a few
 * such files nest in practice; one inside another is left inert.
 */
const embedded =
  (unsafe: Set<string>): PyConstructor =>
  ([data]) => {
    const bytes = bytesOf(data)
    const inert = new PyObject('torch.storage._load_from_bytes', [])
    if (!bytes || torchLayout(bytes) !== 'legacy') return inert
    const found: TorchStorage[] = []
    const ids = persistentIds((storage) => found.push(storage))
    const values: PyValue[] = []
    let end = 0
    while (values.length < 5) {
      const one = unpickle(bytes, { known: torchConstructors, persistent: ids, start: end, unsafe })
      values.push(one.value)
      end = one.end
    }
    const storage = values[3]
    if (!(storage instanceof TorchStorage) || found.length !== 1) return inert
    if (end + 8 > bytes.length) throw new PickleCut('a storage inside the pickle is cut short')
    const count = Number(viewOf(bytes).getBigUint64(end, true))
    const from = end + 8
    if (!(from + count * storage.type.bytes <= bytes.length)) throw new PickleCut('a storage inside the pickle is cut short')
    storage.bytes = bytes.subarray(from, from + count * storage.type.bytes)
    return storage
  }

const constructors = (unsafe: Set<string>): ReadonlyMap<string, PyConstructor> =>
  new Map([...torchConstructors, ['torch.storage._load_from_bytes', embedded(unsafe)]])

/** The storage's own part of its run, which must have the elements that the pickle says. */
function checked(file: RandomAccess, storage: TorchStorage, bytes: RandomAccess): RandomAccess {
  const size = storage.type.bytes
  const [from, length] = [storage.start * size, storage.count * size]
  if (!(from + length <= bytes.byteLength))
    throw new InputError(
      file.name,
      `storage ${storage.key} should have ${storage.count} elements of ${size} bytes and has ${bytes.byteLength} bytes; the file is damaged, get it again`,
    )
  return from === 0 ? bytes : sliceAccess(bytes, from, length, bytes.name)
}

/** Big-endian elements as little-endian ones. */
function swapped(access: RandomAccess, size: number): RandomAccess {
  return {
    name: access.name,
    byteLength: access.byteLength,
    async read(offset, length, into) {
      const from = offset - (offset % size)
      const to = Math.min(access.byteLength, Math.ceil((offset + length) / size) * size)
      const bytes = (await access.read(from, to - from)).slice()
      for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse()
      const part = bytes.subarray(offset - from, offset - from + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
