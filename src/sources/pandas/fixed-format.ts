import { InputError } from '../../errors.ts'
import type { Hdf5Dataset, Hdf5File, Hdf5Group, Hdf5Value } from '../../hdf5/file.ts'
import { builtinConstructors, itemsOf } from '../pickle/builtins.ts'
import { narrowed } from '../pickle/cursor.ts'
import { NumpyArray, numberAt, numpyConstructors } from '../pickle/numpy.ts'
import { unpickle } from '../pickle/unpickle.ts'
import { pickleProblem } from '../pickle/unsafe.ts'
import { PickleProblem, PyObject, type PyValue } from '../pickle/values.ts'
import type { Frame } from './frame.ts'

const MOST_CELLS = 20_000_000
const known = new Map([...builtinConstructors, ...numpyConstructors])

/**
 * Reads a DataFrame that pandas wrote with `to_hdf(…, format='fixed')`, its default: columns in `axis0`, the index in `axis1` (or
 * `axis1_level<k>` and `axis1_label<k>`), the cells in blocks of columns of one type. Blocks of objects are one pickle each.
 * @returns null when there is no DataFrame at the path
 * @throws InputError when there is one that cannot be read
 */
export async function readFrame(file: Hdf5File, path: string): Promise<Frame | null> {
  const group = await file.describe(path)
  const kind = group?.kind === 'group' ? group.attributes['pandas_type'] : undefined
  if (group?.kind !== 'group' || kind === undefined) return null
  const reader = new FixedFormat(file, path, group)
  if (kind !== 'frame')
    throw reader.problem(`is a pandas ${String(kind)}; write it as a DataFrame with to_hdf(…, format='fixed'), pandas' default`)
  try {
    return await reader.frame()
  } catch (error) {
    if (error instanceof PickleProblem)
      throw reader.problem(pickleProblem(`holds objects that cannot be read: ${error.message}`, reader.unsafe), error)
    throw error
  }
}

interface Axis {
  readonly names: string[]
  readonly levels: (readonly PyValue[])[]
}

class FixedFormat {
  readonly unsafe = new Set<string>()
  readonly #file: Hdf5File
  readonly #path: string
  readonly #group: Hdf5Group

  constructor(file: Hdf5File, path: string, group: Hdf5Group) {
    this.#file = file
    this.#path = path
    this.#group = group
  }

  problem(what: string, cause?: unknown): InputError {
    return new InputError(this.#file.name, `the table ${this.#path} ${what}`, cause === undefined ? undefined : { cause })
  }

  async frame(): Promise<Frame> {
    const columns = (await this.#axis('axis0')).levels[0]!.map(text)
    const { names: indexNames, levels: index } = await this.#axis('axis1')
    const rows = index[0]?.length ?? 0
    if (rows * columns.length > MOST_CELLS)
      throw this.problem(`has ${rows} rows and ${columns.length} columns, too many to be read`)
    const blocks = this.#group.attributes['nblocks']
    if (typeof blocks !== 'number' || !(blocks >= 0 && blocks <= columns.length))
      throw this.problem('does not say how many blocks it has')
    const cells = new Map<string, readonly PyValue[]>()
    for (let k = 0; k < blocks; k++) {
      const items = (await this.#axis(`block${k}_items`)).levels[0]!.map(text)
      const values = await this.#matrix(`block${k}_values`, rows, items.length)
      items.forEach((name, column) => {
        if (!cells.has(name)) cells.set(name, values(column))
      })
    }
    const lost = columns.find((name) => !cells.has(name))
    if (lost !== undefined)
      throw this.problem(`has a column ${JSON.stringify(lost)} that is in none of its blocks; the file is damaged`)
    return { rows, indexNames, index, columns, cells, unsafe: this.unsafe }
  }

  async #axis(key: string): Promise<Axis> {
    const { attributes } = this.#group
    if (attributes[`${key}_variety`] !== 'multi') {
      const { cells, name } = await this.#array(key)
      return { names: [name], levels: [cells] }
    }
    const count = attributes[`${key}_nlevels`]
    if (typeof count !== 'number' || !(count >= 1 && count <= 32)) throw this.problem(`has an index of ${String(count)} levels`)
    const axis: Axis = { names: [], levels: [] }
    for (let k = 0; k < count; k++) {
      const { cells: level, name } = await this.#array(`${key}_level${k}`)
      const { cells: codes } = await this.#array(`${key}_label${k}`)
      axis.names.push(name)
      axis.levels.push(
        codes.map((code) => {
          if (code === -1) return null
          if (typeof code !== 'number' || code < 0 || code >= level.length)
            throw this.problem(`has an index level ${name} without an entry ${String(code)}`)
          return level[code]!
        }),
      )
    }
    if (axis.levels.some((level) => level.length !== axis.levels[0]!.length))
      throw this.problem('has index levels of different lengths')
    return axis
  }

  async #dataset(key: string): Promise<{ dataset: Hdf5Dataset; value: Hdf5Value; path: string }> {
    const path = `${this.#path}/${key}`
    const dataset = await this.#file.describe(path)
    if (dataset?.kind !== 'dataset') throw this.problem(`has no part ${key}; the file is damaged or was not written by pandas`)
    return { dataset, value: await this.#file.value(path), path }
  }

  /** A one-dimensional array: an index, or a level of one. */
  async #array(key: string): Promise<{ cells: PyValue[]; name: string }> {
    const { dataset, value } = await this.#dataset(key)
    const { attributes, shape } = dataset
    const name = attributes['name']
    const isEmpty = attributes['shape'] !== undefined && attributes['value_type'] !== undefined // stands in for an array without elements
    const cells = isEmpty ? [] : this.#cells(key, dataset, value)
    if (!isEmpty && dataset.type.kind !== 'sequence' && shape.length !== 1)
      throw this.problem(`has a part ${key} of ${shape.length} dimensions`)
    return { cells, name: typeof name === 'string' && name !== 'N.' ? name : '' } // "N." is a pickled None
  }

  /** A block's cells by column. On disk it is transposed (rows first) unless it says otherwise. */
  async #matrix(key: string, rows: number, columns: number): Promise<(column: number) => PyValue[]> {
    const { dataset, value } = await this.#dataset(key)
    const isEmpty = dataset.attributes['shape'] !== undefined && dataset.attributes['value_type'] !== undefined
    const cells = isEmpty ? [] : this.#cells(key, dataset, value)
    if (cells.length !== rows * columns)
      throw this.problem(`has ${rows} rows and a block of ${columns} columns (${key}) with ${cells.length} cells`)
    const transposed = dataset.attributes['transposed'] === 1
    return (column) => Array.from({ length: rows }, (_, row) => cells[transposed ? row * columns + column : column * rows + row]!)
  }

  /** All elements in row-major order. */
  #cells(key: string, dataset: Hdf5Dataset, value: Hdf5Value): PyValue[] {
    if (value === null || typeof value === 'string' || typeof value === 'number')
      throw this.problem(`has a part ${key} of a type that pandas does not write`)
    if (dataset.type.kind === 'sequence') return this.#objects(key, (value as readonly Uint8Array[])[0])
    if (dataset.type.kind === 'bool') return Array.from(value as Uint8Array, (bit) => bit !== 0)
    const kind = dataset.attributes['value_type'] ?? dataset.attributes['kind']
    const isTime = typeof kind === 'string' && kind.startsWith('datetime64')
    return Array.from(value as ArrayLike<number | bigint | string>, (cell) => {
      if (typeof cell !== 'bigint') return cell
      return isTime ? instant(cell) : plain(narrowed(cell))
    })
  }

  /** Objects: one pickle of a NumPy array, which lists them in row-major order however it lay in memory. */
  #objects(key: string, bytes: Uint8Array | undefined): PyValue[] {
    if (!bytes) return []
    const { value } = unpickle(bytes, { known, unsafe: this.unsafe })
    if (!(value instanceof NumpyArray)) throw this.problem(`has a part ${key} that is no array of objects`)
    if (value.objects) return value.objects.map(plain)
    const { type, bytes: raw, shape } = value
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
    const count = shape.reduce((product, n) => product * n, 1)
    if (value.fortran && shape.length > 1) throw this.problem(`has a part ${key} whose numbers are pickled in columns`)
    return Array.from({ length: count }, (_, k) => plain(numberAt(view, k * type.itemSize, type)))
  }
}

/** Objects that a cell may hold: a whole number beyond 2^53 stays text, to the digit; what is none of them (a date, say) is named. */
function plain(value: PyValue): PyValue {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof PyObject) return itemsOf(value.args).length === 0 && value.typeName === '' ? null : `<${value.typeName}>`
  return value
}

function text(cell: PyValue): string {
  return typeof cell === 'string' ? cell : String(cell)
}

/** Nanoseconds since 1970 as ISO text; the smallest integer is pandas' missing time. */
function instant(nanoseconds: bigint): string | null {
  const milliseconds = Number(nanoseconds / 1_000_000n)
  return nanoseconds === -(1n << 63n) || Math.abs(milliseconds) > 8.64e15 ? null : new Date(milliseconds).toISOString()
}
