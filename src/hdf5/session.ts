import { byteText } from '../io/byte-text.ts'
import { heapProblem, lengthBytesOf } from './heap.ts'
import { COMPUTING, computing, type Hdf5Pulse, READING } from './patience.ts'
import type { Hdf5Dataset, Hdf5Envelope, Hdf5Group, Hdf5Reply, Hdf5Request, Hdf5Type, Hdf5Value } from './protocol.ts'

/** Fills `into` from a file's byte `position`, synchronously; throws when it cannot. */
export type ReadAt = (into: Uint8Array, position: number) => void

type Module = Awaited<typeof import('h5wasm').ready>
type Metadata = ReturnType<Module['get_dataset_metadata']>

interface OpenFile {
  readonly id: bigint
  readonly node: string
  readonly byteLength: number
  readonly readAt: ReadAt
  readonly release: () => void
  /** Says that so many bytes may be worked on without a read between. */
  readonly expect: (bytes: number, chunks?: number) => void
}

const LARGEST_VALUE = 1 << 28 // whole data sets are metadata here; weights are read by rows
const LARGEST_ATTRIBUTE = 1 << 26
/** Bytes of all attributes of one object: what comes behind them is described as attributes that are not read. */
const MOST_OF_ATTRIBUTES = 1 << 26
const LEAST_ATTRIBUTE = 256
const LARGEST_CHUNK = 1 << 26 // of a table; the library makes room for a whole one
// What one request may read of a file of its size: some rounds of the file and as much again as small files need. A damaged tree
// that leads back to its root is read for ever.
const ROUNDS = 8
const MOST_READING = 1 << 26
const LEAST_READING = 4096
const READS_OF_CHUNK = 4
const PROBE_BYTES = 1 << 17 // twice the library's sieve buffer: such a read goes to the file as one range

/**
 * The worker's side: the HDF5 library (HDF5 2.0 as h5wasm's WebAssembly, the same build in Node and browsers) on files that are
 * read through `openBytes`, range by range. Nothing is loaded whole and nothing is written.
 */
export function serveHdf5(
  send: (reply: Hdf5Reply, transfer: ArrayBuffer[]) => void,
  openBytes: (
    request: Extract<Hdf5Request, { op: 'open' }>,
    need: (offset: number, length: number) => void,
  ) => { readAt: ReadAt; release: () => void },
): (envelope: Hdf5Envelope) => Promise<void> {
  // The library prints its error stack; it is caught here (this thread has no other use of the console) and reported with the failure.
  const printed: string[] = []
  const console = globalThis.console
  globalThis.console = Object.assign(Object.create(console), {
    error: (...words: unknown[]) => void (printed.length < 400 && printed.push(words.join(' '))),
    warn: () => {},
    log: () => {},
  })
  limitMemory()
  const files = new Map<number, OpenFile>()
  const reads: { position: number; length: number }[] = []
  const beat = (pulse: Hdf5Pulse): void => send({ pulse }, [])
  let pulse: Hdf5Pulse = COMPUTING // between the reads of the request under way
  let left: number | undefined

  return async ({ id, file, request }) => {
    try {
      const module = await (await import('h5wasm')).ready
      beat(COMPUTING)
      printed.length = 0
      left = undefined
      pulse = COMPUTING
      const opened = files.get(file)
      if (request.op === 'open') {
        files.set(file, open(module, file, request))
        send({ id, result: null }, [])
      } else if (!opened) {
        throw new Error('the file is closed')
      } else {
        const { result, transfer } = answer(module, opened, request)
        if (request.op === 'close') files.delete(file)
        send({ id, result }, transfer)
      }
    } catch (error) {
      const fatal = error instanceof WebAssembly.RuntimeError || error instanceof RangeError || /abort/i.test(String(error))
      send({ id, failure: failureOf(error, printed), fatal }, [])
    }
  }

  function open(module: Module, number: number, request: Extract<Hdf5Request, { op: 'open' }>): OpenFile {
    const { readAt, release } = openBytes(request, (offset, length) => send({ need: { file: number, offset, length } }, []))
    const node = `${number}.h5`
    const start = new Uint8Array(Math.min(16, request.byteLength))
    readAt(start, 0)
    const lengthBytes = lengthBytesOf(start)
    mount(module, node, request.byteLength, (into, position) => {
      reads.push({ position, length: into.length })
      if (reads.length > 4096) reads.splice(0, 2048)
      const readOne = (into: Uint8Array, position: number): void => {
        left = (left ?? MOST_READING + ROUNDS * request.byteLength) - Math.max(into.length, LEAST_READING)
        if (left < 0) throw new Error('its structure leads round in circles')
        if (request.bytes.kind === 'path') beat(READING)
        readAt(into, position)
        beat(pulse)
      }
      const further = (offset: number, length: number): Uint8Array => {
        const more = new Uint8Array(length)
        readOne(more, position + offset)
        return more
      }
      try {
        readOne(into, position)
        const problem = heapProblem(into, lengthBytes, request.byteLength - position, further)
        if (problem) throw new Error(problem)
      } catch (error) {
        printed.unshift(`${READ_FAILED}${error instanceof Error ? error.message : String(error)}`)
        throw error
      }
    })
    const id = module.open(`/${node}`, module.H5F_ACC_RDONLY)
    if (id <= 0n) {
      module.FS.unlink(`/${node}`)
      release()
      throw new Error('the HDF5 library cannot open it')
    }
    const expect = (bytes: number, chunks = 0): void => {
      pulse = computing(bytes)
      // Each chunk is read for itself, with its place in the index: how many there are follows from the shape.
      left = (left ?? MOST_READING + ROUNDS * request.byteLength) + chunks * READS_OF_CHUNK * LEAST_READING
      beat(pulse)
    }
    return { id, node, byteLength: request.byteLength, readAt, release, expect }
  }

  function answer(module: Module, file: OpenFile, request: Hdf5Request): { result: unknown; transfer: ArrayBuffer[] } {
    switch (request.op) {
      case 'describe':
        return { result: describe(module, file, request.path), transfer: [] }
      case 'value':
        return { result: readValue(module, file, request.path), transfer: [] }
      case 'box': {
        const bytes = readBox(module, file, request)
        return { result: bytes, transfer: [bytes.buffer as ArrayBuffer] }
      }
      case 'locate':
        return { result: locate(module, file, request.path, reads), transfer: [] }
      case 'close':
        module.close_file(file.id)
        module.FS.unlink(`/${file.node}`)
        file.release()
        return { result: module.HEAPU8.length, transfer: [] }
      default:
        throw new Error(`no such request: ${request.op}`)
    }
  }
}

const LARGEST_HEAP = 0x28000000 // 640 MiB: two of the largest chunks that are read, and the library

/** A damaged file can make the library ask for gigabytes. Its memory is this thread's only one: beyond the limit, growing fails as if there were none. */
function limitMemory(): void {
  const { grow } = WebAssembly.Memory.prototype
  WebAssembly.Memory.prototype.grow = function (pages: number): number {
    if (this.buffer.byteLength + pages * 65536 > LARGEST_HEAP)
      throw new RangeError('the HDF5 library asks for more memory than it may have')
    return grow.call(this, pages)
  }
}

const READ_FAILED = 'reading failed: '
const EIO = 29 // as Emscripten numbers it

/** A file of the library's own file system whose bytes come from `readAt`; a failure reaches the library as a failed read. */
function mount(module: Module, name: string, byteLength: number, readAt: ReadAt): void {
  interface Node {
    usedBytes: number
    stream_ops: Record<string, unknown>
    node_ops: { getattr(node: Node): object } & Record<string, unknown>
  }
  interface Stream {
    position: number
  }
  const fs = module.FS as unknown as {
    createFile(at: string, name: string, o: object, r: boolean, w: boolean): Node
    ErrnoError: new (code: number) => Error
  }
  const node = fs.createFile('/', name, {}, true, false)
  const { getattr } = node.node_ops
  Object.defineProperty(node, 'usedBytes', { get: () => byteLength })
  node.node_ops = { ...node.node_ops, getattr: (of: Node) => ({ ...getattr(of), size: byteLength }) }
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream: Stream, heap: Int8Array, at: number, length: number, position: number) {
      const count = Math.max(0, Math.min(length, byteLength - position))
      try {
        if (count > 0) readAt(new Uint8Array(heap.buffer, heap.byteOffset + at, count), position)
      } catch {
        throw new fs.ErrnoError(EIO)
      }
      return count
    },
    llseek: (stream: Stream, offset: number, whence: number) =>
      offset + (whence === 1 ? stream.position : whence === 2 ? byteLength : 0),
  }
}

function describe(module: Module, file: OpenFile, path: string): Hdf5Group | Hdf5Dataset | null {
  const type = module.get_type(file.id, path)
  if (type === module.H5G_GROUP)
    return { kind: 'group', keys: module.get_names(file.id, path, false), attributes: readAttributes(module, file, path) }
  if (type !== module.H5G_DATASET) return null
  const metadata = module.get_dataset_metadata(file.id, path)
  return {
    kind: 'dataset',
    shape: metadata.shape ?? [],
    type: typeOf(metadata),
    chunks: metadata.chunks,
    virtual: metadata.virtual_sources !== undefined,
    filters: module.get_dataset_filters(file.id, path).map((filter) => filter.name),
    attributes: readAttributes(module, file, path),
  }
}

const CLASSES = [
  'int',
  'float',
  'time',
  'string',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'sequence',
  'array',
]

function typeOf(metadata: Metadata): Hdf5Type {
  const { type, size, signed, vlen } = metadata
  if (type === 0) return { kind: signed ? 'int' : 'uint', bytes: size }
  if (type === 1) return { kind: 'float', bytes: size }
  if (type === 3) return { kind: 'string', bytes: vlen ? 0 : size }
  if (type === 4 && size === 1) return { kind: 'bool', bytes: 1 } // PyTables
  const members = metadata.enum_type?.members
  if (type === 8 && size === 1 && members && 'FALSE' in members && 'TRUE' in members) return { kind: 'bool', bytes: 1 } // h5py
  if (type === 9 && metadata.vlen_type?.size === 1) return { kind: 'sequence', bytes: 1 }
  return { kind: 'other', bytes: size, name: CLASSES[type] ?? `class ${type}` }
}

function readAttributes(module: Module, file: OpenFile, path: string): Record<string, Hdf5Value> {
  const values = new Map<string, Hdf5Value>()
  let room = MOST_OF_ATTRIBUTES
  for (const name of module.get_attribute_names(file.id, path) ?? []) {
    const metadata = module.get_attribute_metadata(file.id, path, name)
    const bytes = metadata.size * metadata.total_size
    room -= Math.max(LEAST_ATTRIBUTE, bytes || 0)
    if (!metadata.shape || !(bytes > 0) || bytes > LARGEST_ATTRIBUTE || room < 0) {
      values.set(name, null)
      continue
    }
    const value = withMemory(module, bytes, (pointer) => {
      if (module.get_attribute_data(file.id, path, name, BigInt(pointer)) < 0) {
        if (typeOf(metadata).kind === 'other') return null
        throw new Error(`the attribute ${name} of ${path} cannot be read`) // without it a layer would be missing without a word
      }
      const value = decode(module, file, metadata, pointer, bytes)
      if (metadata.vlen || metadata.type === 9) module.reclaim_vlen_memory(file.id, path, name, BigInt(pointer))
      return metadata.shape!.length === 0 ? scalar(value) : value
    })
    values.set(name, value)
  }
  return Object.fromEntries(values)
}

function scalar(value: Hdf5Value): Hdf5Value {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  const first = value[0]
  if (typeof first === 'bigint') return Number(first)
  return (first as string | number | undefined) ?? null
}

function readValue(module: Module, file: OpenFile, path: string): Hdf5Value {
  const metadata = module.get_dataset_metadata(file.id, path)
  const bytes = metadata.size * metadata.total_size
  if (!metadata.shape || bytes === 0) return decode(module, file, metadata, 0, 0)
  if (bytes > LARGEST_VALUE) throw new Error(`${path} has ${bytes} bytes, too many to be read in one piece`)
  const chunk = (metadata.chunks ?? []).reduce((product, n) => product * n, metadata.size)
  if (chunk > LARGEST_CHUNK) throw new Error(`${path} is stored in chunks of ${chunk} bytes`)
  file.expect(Math.max(chunk, bytes), chunksOf(metadata.shape, metadata.chunks))
  return withMemory(module, bytes, (pointer) => {
    read(module, file, path, null, null, pointer)
    const value = decode(module, file, metadata, pointer, bytes)
    if (metadata.vlen || metadata.type === 9)
      module.reclaim_vlen_memory_count(file.id, path, '', BigInt(pointer), metadata.shape!.map(BigInt))
    return value
  })
}

/** Chunks that a part of this shape lies in, at most. */
function chunksOf(shape: readonly number[], chunks: readonly number[] | null): number {
  if (!chunks) return 0
  return shape.reduce((product, n, axis) => product * (Math.ceil(n / Math.max(1, chunks[axis] ?? 1)) + 1), 1)
}

/** A part of a data set of plain numbers: elements from `first` on, `counts` of each axis. */
interface Box {
  readonly path: string
  readonly first: readonly number[]
  readonly counts: readonly number[]
}

/** The bytes of a part of a data set, in row-major order, little-endian. */
function readBox(module: Module, file: OpenFile, { path, first, counts }: Box): Uint8Array {
  const { shape, size, type, vlen, chunks } = module.get_dataset_metadata(file.id, path)
  if (!shape || shape.length === 0 || vlen || type === 9) throw new Error(`${path} has no rows of plain numbers`)
  const fits = shape.length === first.length && shape.every((n, axis) => first[axis]! >= 0 && first[axis]! + counts[axis]! <= n)
  if (!fits || counts.some((n) => !(n >= 0)))
    throw new Error(`${path} has ${shape.join(' × ')} elements, not ${counts.join(' × ')} from ${first.join(', ')} on`)
  const bytes = counts.reduce((product, n) => product * n, size)
  if (bytes === 0) return new Uint8Array(0)
  file.expect(
    Math.max(
      (chunks ?? []).reduce((product, n) => product * n, size),
      bytes,
    ),
    chunksOf(counts, chunks),
  )
  return withMemory(module, bytes, (pointer) => {
    read(module, file, path, counts, first, pointer)
    return module.HEAPU8.slice(pointer, pointer + bytes)
  })
}

function read(
  module: Module,
  file: OpenFile,
  path: string,
  count: readonly number[] | null,
  from: readonly number[] | null,
  pointer: number,
): void {
  const status = module.get_dataset_data(
    file.id,
    path,
    count?.map(BigInt) ?? null,
    from?.map(BigInt) ?? null,
    count?.map(() => 1n) ?? null,
    BigInt(pointer),
  )
  if (status < 0) throw new Error(`${path} cannot be read`)
}

/** Zeroed memory of the library for as long as `use` runs. */
function withMemory<T>(module: Module, bytes: number, use: (pointer: number) => T): T {
  if (!(bytes < module.MAXIMUM_MEMORY)) throw new Error(`${bytes} bytes are too many in one piece`)
  const memory = module as unknown as { _malloc(bytes: number): number; _free(pointer: number): void }
  const pointer = memory._malloc(bytes)
  if (pointer === 0) throw new Error(`there is no memory for ${bytes} bytes`)
  module.HEAPU8.fill(0, pointer, pointer + bytes)
  const result = use(pointer)
  memory._free(pointer)
  return result
}

function decode(module: Module, file: OpenFile, metadata: Metadata, pointer: number, bytes: number): Hdf5Value {
  const type = typeOf(metadata)
  if (type.kind === 'string' && type.bytes > 0) {
    const heap = module.HEAPU8.subarray(pointer, pointer + bytes)
    return Array.from({ length: bytes / type.bytes }, (_, k) => text(heap.subarray(k * type.bytes, (k + 1) * type.bytes)))
  }
  if (type.kind === 'string') {
    const pointers = new Uint32Array(module.HEAPU8.slice(pointer, pointer + bytes).buffer)
    return Array.from(pointers, (at) => (at === 0 ? '' : text(module.HEAPU8.subarray(at, module.HEAPU8.indexOf(0, at)))))
  }
  if (type.kind === 'sequence') {
    const pairs = new Uint32Array(module.HEAPU8.slice(pointer, pointer + bytes).buffer) // length, pointer
    return Array.from({ length: pairs.length / 2 }, (_, k) => {
      const [length, at] = [pairs[2 * k]!, pairs[2 * k + 1]!]
      if (length > file.byteLength) throw new Error(`a sequence claims ${length} bytes in a file of ${file.byteLength}`)
      return module.HEAPU8.slice(at, at + length)
    })
  }
  const buffer = module.HEAPU8.slice(pointer, pointer + bytes).buffer
  const key = `${type.kind}${type.bytes}`
  if (key === 'float4') return new Float32Array(buffer)
  if (key === 'float8') return new Float64Array(buffer)
  if (key === 'int1') return new Int8Array(buffer)
  if (key === 'int2') return new Int16Array(buffer)
  if (key === 'int4') return new Int32Array(buffer)
  if (key === 'int8') return new BigInt64Array(buffer)
  if (key === 'uint2') return new Uint16Array(buffer)
  if (key === 'uint4') return new Uint32Array(buffer)
  if (key === 'uint8') return new BigUint64Array(buffer)
  if (key === 'uint1' || key === 'bool1' || (type.kind === 'other' && type.name === 'opaque')) return new Uint8Array(buffer)
  return null
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A fixed-length string without its padding. Files label UTF-8 as ASCII, so UTF-8 is tried whatever the label says. */
function text(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  const used = bytes.slice(0, end)
  try {
    return utf8.decode(used)
  } catch {
    return byteText(used)
  }
}

/**
 * First byte of a data set that lies in the file in one piece and as it is; null when it does not (chunked, compressed, big-endian,
 * virtual, compact, never written) or is too small to matter. The library has no function for this, but its reads show it: a request larger
 * than its buffer is one range of the file. The head and the tail must agree on the place, and their bytes be those of the file.
 */
function locate(module: Module, file: OpenFile, path: string, reads: { position: number; length: number }[]): number | null {
  const { shape, size, chunks, littleEndian, virtual_sources, type } = module.get_dataset_metadata(file.id, path)
  if (chunks || !littleEndian || virtual_sources || (type !== 0 && type !== 1) || !shape || shape.length === 0) return null
  // The last axes of which a run is longer than what the library reads ahead.
  let axis = shape.length
  let rowBytes = size
  let runBytes = size
  while (axis > 0 && runBytes <= PROBE_BYTES) {
    rowBytes = runBytes
    runBytes *= shape[--axis]!
  }
  const count = Math.ceil((PROBE_BYTES + 1) / rowBytes)
  const byteLength = shape.reduce((product, n) => product * n, size)
  if (!(runBytes > PROBE_BYTES)) return null
  const counts = shape.map((n, k) => (k < axis ? 1 : k === axis ? count : n))
  const placeOf = (first: readonly number[], before: number): number | null => {
    reads.length = 0
    const bytes = readBox(module, file, { path, first, counts })
    const range = reads.filter((read) => read.length === bytes.length)
    if (range.length !== 1) return null
    const again = new Uint8Array(bytes.length)
    file.readAt(again, range[0]!.position)
    return bytes.every((byte, k) => byte === again[k]) ? range[0]!.position - before : null
  }
  const place = placeOf(
    shape.map(() => 0),
    0,
  )
  if (place === null || place < 0 || place + byteLength > file.byteLength) return null
  const last = shape.map((n, k) => n - counts[k]!)
  return placeOf(last, byteLength - count * rowBytes) === place ? place : null
}

/** The library's deepest word on what failed, else the exception's. */
function failureOf(error: unknown, printed: readonly string[]): string {
  const unread = printed.find((line) => line.startsWith(READ_FAILED))
  if (unread) return unread.slice(READ_FAILED.length)
  const missing = printed.find((line) => /required filter|filter returned failure/.test(line))
  const frames = printed.filter((line) => /^\s*#\d+:/.test(line))
  const last = missing ?? frames.at(-1)
  const words = last?.replace(/^.*\bin \w+\(\): /, '').trim()
  const own = error instanceof Error ? error.message : String(error)
  return words ?? own
}
