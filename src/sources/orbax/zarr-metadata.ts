import { InputError } from '../../errors.ts'
import { isRecord } from '../json-file.ts'
import { parsedJson } from '../json-text.ts'

// Arrays of zarr, version 2 (.zarray) and 3 (zarr.json): a grid of chunks of one shape, each a value under a key of its own.

/** How the bytes of a chunk are packed, outermost last. */
export type PackingStep = 'zstd' | 'gzip' | 'crc32c'

/** An array cut into chunks. */
export interface ZarrArray {
  readonly shape: readonly number[]
  /** NumPy's name: "float32", "bfloat16". */
  readonly dtype: string
  /** Bytes of an element. */
  readonly size: number
  /** Of what lies under one key; chunks beyond the array's edge are stored whole. */
  readonly grid: readonly number[]
  /** The key of a place in the grid, below the array's own. */
  readonly keyOf: (index: readonly number[]) => string
  /** Of what lies under one key, or of the chunks inside it. */
  readonly packing: readonly PackingStep[]
  /** Set when what lies under a key holds smaller chunks, and an index of them. */
  readonly inside?: {
    readonly grid: readonly number[]
    readonly indexPacking: readonly 'crc32c'[]
    readonly isIndexFirst: boolean
  }
  /** Whether a chunk that is not stored stands for zeros. */
  readonly isFilledWithZeros: boolean
}

const MOST_AXES = 32
const SIZES: Readonly<Record<string, number>> = {
  ...{ float64: 8, float32: 4, float16: 2, bfloat16: 2, bool: 1, complex64: 8, complex128: 16 },
  ...{ int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, int4: 1, uint4: 1, int2: 1 },
  ...{ float8_e4m3fn: 1, float8_e4m3fnuz: 1, float8_e5m2: 1, float8_e5m2fnuz: 1, float8_e3m4: 1, float8_e4m3b11fnuz: 1 },
}
const KINDS: Readonly<Record<string, string>> = { f: 'float', i: 'int', u: 'uint', c: 'complex' }

/** What an array is made of, by its .zarray or zarr.json. @throws InputError when it is damaged, or packed in a way that is not read */
export function zarrArray(file: string, text: Uint8Array): ZarrArray {
  let json: unknown
  try {
    json = parsedJson(new TextDecoder().decode(text))
  } catch (error) {
    throw new InputError(file, 'is no JSON that describes a zarr array; it is damaged, get it again', { cause: error })
  }
  const about = new Description(file, json)
  return about.has('zarr_format', 3) ? version3(about) : version2(about)
}

/** A member of a description, with sentences for what it lacks. */
class Description {
  readonly file: string
  readonly #json: Readonly<Record<string, unknown>>

  constructor(file: string, json: unknown) {
    this.file = file
    if (!isRecord(json)) throw this.damaged('it is no object')
    this.#json = json
  }

  get(name: string): unknown {
    return this.#json[name]
  }

  has(name: string, value: unknown): boolean {
    return this.#json[name] === value
  }

  damaged(why: string): InputError {
    return new InputError(this.file, `does not describe a zarr array: ${why}; it is damaged, get it again`)
  }

  unread(what: string): InputError {
    return new InputError(
      this.file,
      `says that the array is stored with ${what}, which is not read; restore and save it with orbax`,
    )
  }

  sizes(name: string, json: unknown, least: number): number[] {
    const isSizes = Array.isArray(json) && json.length <= MOST_AXES && json.every((n) => Number.isSafeInteger(n) && n >= least)
    if (!isSizes) throw this.damaged(`its ${name} is ${short(json)}`)
    return json as number[]
  }

  /** A part that names itself, with its configuration. */
  named(what: string, json: unknown): { readonly name: string; readonly more: Description } {
    if (!isRecord(json) || typeof json['name'] !== 'string') throw this.damaged(`its ${what} is ${short(json)}`)
    return { name: json['name'], more: new Description(this.file, json['configuration'] ?? {}) }
  }
}

function short(json: unknown): string {
  return (JSON.stringify(json) ?? 'missing').slice(0, 100)
}

function elementsOf(about: Description, shape: readonly number[], grid: readonly number[]): void {
  if (grid.length !== shape.length) throw about.damaged(`its chunks have ${grid.length} axes, and it has ${shape.length}`)
  for (const sizes of [shape, grid])
    if (!Number.isSafeInteger(16 * sizes.reduce((product, n) => product * n, 1)))
      throw about.damaged(`it has the shape ${sizes.join('×')}`)
}

function version2(about: Description): ZarrArray {
  if (!about.has('zarr_format', 2)) throw about.damaged(`its format is ${short(about.get('zarr_format'))}`)
  const shape = about.sizes('shape', about.get('shape'), 0)
  const grid = about.sizes('chunks', about.get('chunks'), 1)
  elementsOf(about, shape, grid)
  const dtype = typeOf2(about, about.get('dtype'))
  const filters = about.get('filters')
  if (filters !== null && filters !== undefined && !(Array.isArray(filters) && filters.length === 0))
    throw about.unread(`filters (${short(filters)})`)
  if (!about.has('order', 'C')) throw about.unread(`its elements in the order ${short(about.get('order'))}`)
  const separator = about.get('dimension_separator') ?? '.'
  if (separator !== '.' && separator !== '/') throw about.damaged(`its separator is ${short(separator)}`)
  return {
    shape,
    dtype,
    size: SIZES[dtype]!,
    grid,
    keyOf: (index) => (index.length === 0 ? '0' : index.join(separator)),
    packing: packing2(about, about.get('compressor')),
    isFilledWithZeros: isZero(about.get('fill_value')),
  }
}

/** "<f4" is little-endian of four bytes; types that NumPy lacks are called by their names. */
function typeOf2(about: Description, json: unknown): string {
  if (typeof json !== 'string') throw about.unread(`elements of the type ${short(json)}`)
  const [, order, kind, bytes] = /^([<>|=])([a-z])(\d+)$/.exec(json) ?? []
  const name = kind === 'b' ? 'bool' : kind !== undefined ? `${KINDS[kind]}${8 * Number(bytes)}` : json
  if (!Object.hasOwn(SIZES, name) || (order === '>' && SIZES[name]! > 1)) throw about.unread(`elements of the type ${json}`)
  return name
}

function packing2(about: Description, json: unknown): PackingStep[] {
  if (json === null || json === undefined) return []
  const id = isRecord(json) ? json['id'] : undefined
  if (id === 'zstd' || id === 'gzip') return [id]
  throw about.unread(`the compressor ${short(id ?? json)}`)
}

function isZero(fill: unknown): boolean {
  return fill === null || fill === undefined || fill === 0 || fill === false
}

function version3(about: Description): ZarrArray {
  if (!about.has('node_type', 'array')) throw about.damaged(`it is of the kind ${short(about.get('node_type'))}`)
  const shape = about.sizes('shape', about.get('shape'), 0)
  const grids = about.named('chunk_grid', about.get('chunk_grid'))
  if (grids.name !== 'regular') throw about.unread(`the chunk grid ${grids.name}`)
  const grid = about.sizes('chunk_shape', grids.more.get('chunk_shape'), 1)
  elementsOf(about, shape, grid)
  const dtype = about.get('data_type')
  if (typeof dtype !== 'string' || !Object.hasOwn(SIZES, dtype)) throw about.unread(`elements of the type ${short(dtype)}`)
  const transformers = about.get('storage_transformers')
  if (Array.isArray(transformers) && transformers.length > 0) throw about.unread(`transformers (${short(transformers)})`)
  return {
    shape,
    dtype,
    size: SIZES[dtype]!,
    grid,
    keyOf: keys3(about),
    ...codecs3(about, about.get('codecs'), SIZES[dtype]!, grid),
    isFilledWithZeros: isZero(about.get('fill_value')),
  }
}

function keys3(about: Description): ZarrArray['keyOf'] {
  const { name, more } = about.named('chunk_key_encoding', about.get('chunk_key_encoding'))
  const separator = more.get('separator') ?? (name === 'v2' ? '.' : '/')
  if ((name !== 'default' && name !== 'v2') || (separator !== '.' && separator !== '/'))
    throw about.unread(`the chunk keys ${name}`)
  if (name === 'v2') return (index) => (index.length === 0 ? '0' : index.join(separator))
  return (index) => ['c', ...index].join(separator)
}

function codecs3(
  about: Description,
  json: unknown,
  size: number,
  grid: readonly number[],
): Pick<ZarrArray, 'packing' | 'inside'> {
  const [first, ...rest] = Array.isArray(json) ? json.map((codec) => about.named('codecs', codec)) : []
  if (!first) throw about.damaged('it has no codecs')
  if (first.name !== 'sharding_indexed') return { packing: packing3(about, json, size) }
  if (rest.length > 0) throw about.unread(`the codec ${rest[0]!.name} around chunks inside chunks`)
  const inner = about.sizes('chunk_shape', first.more.get('chunk_shape'), 1)
  if (inner.length !== grid.length || inner.some((n, axis) => grid[axis]! % n !== 0))
    throw about.damaged(`its chunks of ${grid.join('×')} hold chunks of ${inner.join('×')}`)
  return {
    packing: packing3(about, first.more.get('codecs'), size),
    inside: {
      grid: inner,
      indexPacking: indexPacking(about, first.more.get('index_codecs')),
      isIndexFirst: first.more.has('index_location', 'start'),
    },
  }
}

/** Little-endian elements, and what is packed around them. */
function packing3(about: Description, json: unknown, size: number): PackingStep[] {
  const [first, ...rest] = Array.isArray(json) ? json.map((codec) => about.named('codecs', codec)) : []
  if (!first) throw about.damaged('it has no codecs')
  if (first.name !== 'bytes' || (size > 1 && !first.more.has('endian', 'little')))
    throw about.unread(`the codec ${first.name}${first.name === 'bytes' ? ' of big-endian elements' : ''}`)
  return rest.map(({ name }) => {
    if (name === 'zstd' || name === 'gzip' || name === 'crc32c') return name
    throw about.unread(`the codec ${name}`)
  })
}

/** Of the index of a shard, whose length must be known before it is read. */
function indexPacking(about: Description, json: unknown): 'crc32c'[] {
  return packing3(about, json, 8).map((step) => {
    if (step === 'crc32c') return step
    throw about.unread(`an index under the codec ${step}`)
  })
}
