import { isRecord } from '../json-file.ts'
import { namedNumbers } from '../number-names.ts'
import { ComputeProblem, type ElementType, isComputedFloat } from '../onnx/evaluate/dense.ts'
import { add, cast, combined, divide, mapped, multiply, squareRoot, subtract } from '../onnx/evaluate/elementwise.ts'
import { type Expression, reshaped } from '../onnx/evaluate/expression.ts'
import { onnxOperator } from '../onnx/evaluate/expressions.ts'
import type { OperatorCall } from '../onnx/evaluate/operator.ts'
import { reduced } from '../onnx/evaluate/reductions.ts'
import { axisOf, product } from '../onnx/evaluate/walk.ts'
import { scalarTypes } from './types.ts'

// ATen's operators (aten/src/ATen/native/native_functions.yaml), as far as weights are made by them: pruned, weight-normalised, spectrally
// normalised, standardised, scaled.

/** A call of an ATen operator whose tensors depend on constants alone. */
export interface AtenCall {
  readonly operator: string
  /** Which of its outputs is asked for. */
  readonly output: number
  /** Its arguments by name, as they stand in the file. */
  readonly given: ReadonlyMap<string, unknown>
  tensor(argument: string): Expression | undefined
  /** Those of an argument that is a list of tensors. */
  tensors(argument: string): readonly Expression[]
  readonly onnx: OperatorCall
}

export type AtenOperator = (call: AtenCall) => Expression | Promise<Expression>

function tensorOf(call: AtenCall, argument: string): Expression {
  const found = call.tensor(argument)
  if (!found) throw new ComputeProblem(`computed in the graph by ${call.operator} without its tensor ${argument}`)
  return found
}

function floatOf(call: AtenCall, argument: string): Expression {
  const found = tensorOf(call, argument)
  if (!isComputedFloat(found.type)) throw new ComputeProblem(`computed in the graph by ${call.operator} of ${found.type}`)
  return found
}

/** A number that is an argument; undefined where none is given. */
function numberOf({ given }: AtenCall, argument: string): number | undefined {
  const value = given.get(argument)
  const number = isRecord(value) ? (value['as_float'] ?? value['as_int']) : undefined
  return typeof number === 'number' ? number : undefined
}

function flagOf({ given }: AtenCall, argument: string): boolean {
  const value = given.get(argument)
  return isRecord(value) && value['as_bool'] === true
}

function textOf({ given }: AtenCall, argument: string): string | undefined {
  const value = given.get(argument)
  const text = isRecord(value) ? value['as_string'] : undefined
  return typeof text === 'string' ? text : undefined
}

function listOf({ given }: AtenCall, argument: string): readonly number[] | undefined {
  const value = given.get(argument)
  if (!isRecord(value)) return undefined
  const list = value['as_ints'] ?? (typeof value['as_int'] === 'number' ? [value['as_int']] : undefined)
  return Array.isArray(list) && list.every((item) => Number.isSafeInteger(item)) ? list : undefined
}

/** The shape that is asked for, one size of which may be -1. */
function shapeOf(call: AtenCall, value: Expression): number[] {
  const wanted = [...(listOf(call, 'size') ?? listOf(call, 'shape') ?? [])]
  if (wanted.length === 0 && value.dims.length > 0 && product(value.dims) !== 1)
    throw new ComputeProblem(`computed in the graph by ${call.operator} to a shape that is computed itself`)
  const open = wanted.indexOf(-1)
  if (open >= 0) wanted[open] = product(value.dims) / product(wanted.filter((_, k) => k !== open))
  return wanted
}

/** Two tensors, or a tensor and a number; `alpha` multiplies the second. */
function pair(combine: (a: number, b: number) => number, names: readonly [string, string] = ['self', 'other']): AtenOperator {
  return (call) => {
    const a = tensorOf(call, names[0])
    const b = call.tensor(names[1])
    const alpha = numberOf(call, 'alpha') ?? 1
    const step = alpha === 1 ? combine : (x: number, y: number) => combine(x, alpha * y)
    if (b) return a.type === b.type ? combined(a, b, step) : combined(...promoted(a, b), step)
    const scalar = numberOf(call, names[1])
    if (scalar === undefined || !isComputedFloat(a.type))
      throw new ComputeProblem(`computed in the graph by ${call.operator} of ${a.type}`)
    return mapped(a, (x) => step(x, scalar))
  }
}

/** A tensor of numbers beside one of truths or whole numbers: both as the former; a single number as the tensor beside it; of whole numbers the wider. */
function promoted(a: Expression, b: Expression): [Expression, Expression] {
  const areFloats = isComputedFloat(a.type) && isComputedFloat(b.type)
  if (areFloats && b.dims.length === 0) return [a, cast(b, a.type)]
  if (areFloats && a.dims.length === 0) return [cast(a, b.type), b]
  if (isComputedFloat(a.type) && !isComputedFloat(b.type)) return [a, cast(b, a.type)]
  if (isComputedFloat(b.type) && !isComputedFloat(a.type)) return [cast(a, b.type), b]
  const isWhole = (type: ElementType): boolean => /^u?int(8|16|32|64)$/.test(type)
  if (isWhole(a.type) && isWhole(b.type) && (a.type === 'int64' || b.type === 'int64'))
    return [cast(a, 'int64'), cast(b, 'int64')]
  throw new ComputeProblem(`computed from ${a.type} and ${b.type} at a time`)
}

function compare(holds: (a: number, b: number) => boolean): AtenOperator {
  return (call) => {
    const a = tensorOf(call, 'self')
    const b = call.tensor('other')
    const truth = (x: number, y: number): number => (holds(x, y) ? 1 : 0)
    if (b) return combined(a, b, truth, 'bool')
    const scalar = numberOf(call, 'other') ?? Number.NaN
    return mapped(a, (x) => truth(x, scalar), 'bool')
  }
}

const each =
  (map: (value: number) => number): AtenOperator =>
  (call) =>
    mapped(floatOf(call, 'self'), map)

const onnxOf =
  (operator: string): AtenOperator =>
  (call) =>
    onnxOperator(call.onnx, operator, [tensorOf(call, 'self')])

function axesOf(call: AtenCall, rank: number): number[] {
  const axes = listOf(call, 'dim')
  return axes?.length ? axes.map((axis) => axisOf(axis, rank)) : Array.from({ length: rank }, (_, k) => k)
}

function reduce(name: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin'): AtenOperator {
  return (call) => {
    const value = floatOf(call, 'self')
    return reduced(value, name, axesOf(call, value.dims.length), flagOf(call, 'keepdim'))
  }
}

/** Bessel's correction is 1 unless something else is said. */
function variance(call: AtenCall): Expression {
  const value = floatOf(call, 'self')
  const axes = axesOf(call, value.dims.length)
  const correction = numberOf(call, 'correction') ?? (call.given.has('unbiased') && !flagOf(call, 'unbiased') ? 0 : 1)
  const count = product(axes.map((axis) => value.dims[axis]!))
  const centred = subtract(value, reduced(value, 'ReduceMean', axes))
  const sum = reduced(multiply(centred, centred), 'ReduceSum', axes, flagOf(call, 'keepdim'))
  return mapped(sum, (x) => x / (count - correction))
}

const mean = reduce('ReduceMean')

const varianceAndMean: AtenOperator = (call) => (call.output === 0 ? variance(call) : mean(call))

function norm(call: AtenCall): Expression {
  const value = floatOf(call, 'self')
  const order = numberOf(call, 'ord') ?? numberOf(call, 'p') ?? 2
  if (order !== 1 && order !== 2) throw new ComputeProblem(`computed in the graph by ${call.operator} of order ${order}`)
  return reduced(value, order === 2 ? 'ReduceL2' : 'ReduceL1', axesOf(call, value.dims.length), flagOf(call, 'keepdim'))
}

/** v · (g / ‖v‖), the norm over all axes but one. */
function weightNorm(call: AtenCall): Expression {
  const [v, g] = [floatOf(call, 'v'), floatOf(call, 'g')]
  const kept = numberOf(call, 'dim') ?? 0
  const axes = v.dims.map((_, k) => k).filter((axis) => axis !== (kept < 0 ? -1 : axisOf(kept, v.dims.length)))
  const norms = reduced(v, 'ReduceL2', axes)
  return call.output === 1 ? norms : multiply(v, divide(g, norms))
}

/** A normalisation over all but the second axis by what it holds itself: how weight standardisation is written. */
function batchNorm(call: AtenCall): Expression {
  if (call.output !== 0 || !flagOf(call, 'training'))
    throw new ComputeProblem(`computed in the graph by ${call.operator} with kept statistics`)
  const x = call.tensor('input') ?? floatOf(call, 'self')
  const axes = x.dims.map((_, k) => k).filter((axis) => axis !== 1)
  const epsilon = numberOf(call, 'eps') ?? 1e-5
  const centred = subtract(x, reduced(x, 'ReduceMean', axes))
  const spread = reduced(multiply(centred, centred), 'ReduceMean', axes)
  const y = divide(centred, squareRoot(mapped(spread, (value) => value + epsilon)))
  const channel = (name: string): Expression | undefined => {
    const value = call.tensor(name)
    return value && reshaped(value, [1, product(value.dims), ...x.dims.slice(2).map(() => 1)])
  }
  const [gain, shift] = [channel('weight'), channel('bias')]
  const scaled = gain ? multiply(y, gain) : y
  return shift ? add(scaled, shift) : scaled
}

function multiplied(a: string, b: string): AtenOperator {
  return (call) => onnxOperator(call.onnx, 'MatMul', [floatOf(call, a), floatOf(call, b)])
}

function permuted(call: AtenCall, value: Expression, perm: readonly number[]): Expression | Promise<Expression> {
  return onnxOperator(call.onnx, 'Transpose', [value], { perm })
}

/** Two axes in each other's place. */
function swapped(call: AtenCall, a: number, b: number): Expression | Promise<Expression> {
  const value = tensorOf(call, 'self')
  const rank = value.dims.length
  if (rank < 2) return value
  const [x, y] = [axisOf(a, rank), axisOf(b, rank)]
  return permuted(
    call,
    value,
    value.dims.map((_, k) => (k === x ? y : k === y ? x : k)),
  )
}

function flatten(call: AtenCall): Expression {
  const value = tensorOf(call, 'self')
  const rank = value.dims.length
  if (rank === 0) return reshaped(value, [1])
  const [from, to] = [axisOf(numberOf(call, 'start_dim') ?? 0, rank), axisOf(numberOf(call, 'end_dim') ?? -1, rank)]
  const dims = [...value.dims.slice(0, from), product(value.dims.slice(from, to + 1)), ...value.dims.slice(to + 1)]
  return reshaped(value, dims)
}

function unsqueeze(call: AtenCall): Expression {
  const value = tensorOf(call, 'self')
  const axis = axisOf(numberOf(call, 'dim') ?? 0, value.dims.length + 1)
  return reshaped(value, [...value.dims.slice(0, axis), 1, ...value.dims.slice(axis)])
}

function squeeze(call: AtenCall): Expression {
  const value = tensorOf(call, 'self')
  const named = listOf(call, 'dim')
  const axes = named ? new Set(axesOf(call, value.dims.length)) : undefined
  return reshaped(
    value,
    value.dims.filter((size, k) => size !== 1 || (axes !== undefined && !axes.has(k))),
  )
}

/** A tensor widened to a shape, where -1 keeps a size. */
function expand(call: AtenCall): Expression {
  const value = tensorOf(call, 'self')
  const sizes = listOf(call, 'size') ?? []
  return expanded(
    value,
    sizes.map((size, k) => (size === -1 ? (value.dims[k - sizes.length + value.dims.length] ?? 1) : size)),
  )
}

function expanded(value: Expression, dims: readonly number[]): Expression {
  if (dims.length === 0) return value
  const ones: Expression = { type: value.type, dims, inputs: [], cost: 0, origin: undefined, compute: () => onesOf(dims) }
  return combined(value, ones, (x) => x)
}

/** Without an end: to the last. */
const BEYOND = 0x7fffffff

function slice(call: AtenCall): Expression | Promise<Expression> {
  if ((numberOf(call, 'step') ?? 1) !== 1) throw new ComputeProblem(`computed in the graph by ${call.operator} with steps`)
  const [start, end] = [numberOf(call, 'start') ?? 0, numberOf(call, 'end') ?? BEYOND]
  const axes = [numberOf(call, 'dim') ?? 0]
  return onnxOperator(call.onnx, 'Slice', [tensorOf(call, 'self')], { starts: [start], ends: [Math.min(end, BEYOND)], axes })
}

async function select(call: AtenCall): Promise<Expression> {
  const value = tensorOf(call, 'self')
  const [axis, index] = [axisOf(numberOf(call, 'dim') ?? 0, value.dims.length), numberOf(call, 'index') ?? 0]
  const start = index < 0 ? index + value.dims[axis]! : index
  const one = await onnxOperator(call.onnx, 'Slice', [value], { starts: [start], ends: [start + 1], axes: [axis] })
  return reshaped(
    one,
    one.dims.filter((_, k) => k !== axis),
  )
}

function concatenated(call: AtenCall): Expression | Promise<Expression> {
  return onnxOperator(call.onnx, 'Concat', call.tensors('tensors'), {}, { axis: numberOf(call, 'dim') ?? 0 })
}

/** Zeros around; the list begins with the last axis. */
function padded(call: AtenCall): Expression | Promise<Expression> {
  const value = tensorOf(call, 'self')
  const amounts = listOf(call, 'pad') ?? []
  if (call.given.has('mode') && textOf(call, 'mode') !== 'constant')
    throw new ComputeProblem(`computed in the graph by ${call.operator} of the kind ${textOf(call, 'mode')}`)
  if ((numberOf(call, 'value') ?? 0) !== 0) throw new ComputeProblem(`computed in the graph by ${call.operator} with numbers`)
  const at = (axis: number, side: number): number => amounts[2 * (value.dims.length - 1 - axis) + side] ?? 0
  const pads = [0, 1].flatMap((side) => value.dims.map((_, axis) => at(axis, side)))
  return onnxOperator(call.onnx, 'Pad', [value], { pads })
}

const onesOf = (dims: readonly number[]): Float32Array<ArrayBuffer> => new Float32Array(product(dims)).fill(1)

const like =
  (make: (value: Expression, dims: readonly number[]) => Expression): AtenOperator =>
  (call) =>
    make(tensorOf(call, 'self'), tensorOf(call, 'other').dims)

function clamped(call: AtenCall): Expression {
  const [low, high] = [numberOf(call, 'min'), numberOf(call, 'max')]
  if (call.tensor('min') || call.tensor('max')) throw new ComputeProblem(`computed in the graph by ${call.operator} of tensors`)
  return mapped(floatOf(call, 'self'), (x) => {
    const raised = low !== undefined && x < low ? low : x
    return high !== undefined && raised > high ? high : raised
  })
}

function where(call: AtenCall): Expression | Promise<Expression> {
  return onnxOperator(call.onnx, 'Where', [tensorOf(call, 'condition'), tensorOf(call, 'self'), tensorOf(call, 'other')])
}

/** An argument that is a type of numbers; undefined where it is none that is computed with, or none is given. */
function typeOf(
  { given }: AtenCall,
  argument: string,
): { readonly code: number; readonly type: ElementType | undefined } | undefined {
  const value = given.get(argument)
  const code = isRecord(value) ? value['as_scalar_type'] : undefined
  if (typeof code !== 'number') return undefined
  const name = scalarTypes.get(code)?.name ?? ''
  return { code, type: name === 'bool' ? name : namedNumbers.get(name) }
}

function converted(call: AtenCall): Expression {
  const value = tensorOf(call, 'self')
  const wanted = typeOf(call, 'dtype')
  if (!wanted) return value
  if (!wanted.type) throw new ComputeProblem(`computed in the graph by ${call.operator} to type ${wanted.code}`)
  return cast(value, wanted.type)
}

/**
 * quantized_decomposed.dequantize_per_channel and _per_tensor (torch/ao/quantization/fx/_decomposed.py): (stored - zero point) · scale,
 * with one scale or one for each index along an axis.
 */
async function dequantised(call: AtenCall): Promise<Expression> {
  const value = tensorOf(call, 'input')
  const to = typeOf(call, 'out_dtype')?.type ?? 'float32'
  const scale = call.tensor('scales') ?? call.tensor('scale')
  if (scale) {
    const zero = call.tensor('zero_points') ?? call.tensor('zero_point')
    const axis = { axis: numberOf(call, 'axis') ?? 0 }
    return cast(await onnxOperator(call.onnx, 'DequantizeLinear', [value, scale, zero], {}, axis), to)
  }
  const [by, zero] = [numberOf(call, 'scale'), numberOf(call, 'zero_point')]
  if (by === undefined || zero === undefined || isComputedFloat(value.type))
    throw new ComputeProblem(`computed in the graph by ${call.operator} of ${value.type}`)
  return mapped(value, (x) => (x - zero) * Math.fround(by), to)
}

const same: AtenOperator = (call) => tensorOf(call, 'self')

const power: AtenOperator = (call) => {
  const exponent = numberOf(call, 'exponent')
  const value = floatOf(call, 'self')
  if (exponent === 2) return mapped(value, (x) => x * x)
  if (exponent === 0.5) return squareRoot(value)
  if (exponent === -0.5) return mapped(squareRoot(value), (x) => 1 / x)
  if (exponent === -1) return mapped(value, (x) => 1 / x)
  throw new ComputeProblem(`computed in the graph by ${call.operator} to the power ${exponent ?? 'of a tensor'}`)
}

/** How ATen's operators compute, by their names without overloads. */
export const ATEN_OPERATORS: Readonly<Record<string, AtenOperator>> = {
  alias: same,
  clone: same,
  detach: same,
  contiguous: same,
  lift_fresh_copy: same,
  to: converted,
  _to_copy: converted,
  dequantize_per_channel: dequantised,
  dequantize_per_tensor: dequantised,
  type_as: same,
  mul: pair((a, b) => a * b),
  div: pair((a, b) => a / b),
  add: pair((a, b) => a + b),
  sub: pair((a, b) => a - b),
  rsub: pair((a, b) => b - a),
  maximum: pair((a, b) => (Number.isNaN(a) || a > b ? a : b)),
  minimum: pair((a, b) => (Number.isNaN(a) || a < b ? a : b)),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  eq: compare((a, b) => a === b),
  ne: compare((a, b) => a !== b),
  where,
  sqrt: each(Math.sqrt),
  rsqrt: (call) => mapped(squareRoot(floatOf(call, 'self')), (x) => 1 / x),
  reciprocal: each((x) => 1 / x),
  square: each((x) => x * x),
  neg: each((x) => -x),
  abs: each(Math.abs),
  sign: each(Math.sign),
  pow: power,
  exp: onnxOf('Exp'),
  log: onnxOf('Log'),
  sigmoid: onnxOf('Sigmoid'),
  tanh: onnxOf('Tanh'),
  clamp: clamped,
  clamp_min: clamped,
  clamp_max: clamped,
  sum: reduce('ReduceSum'),
  mean,
  amax: reduce('ReduceMax'),
  amin: reduce('ReduceMin'),
  var: variance,
  var_mean: varianceAndMean,
  std: (call) => squareRoot(variance(call)),
  linalg_vector_norm: norm,
  norm,
  _weight_norm: weightNorm,
  _weight_norm_interface: weightNorm,
  batch_norm: batchNorm,
  _native_batch_norm_legit: batchNorm,
  mv: multiplied('self', 'vec'),
  mm: multiplied('self', 'mat2'),
  bmm: multiplied('self', 'mat2'),
  matmul: multiplied('self', 'other'),
  dot: multiplied('self', 'tensor'),
  vdot: multiplied('self', 'other'),
  view: (call) => reshaped(tensorOf(call, 'self'), shapeOf(call, tensorOf(call, 'self'))),
  _unsafe_view: (call) => reshaped(tensorOf(call, 'self'), shapeOf(call, tensorOf(call, 'self'))),
  reshape: (call) => reshaped(tensorOf(call, 'self'), shapeOf(call, tensorOf(call, 'self'))),
  reshape_as: like(reshaped),
  view_as: like(reshaped),
  flatten,
  unsqueeze,
  squeeze,
  expand,
  expand_as: like(expanded),
  slice,
  select,
  cat: concatenated,
  concat: concatenated,
  pad: padded,
  constant_pad_nd: padded,
  permute: (call) => permuted(call, tensorOf(call, 'self'), listOf(call, 'dims') ?? []),
  transpose: (call) => swapped(call, numberOf(call, 'dim0') ?? 0, numberOf(call, 'dim1') ?? 1),
  t: (call) => swapped(call, 0, -1),
  mT: (call) => swapped(call, -2, -1),
}
