import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { requireInside } from '../part-path.ts'
import { runPlan } from '../protobuf/run-plan.ts'
import type { ConstantRecord } from './records.ts'

// MILBlob/Blob/StorageFormat.hpp of coremltools: a header of 64 bytes, then for every constant 64 bytes about it (0xdeadbeef, its type, its
// size in bytes, where it begins) and its numbers.

const SENTINEL = 0xdeadbeef
const METADATA_BYTES = 64
const MODEL_FOLDER = '@model_path/'

interface Numbers {
  readonly name: string
  readonly dtype?: StoredType
  readonly bytes: number
}

/** MILBlob::Blob::BlobDataType. */
const BLOB_TYPES: Readonly<Record<number, Numbers>> = {
  1: { name: 'float16', dtype: 'float16', bytes: 2 },
  2: { name: 'float32', dtype: 'float32', bytes: 4 },
  3: { name: 'uint8', bytes: 1 },
  4: { name: 'int8', bytes: 1 },
  5: { name: 'bfloat16', dtype: 'bfloat16', bytes: 2 },
  6: { name: 'int16', bytes: 2 },
  7: { name: 'uint16', bytes: 2 },
  14: { name: 'int32', bytes: 4 },
}
/** MILSpec.DataType, of constants in the program itself. */
const PROGRAM_TYPES: Readonly<Record<number, Numbers>> = {
  10: { name: 'float16', dtype: 'float16', bytes: 2 },
  11: { name: 'float32', dtype: 'float32', bytes: 4 },
  12: { name: 'float64', dtype: 'float64', bytes: 8 },
  13: { name: 'bfloat16', dtype: 'bfloat16', bytes: 2 },
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

  /** Where a constant's numbers lie, or why they are not read. @throws InputError when its file is missing, or lies */
  async plan(name: string, constant: ConstantRecord): Promise<WeightPlan | string> {
    const count = constant.shape.reduce((product, size) => product * size, 1)
    if (constant.file !== undefined) return this.#inFile(name, constant.file, constant.offset, count)
    const type = PROGRAM_TYPES[constant.type]
    if (!type?.dtype) return `stored as ${type?.name ?? `type ${constant.type}`}, which is not read as weights`
    const found = constant.bytes ? constant.bytes.length / type.bytes : constant.floats.reduce((sum, run) => sum + run.count, 0)
    if (found !== count)
      throw new InputError(
        this.#access.name,
        `constant ${name} of shape ${constant.shape.join('×')} needs ${count} numbers and has ${found}; the file is damaged, get it again`,
      )
    return constant.bytes
      ? { access: this.#access, offset: constant.bytes.start, dtype: type.dtype }
      : runPlan(this.#access, constant.floats, 'float32', 4)
  }

  async close(): Promise<void> {
    for (const part of this.parts) await part.close?.()
  }

  async #inFile(name: string, file: string, offset: number, count: number): Promise<WeightPlan | string> {
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
    if (!type?.dtype) return `stored as ${type?.name ?? `type ${number}`}, which is not read as weights`
    const [size, start] = [long(view, 8), long(view, 16)]
    if (size !== count * type.bytes || !(start >= 0 && start + size <= part.byteLength))
      throw new InputError(
        part.name,
        `constant ${name} of ${count} numbers (${type.name}) takes ${size} bytes from byte ${start} of ${part.byteLength}; it belongs to another model, or is damaged`,
      )
    return { access: part, offset: start, dtype: type.dtype }
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
