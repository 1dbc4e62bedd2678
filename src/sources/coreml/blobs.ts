import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { requireInside } from '../part-path.ts'
import { runNumbers, runPlan } from '../protobuf/run-plan.ts'
import { type MilTensor, milCount } from './compressed.ts'
import { type MilElements, packedElements, storedElements } from './elements.ts'
import type { ConstantRecord } from './records.ts'

// MILBlob/Blob/StorageFormat.hpp of coremltools: a header of 64 bytes, then for every constant 64 bytes about it (0xdeadbeef, its type, its
// size in bytes, where it begins) and its numbers.

const SENTINEL = 0xdeadbeef
const METADATA_BYTES = 64
const MODEL_FOLDER = '@model_path/'

interface Numbers {
  readonly name: string
  /** Set of those that weights are stored as. */
  readonly dtype?: StoredType
  readonly bits: number
  readonly isSigned?: true
}

const FLOAT16: Numbers = { name: 'float16', dtype: 'float16', bits: 16 }
const FLOAT32: Numbers = { name: 'float32', dtype: 'float32', bits: 32 }
const BFLOAT16: Numbers = { name: 'bfloat16', dtype: 'bfloat16', bits: 16 }
const whole = (name: string, bits: number): Numbers => ({ name, bits, ...(name.startsWith('i') && { isSigned: true }) })

/** MILBlob::Blob::BlobDataType. */
const BLOB_TYPES: Readonly<Record<number, Numbers>> = {
  1: FLOAT16,
  2: FLOAT32,
  3: whole('uint8', 8),
  4: whole('int8', 8),
  5: BFLOAT16,
  6: whole('int16', 16),
  7: whole('uint16', 16),
  8: whole('int4', 4),
  9: whole('uint1', 1),
  10: whole('uint2', 2),
  11: whole('uint4', 4),
  12: whole('uint3', 3),
  13: whole('uint6', 6),
  14: whole('int32', 32),
  15: whole('uint32', 32),
}
/** MILSpec.DataType, of constants in the program itself. */
const PROGRAM_TYPES: Readonly<Record<number, Numbers>> = {
  10: FLOAT16,
  11: FLOAT32,
  12: { name: 'float64', dtype: 'float64', bits: 64 },
  13: BFLOAT16,
  21: whole('int8', 8),
  22: whole('int16', 16),
  23: whole('int32', 32),
  25: whole('int4', 4),
  31: whole('uint8', 8),
  32: whole('uint16', 16),
  33: whole('uint32', 32),
  35: whole('uint4', 4),
  36: whole('uint2', 2),
  37: whole('uint1', 1),
  38: whole('uint6', 6),
  39: whole('uint3', 3),
}

/** Where a constant's numbers lie. */
interface StoredNumbers {
  readonly access: RandomAccess
  readonly offset: number
  readonly length: number
  readonly type: Numbers
}

/** The constants of a program, and the files beside it that hold them. */
export class MilConstants {
  readonly parts: RandomAccess[] = []
  readonly #access: RandomAccess
  readonly #folder: Folder
  readonly #files = new Map<string, RandomAccess>()

  constructor(access: RandomAccess, folder: Folder) {
    this.#access = access
    this.#folder = folder
  }

  /** What messages about a constant begin with. */
  nameOf(name: string): string {
    return `${this.#access.name}/${name}`
  }

  /** Where a constant's numbers lie, or why they are not read. @throws InputError when its file is missing, or lies */
  async plan(name: string, constant: ConstantRecord): Promise<WeightPlan | string> {
    const stored = await this.#stored(name, constant)
    if (typeof stored === 'string') return stored
    const { type, access, offset } = stored
    if (!type.dtype) return `stored as ${type.name}, which is not read as weights`
    return { access, offset, dtype: type.dtype }
  }

  /** A constant that others are computed from, or why it is not read. @throws InputError when its file is missing, or lies */
  async tensor(name: string, constant: ConstantRecord): Promise<MilTensor | string> {
    const { shape, integers } = constant
    const own = this.nameOf(name)
    if (integers.length > 0 && integers.length === milCount(shape)) {
      const elements: MilElements = async (from, count) => Float64Array.from(integers.slice(from, from + count))
      return { name: own, shape, type: 'whole', bits: 32, elements }
    }
    const stored = await this.#stored(name, constant)
    if (typeof stored === 'string') return stored
    const { access, offset, length, type } = stored
    const isFloat = type === FLOAT16 || type === FLOAT32
    if (!isFloat && (type.dtype || (type.bits > 8 && type.name !== 'uint32')))
      return `its weights are compressed with numbers of the type ${type.name}`
    const elements = isFloat
      ? storedElements(access, offset, type.dtype!)
      : type.bits > 8
        ? storedElements(access, offset, 'uint32')
        : packedElements(access, offset, type.bits, type.isSigned === true)
    const kind = type === FLOAT16 ? 'float16' : type === FLOAT32 ? 'float32' : 'whole'
    return { name: own, shape, type: kind, bits: type.bits, elements, bytes: { access, offset, length } }
  }

  async close(): Promise<void> {
    for (const part of this.parts) await part.close?.()
  }

  async #stored(name: string, constant: ConstantRecord): Promise<StoredNumbers | string> {
    const count = milCount(constant.shape)
    if (constant.file !== undefined) return this.#inFile(name, constant.file, constant.offset, count)
    const type = PROGRAM_TYPES[constant.type]
    if (!type) return `stored as type ${constant.type}, which is not read as weights`
    const length = Math.ceil((count * type.bits) / 8)
    const found = constant.bytes?.length ?? 4 * runNumbers(constant.floats)
    if (found !== length)
      throw new InputError(
        this.#access.name,
        `constant ${name} of shape ${constant.shape.join('×')} (${type.name}) needs ${length} bytes and has ${found}; the file is damaged, get it again`,
      )
    if (constant.bytes) return { access: this.#access, offset: constant.bytes.start, length, type }
    const { access, offset } = runPlan(this.#access, constant.floats, 'float32', 4)
    return { access, offset, length, type: FLOAT32 }
  }

  async #inFile(name: string, file: string, offset: number, count: number): Promise<StoredNumbers | string> {
    const part = await this.#open(file)
    if (!(offset >= 0 && offset + METADATA_BYTES <= part.byteLength))
      throw new InputError(part.name, `ends at byte ${part.byteLength}, before constant ${name} at byte ${offset}; get it again`)
    const bytes = await part.read(offset, METADATA_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, METADATA_BYTES)
    if (view.getUint32(0, true) !== SENTINEL)
      throw new InputError(
        part.name,
        `has no constant at byte ${offset}, where ${name} should be; it belongs to another model, or is damaged`,
      )
    const number = view.getUint32(4, true)
    const type = BLOB_TYPES[number]
    if (!type) return `stored as type ${number}, which is not read as weights`
    const [size, start] = [long(view, 8), long(view, 16)]
    if (size !== Math.ceil((count * type.bits) / 8) || !(start >= 0 && start + size <= part.byteLength))
      throw new InputError(
        part.name,
        `constant ${name} of ${count} numbers (${type.name}) takes ${size} bytes from byte ${start} of ${part.byteLength}; it belongs to another model, or is damaged`,
      )
    return { access: part, offset: start, length: size, type }
  }

  async #open(file: string): Promise<RandomAccess> {
    const location = file.startsWith(MODEL_FOLDER) ? file.slice(MODEL_FOLDER.length) : file
    const known = this.#files.get(location)
    if (known) return known
    requireInside(this.#access.name, location)
    const part = await this.#folder.open(location)
    if (!part)
      throw new InputError(
        this.#access.name,
        `its weights are in ${location}, which is not beside it; give the whole .mlpackage folder`,
      )
    this.#files.set(location, part)
    this.parts.push(part)
    return part
  }
}

function long(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
}
