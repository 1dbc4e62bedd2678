import { ComputeProblem, isComputedFloat, isFloat, roundedHalfEven } from './dense.ts'
import { type Expression, expression } from './expression.ts'
import { inputOf, type Operator, type OperatorCall } from './operator.ts'
import { axisOf, eachRow, product, rowMajor } from './walk.ts'

// QuantizeLinear and DequantizeLinear with one scale, one for each index along an axis, or one for each block of indices along it.

/** Where the scale of each element lies, as sizes and strides that its tensor can be walked by (blocks are an axis of their own). */
function scaleOf(call: OperatorCall, value: Expression, scale: Expression): { dims: number[]; own: number[]; scales: number[] } {
  const block = call.integer('block_size', 0)
  const whole = rowMajor(value.dims)
  const count = product(scale.dims)
  if (count === 1 && block === 0) return { dims: [...value.dims], own: whole, scales: value.dims.map(() => 0) }
  const axis = axisOf(call.integer('axis', 1), value.dims.length)
  const size = value.dims[axis]!
  if (block === 0) {
    if (scale.dims.length !== 1 || count !== size)
      throw new ComputeProblem('quantised with scales whose number does not fit its shape')
    return { dims: [...value.dims], own: whole, scales: value.dims.map((_, k) => (k === axis ? 1 : 0)) }
  }
  const blocks = Math.ceil(size / block)
  const fits =
    block > 0 &&
    size % block === 0 &&
    scale.dims.length === value.dims.length &&
    scale.dims.every((n, k) => n === (k === axis ? blocks : value.dims[k]))
  if (!fits) throw new ComputeProblem('quantised in blocks whose number does not fit its shape')
  const steps = rowMajor(scale.dims)
  const split = <T>(list: readonly T[], ...two: [T, T]): T[] => [...list.slice(0, axis), ...two, ...list.slice(axis + 1)]
  return {
    dims: split(value.dims, blocks, block),
    own: split(whole, whole[axis]! * block, whole[axis]!),
    scales: split(steps, steps[axis]!, 0),
  }
}

function requireScale(call: OperatorCall, scale: Expression, zero: Expression | undefined): void {
  if (!isComputedFloat(scale.type)) throw new ComputeProblem(`quantised with a scale of ${scale.type}`)
  if (zero && product(zero.dims) !== product(scale.dims))
    throw new ComputeProblem('quantised with zero points that do not fit its scales')
  if (call.output !== 0) throw new ComputeProblem(`computed in the graph by ${call.operator}`)
}

const dequantise: Operator = (call) => {
  const [value, scale, zero] = [inputOf(call, 0), inputOf(call, 1), call.inputs[2]]
  requireScale(call, scale, zero)
  if (isComputedFloat(value.type)) throw new ComputeProblem('dequantised although it is not quantised')
  const { dims, own, scales } = scaleOf(call, value, scale)
  return expression(scale.type, value.dims, [value, scale, ...(zero ? [zero] : [])], (out, [x, factors, zeros]) => {
    eachRow(dims, [own, scales], (_, [p, q], count, [s, t]) => {
      for (let k = 0; k < count; k++) {
        const at = p! + k * s!
        const by = q! + k * t!
        out[at] = (x![at]! - (zeros ? zeros[by]! : 0)) * factors![by]!
      }
    })
  })
}

const LIMITS = {
  int8: [-128, 127],
  uint8: [0, 255],
  int4: [-8, 7],
  uint4: [0, 15],
  int16: [-32768, 32767],
  uint16: [0, 65535],
} as const

const quantise: Operator = (call) => {
  const [value, scale, zero] = [inputOf(call, 0), inputOf(call, 1), call.inputs[2]]
  requireScale(call, scale, zero)
  const type = zero?.type ?? 'uint8'
  if (!isComputedFloat(value.type) || !Object.hasOwn(LIMITS, type) || isFloat(type))
    throw new ComputeProblem(`quantised from ${value.type} to ${type}`)
  const [low, high] = LIMITS[type as keyof typeof LIMITS]
  const { dims, own, scales } = scaleOf(call, value, scale)
  return expression(type, value.dims, [value, scale, ...(zero ? [zero] : [])], (out, [x, factors, zeros]) => {
    eachRow(dims, [own, scales], (_, [p, q], count, [s, t]) => {
      for (let k = 0; k < count; k++) {
        const at = p! + k * s!
        const by = q! + k * t!
        const whole = roundedHalfEven(Math.fround(x![at]! / factors![by]!)) + (zeros ? zeros[by]! : 0)
        out[at] = Math.min(Math.max(whole, low), high)
      }
    })
  })
}

export const quantisers: Readonly<Record<string, Operator>> = { DequantizeLinear: dequantise, QuantizeLinear: quantise }
