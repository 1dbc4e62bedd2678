import { namedFloats } from '../number-names.ts'
import { ComputeProblem, isElementType } from '../onnx/evaluate/dense.ts'
import { cast, combined, mapped } from '../onnx/evaluate/elementwise.ts'
import { type Expression, expression, reshaped } from '../onnx/evaluate/expression.ts'
import { onnxOperator } from '../onnx/evaluate/expressions.ts'
import { inputOf, type Operator } from '../onnx/evaluate/operator.ts'
import { axisOf } from '../onnx/evaluate/walk.ts'
import { tensorType } from './types.ts'
import { SAME_VALUES } from './weights.ts'

// TensorFlow's operators as ONNX's, which compute in the same way: tensorflow/core/ops/{math,array,nn}_ops.cc against onnx/docs/Operators.md.

/** ONNX's operator, input for input. */
const as =
  (operator: string): Operator =>
  (call) =>
    onnxOperator(call, operator, call.inputs)

const after =
  (map: (value: number) => number, operator: string): Operator =>
  async (call) =>
    mapped(await as(operator)(call), map)

const reduce =
  (operator: string): Operator =>
  async (call) => {
    const axes = await call.numbers(1)
    const value = inputOf(call, 0)
    // No axes: nothing is reduced. ONNX would reduce all.
    if (axes.length === 0) return value
    return onnxOperator(call, operator, [value], { axes }, { keepdims: call.integer('keep_dims', 0) })
  }

const matMul: Operator = async (call) => {
  const side = async (input: number, flags: readonly string[]): Promise<Expression> => {
    const value = inputOf(call, input)
    if (!flags.some((flag) => call.integer(flag, 0) !== 0)) return value
    const rank = value.dims.length
    const perm = value.dims.map((_, k) => (k === rank - 1 ? rank - 2 : k === rank - 2 ? rank - 1 : k))
    return onnxOperator(call, 'Transpose', [value], { perm })
  }
  return onnxOperator(call, 'MatMul', [await side(0, ['transpose_a', 'adj_x']), await side(1, ['transpose_b', 'adj_y'])])
}

const transpose: Operator = async (call) => onnxOperator(call, 'Transpose', [inputOf(call, 0)], { perm: await call.numbers(1) })

const reshape: Operator = async (call) =>
  onnxOperator(call, 'Reshape', [inputOf(call, 0)], { shape: await call.numbers(1) }, { allowzero: 1 })

const expandDims: Operator = async (call) => onnxOperator(call, 'Unsqueeze', [inputOf(call, 0)], { axes: await call.numbers(1) })

const squeeze: Operator = (call) => {
  const axes = call.integers('squeeze_dims')
  return onnxOperator(call, 'Squeeze', [inputOf(call, 0)], axes?.length ? { axes } : {})
}

const concat: Operator = async (call) => {
  const values = call.inputs.slice(0, -1)
  const [axis = 0] = await call.numbers(values.length)
  return onnxOperator(call, 'Concat', values, {}, { axis })
}

const slice: Operator = async (call) => {
  const value = inputOf(call, 0)
  const [starts, sizes] = [await call.numbers(1), await call.numbers(2)]
  const ends = starts.map((start, k) => (sizes[k] === -1 ? value.dims[k]! : start + sizes[k]!))
  return onnxOperator(call, 'Slice', [value], { starts, ends })
}

const split: Operator = async (call) => {
  const [axis = 0] = await call.numbers(0)
  const value = inputOf(call, 1)
  const parts = call.integer('num_split', 1)
  const along = axisOf(axis, value.dims.length)
  const size = value.dims[along]! / parts
  if (!Number.isSafeInteger(size)) throw new ComputeProblem('computed by a Split that does not fit its shape')
  const starts = [call.output * size]
  return onnxOperator(call, 'Slice', [value], { starts, ends: [(call.output + 1) * size], axes: [along] })
}

const fill: Operator = async (call) => {
  const value = inputOf(call, 1)
  return expression(value.type, await call.numbers(0), [value], (out, [x]) => void out.fill(x![0] ?? 0))
}

const casts: Operator = (call) => {
  const { name } = tensorType(call.integer('DstT', 0))
  const to = namedFloats.get(name) ?? name
  if (!isElementType(to)) throw new ComputeProblem(`computed by a Cast to ${name}`)
  return cast(inputOf(call, 0), to)
}

const select: Operator = (call) => {
  const [condition, a, b] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)]
  // The older Select takes a vector that chooses whole rows.
  const isRows = call.operator === 'Select' && condition.dims.length === 1 && a.dims.length > 1
  const rows = isRows ? reshaped(condition, [condition.dims[0]!, ...a.dims.slice(1).map(() => 1)]) : condition
  return onnxOperator(call, 'Where', [rows, a, b])
}

const quotientOrZero: Operator = (call) => combined(inputOf(call, 0), inputOf(call, 1), (a, b) => (b === 0 ? 0 : a / b))

const squaredDifference: Operator = (call) => combined(inputOf(call, 0), inputOf(call, 1), (a, b) => (a - b) * (a - b))

const clip: Operator = (call) => onnxOperator(call, 'Clip', call.inputs)

const same: Operator = (call) => inputOf(call, call.operator === 'IdentityN' ? call.output : 0)

/** How TensorFlow's operators compute, by their names, as far as weights are made by them. */
export const TF_OPERATORS: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(SAME_VALUES.map((name) => [name, same])),
  Add: as('Add'),
  AddV2: as('Add'),
  AddN: as('Sum'),
  Sub: as('Sub'),
  Mul: as('Mul'),
  Div: as('Div'),
  RealDiv: as('Div'),
  DivNoNan: quotientOrZero,
  Maximum: as('Max'),
  Minimum: as('Min'),
  Pow: as('Pow'),
  SquaredDifference: squaredDifference,
  Square: (call) => mapped(inputOf(call, 0), (x) => x * x),
  Sqrt: as('Sqrt'),
  Rsqrt: after((x) => 1 / x, 'Sqrt'),
  Reciprocal: as('Reciprocal'),
  Inv: as('Reciprocal'),
  Neg: as('Neg'),
  Abs: as('Abs'),
  Sign: as('Sign'),
  Floor: as('Floor'),
  Ceil: as('Ceil'),
  Round: as('Round'),
  Rint: as('Round'),
  Relu: as('Relu'),
  Exp: as('Exp'),
  Log: as('Log'),
  Sigmoid: as('Sigmoid'),
  Tanh: as('Tanh'),
  Softplus: as('Softplus'),
  Sum: reduce('ReduceSum'),
  Mean: reduce('ReduceMean'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  MatMul: matMul,
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  Transpose: transpose,
  Reshape: reshape,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  ConcatV2: concat,
  Slice: slice,
  Split: split,
  Tile: as('Tile'),
  BroadcastTo: as('Expand'),
  Fill: fill,
  ZerosLike: (call) => mapped(inputOf(call, 0), () => 0),
  OnesLike: (call) => mapped(inputOf(call, 0), () => 1),
  Shape: as('Shape'),
  Size: as('Size'),
  Cast: casts,
  ClipByValue: clip,
  Select: select,
  SelectV2: select,
  Equal: as('Equal'),
  Greater: as('Greater'),
  GreaterEqual: as('GreaterOrEqual'),
  Less: as('Less'),
  LessEqual: as('LessOrEqual'),
  LogicalAnd: as('And'),
  LogicalOr: as('Or'),
  LogicalNot: as('Not'),
}
