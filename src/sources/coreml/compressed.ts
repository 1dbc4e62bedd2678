import { InputError } from '../../errors.ts'
import { roundedToHalf } from '../../weights/numbers.ts'
import { blockOf, type MilElements, packedElements, scattered } from './elements.ts'

// What the operations constexpr_* of ML Programs stand for (coremltools' descriptions of the operations of iOS 16 and iOS 18).

/** A constant of a program, or what such an operation makes of constants. */
export interface MilTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Float16 and float32 are weights; all else stands for them. */
  readonly type: 'float16' | 'float32' | 'whole'
  /** Bits that an element takes. */
  readonly bits: number
  readonly elements: MilElements
  /** Of one that is stored as it is: its bytes, whatever they mean. */
  readonly bytes?: { readonly access: Parameters<typeof packedElements>[0]; readonly offset: number; readonly length: number }
  /** Set when only the elements whose bit is set are meant; `elements` gives all, the others as zeros or whatever they come to. */
  readonly mask?: MilTensor
}

/** Numbers of a table or of scales that are held at once. */
const MOST_HELD = 1 << 24

export const milCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

function damaged(name: string, why: string): InputError {
  return new InputError(name, `${why}; the file is damaged, get it again`)
}

/** Reads a small tensor once, when it is first asked for. */
function held({ name, shape, elements }: MilTensor): () => Promise<Float64Array> {
  if (milCount(shape) > MOST_HELD)
    throw new InputError(name, `is a table of ${milCount(shape)} numbers, more than are held at once`)
  let known: Promise<Float64Array> | undefined
  return () => (known ??= elements(0, milCount(shape)))
}

/** A tensor's bytes as packed numbers of `bits` each, which must be just as many bytes. */
function packedAs({ name, bytes }: MilTensor, bits: number, shape: readonly number[]): MilElements {
  const needed = Math.ceil((bits * milCount(shape)) / 8)
  if (bytes?.length !== needed)
    throw damaged(name, `has ${bytes?.length ?? 'no'} bytes for ${shape.join('×')} numbers of ${bits} bits, which are ${needed}`)
  return packedElements(bytes.access, bytes.offset, bits, false)
}

/** scale · (data − offset), in float32 and rounded to the type of the scale; scale and offset have one number for each block of the data. */
export function shiftedScaled(data: MilTensor, scale: MilTensor, offset: MilTensor | undefined): MilTensor {
  for (const few of [scale, ...(offset ? [offset] : [])])
    if (few.shape.length !== data.shape.length || few.shape.some((size, axis) => !(size >= 1) || data.shape[axis]! % size !== 0))
      throw damaged(few.name, `has the shape ${few.shape.join('×') || '()'}, which does not divide ${data.shape.join('×')}`)
  const [scales, offsets] = [held(scale), offset && held(offset)]
  const [scaleOf, offsetOf] = [blockOf(data.shape, scale.shape), offset && blockOf(data.shape, offset.shape)]
  const isHalf = scale.type === 'float16'
  const inHalves = isHalf && (offset?.type ?? 'whole') !== 'float32'
  return {
    ...data,
    type: scale.type,
    bits: scale.bits,
    async elements(from, count) {
      const [values, factors, shifts] = [await data.elements(from, count), await scales(), await offsets?.()]
      for (let k = 0; k < count; k++) {
        const shifted = Math.fround(values[k]! - (shifts && offsetOf ? shifts[offsetOf(from + k)]! : 0))
        const scaled = Math.fround(factors[scaleOf(from + k)]! * (inHalves ? roundedToHalf(shifted) : shifted))
        values[k] = isHalf ? roundedToHalf(scaled) : scaled
      }
      return values
    },
  }
}

/** iOS 16: one scale and zero point for all, or one for each index of an axis. */
export function affine(data: MilTensor, scale: MilTensor, zero: MilTensor, axis: number): MilTensor {
  const rank = data.shape.length
  const own = axis < 0 ? axis + rank : axis
  const spread = (few: MilTensor): MilTensor => {
    if (few.shape.length > 1 || (few.shape.length === 1 && few.shape[0] !== data.shape[own]))
      throw damaged(few.name, `has the shape ${few.shape.join('×')} for axis ${axis} of ${data.shape.join('×')}`)
    return { ...few, shape: data.shape.map((_, k) => (k === own ? (few.shape[0] ?? 1) : 1)) }
  }
  return shiftedScaled(data, spread(scale), spread(zero))
}

/** iOS 16: packed indices of as many bits as the table asks for. */
export function lookedUp(indices: MilTensor, table: MilTensor, shape: readonly number[]): MilTensor {
  const bits = [2, 4, 16, 64, 256].indexOf(milCount(table.shape))
  if (bits < 0 || table.shape.length !== 1) throw damaged(table.name, `is a table of ${table.shape.join('×')} numbers`)
  const width = [1, 2, 4, 6, 8][bits]!
  const whole: MilTensor = { ...indices, shape, bits: width, elements: packedAs(indices, width, shape) }
  return palettised(whole, { ...table, shape: [...shape.map(() => 1), milCount(table.shape), 1] }, undefined)
}

/** iOS 18: a table for each block of the indices, whose entries are numbers or, along one axis, several at a time. */
export function palettised(indices: MilTensor, table: MilTensor, axis: number | undefined): MilTensor {
  const rank = indices.shape.length
  const [entries, vector] = table.shape.slice(rank) as [number, number]
  const few = table.shape.slice(0, rank)
  const own = axis === undefined ? 0 : axis < 0 ? axis + rank : axis
  if (
    table.shape.length !== rank + 2 ||
    entries !== 1 << indices.bits ||
    few.some((size, k) => !(size >= 1) || indices.shape[k]! % size !== 0)
  )
    throw damaged(
      table.name,
      `is a table of ${table.shape.join('×')} for ${indices.shape.join('×')} indices of ${indices.bits} bits`,
    )
  if (!(vector >= 1) || !(own >= 0 && own < rank) || (vector > 1 && axis === undefined))
    throw damaged(table.name, `has entries of ${vector} numbers along axis ${axis ?? 'none'}`)
  const values = held(table)
  const tableOf = blockOf(indices.shape, few)
  const inner = milCount(indices.shape.slice(own + 1))
  const shape = indices.shape.map((size, k) => (k === own ? size * vector : size))
  return {
    name: indices.name,
    shape,
    type: table.type,
    bits: table.bits,
    ...(indices.mask && { mask: vector === 1 ? indices.mask : repeated(indices.mask, shape, inner, vector) }),
    async elements(from, count) {
      const numbers = await values()
      const low = Math.floor(from / (inner * vector)) * inner
      const high = (Math.floor((from + count - 1) / (inner * vector)) + 1) * inner
      const found = await indices.elements(vector === 1 ? from : low, vector === 1 ? count : high - low)
      const out = new Float64Array(count)
      for (let k = 0; k < count; k++) {
        const at = from + k
        const group = Math.floor(at / inner)
        const index = vector === 1 ? at : Math.floor(group / vector) * inner + (at % inner)
        const entry = found[vector === 1 ? k : index - low]!
        out[k] = numbers[(tableOf(index) * entries + entry) * vector + (group % vector)]!
      }
      return out
    },
  }
}

/** A mask of which each element stands for `vector` along one axis. */
function repeated(mask: MilTensor, shape: readonly number[], inner: number, vector: number): MilTensor {
  return {
    ...mask,
    shape,
    async elements(from, count) {
      const low = Math.floor(from / (inner * vector)) * inner
      const high = (Math.floor((from + count - 1) / (inner * vector)) + 1) * inner
      const found = await mask.elements(low, high - low)
      return Float64Array.from({ length: count }, (_, k) => {
        const at = from + k
        return found[Math.floor(at / (inner * vector)) * inner + (at % inner) - low]!
      })
    },
  }
}

/** Numbers of which only those with a bit in the mask are stored, each at its place; what is masked already stays where it is. */
export function placed(values: MilTensor, mask: MilTensor): MilTensor {
  if (values.mask) {
    if (values.shape.join() !== mask.shape.join())
      throw damaged(values.name, `has the shape ${values.shape.join('×')}, and its mask ${mask.shape.join('×')}`)
    return values
  }
  if (values.shape.length !== 1) throw damaged(values.name, `is no list of numbers (${values.shape.join('×')})`)
  const total = milCount(mask.shape)
  const { name, type, bits } = values
  return {
    name,
    type,
    bits,
    shape: mask.shape,
    mask,
    elements: scattered(name, mask.elements, values.elements, total, values.shape[0]!),
  }
}

/** All of it, with zeros where the mask has no bit. */
export function dense({ mask, ...values }: MilTensor): MilTensor {
  if (!mask) return values
  return {
    ...values,
    async elements(from, count) {
      const [bits, out] = [await mask.elements(from, count), await values.elements(from, count)]
      for (let k = 0; k < count; k++) if (bits[k] === 0) out[k] = 0
      return out
    },
  }
}

/** iOS 16: a mask in bytes, with its shape beside it. */
export function maskOf(bytes: MilTensor, shape: readonly number[]): MilTensor {
  return { ...bytes, shape, bits: 1, elements: packedAs(bytes, 1, shape) }
}
