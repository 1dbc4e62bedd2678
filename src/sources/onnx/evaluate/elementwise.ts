import { sharedInstance } from '../../../wasm/module.ts'
import { DATA_TYPES } from '../records.ts'
import { ComputeProblem, type ElementType, isComputedFloat, isElementType, isFloat, roundedHalfEven } from './dense.ts'
import { type Expression, expression, reshaped } from './expression.ts'
import { inputOf, type Operator } from './operator.ts'
import { broadcast, eachRow, widenedStrides } from './walk.ts'

// Arithmetic: every operator computes in double and rounds once to its type. For +, -, ·, / and the square root of float32 this is
// IEEE's own float32 result; exp, log and pow are the module's, the same in every engine. Host functions that round (Math.exp …) are
// not called.

type Combine = (a: number, b: number) => number

/** Two tensors, element by element, widened to one shape. */
export function combined(a: Expression, b: Expression, combine: Combine, type: ElementType = a.type): Expression {
  if (a.type !== b.type) throw new ComputeProblem(`computed from ${a.type} and ${b.type} at a time`)
  const dims = broadcast([a.dims, b.dims])
  const strides = [widenedStrides(a.dims, dims), widenedStrides(b.dims, dims)]
  return expression(type, dims, [a, b], (out, [x, y]) => {
    eachRow(dims, strides, (first, [p, q], count, [s, t]) => {
      for (let k = 0; k < count; k++) out[first + k] = combine(x![p! + k * s!]!, y![q! + k * t!]!)
    })
  })
}

/** One tensor, element by element. */
export function mapped(a: Expression, map: (value: number) => number, type: ElementType = a.type): Expression {
  return expression(type, a.dims, [a], (out, [x]) => {
    for (let k = 0; k < out.length; k++) out[k] = map(x![k]!)
  })
}

export const add = (a: Expression, b: Expression): Expression => combined(a, b, (x, y) => x + y)
export const subtract = (a: Expression, b: Expression): Expression => combined(a, b, (x, y) => x - y)
export const multiply = (a: Expression, b: Expression): Expression =>
  combined(a, b, a.type === 'int32' || a.type === 'uint32' ? Math.imul : (x, y) => x * y)
export const divide = (a: Expression, b: Expression): Expression =>
  combined(a, b, isFloat(a.type) ? (x, y) => x / y : wholeQuotient)
export const squareRoot = (a: Expression): Expression => mapped(a, Math.sqrt)

function wholeQuotient(a: number, b: number): number {
  if (b === 0) throw new ComputeProblem('computed by a division of whole numbers by 0')
  return Math.trunc(a / b)
}

const largest: Combine = (a, b) => (Number.isNaN(a) || a > b ? a : b)
const smallest: Combine = (a, b) => (Number.isNaN(a) || a < b ? a : b)
const truth =
  (holds: (a: number, b: number) => boolean): Combine =>
  (a, b) =>
    holds(a, b) ? 1 : 0

/** x to the power y: products and roots where they say the same, exactly as a runtime has them; else the module's. */
function power(x: number, y: number): number {
  if (y === 2) return x * x
  if (y === 1) return x
  if (y === 0) return 1
  if (y === -1) return 1 / x
  if (y === 0.5) return Math.sqrt(x)
  if (y === -0.5) return 1 / Math.sqrt(x)
  if (y === 3) return x * x * x
  return sharedInstance().math.pow(x, y)
}

export const exponential = (x: number): number => sharedInstance().math.exp(x)
const logarithm = (x: number): number => sharedInstance().math.log(x)
const sigmoid = (x: number): number => 1 / (1 + exponential(-x))
function hyperbolicTangent(x: number): number {
  const twice = sharedInstance().math.expm1(2 * Math.abs(x))
  return Math.sign(x) * (twice === Number.POSITIVE_INFINITY ? 1 : twice / (twice + 2))
}
const softplus = (x: number): number => Math.max(x, 0) + sharedInstance().math.log1p(exponential(-Math.abs(x)))

function numeric(value: Expression, operator: string): Expression {
  if (isFloat(value.type) ? !isComputedFloat(value.type) : value.type === 'bool')
    throw new ComputeProblem(`computed in the graph by ${operator} of ${value.type}`)
  return value
}

const two =
  (make: (a: Expression, b: Expression) => Expression): Operator =>
  (call) =>
    make(numeric(inputOf(call, 0), call.operator), numeric(inputOf(call, 1), call.operator))

const compare =
  (holds: (a: number, b: number) => boolean): Operator =>
  (call) =>
    combined(inputOf(call, 0), inputOf(call, 1), truth(holds), 'bool')

const logical =
  (holds: (a: number, b: number) => boolean): Operator =>
  (call) => {
    const [a, b] = [inputOf(call, 0), inputOf(call, 1)]
    if (a.type !== 'bool') throw new ComputeProblem(`computed in the graph by ${call.operator} of ${a.type}`)
    return combined(a, b, truth(holds), 'bool')
  }

const one =
  (map: (value: number) => number): Operator =>
  (call) =>
    mapped(numeric(inputOf(call, 0), call.operator), map)

/** Of floats alone: the operator has no meaning, or another one, for whole numbers. */
const ofFloats =
  (map: (value: number) => number): Operator =>
  (call) => {
    const value = inputOf(call, 0)
    if (!isComputedFloat(value.type)) throw new ComputeProblem(`computed in the graph by ${call.operator} of ${value.type}`)
    return mapped(value, map)
  }

const any =
  (combine: Combine): Operator =>
  (call) => {
    let value = numeric(inputOf(call, 0), call.operator)
    for (let k = 1; k < call.inputs.length; k++) value = combined(value, numeric(inputOf(call, k), call.operator), combine)
    return value
  }

const where: Operator = (call) => {
  const [condition, a, b] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)]
  if (condition.type !== 'bool' || a.type !== b.type)
    throw new ComputeProblem(`computed in the graph by Where of ${condition.type}, ${a.type} and ${b.type}`)
  const dims = broadcast([condition.dims, a.dims, b.dims])
  const strides = [condition, a, b].map((value) => widenedStrides(value.dims, dims))
  return expression(a.type, dims, [a, b, condition], (out, [x, y, c]) => {
    eachRow(dims, strides, (first, [r, p, q], count, [u, s, t]) => {
      for (let k = 0; k < count; k++) out[first + k] = c![r! + k * u!] ? x![p! + k * s!]! : y![q! + k * t!]!
    })
  })
}

/** A number as another type has it: floats to whole numbers towards 0, anything to bool by whether it is 0. */
export function cast(value: Expression, to: ElementType): Expression {
  if (to === value.type) return value
  if (to === 'bool') return mapped(value, (x) => (x !== 0 ? 1 : 0), to)
  if (isFloat(to) ? !isComputedFloat(to) : to === 'int4' || to === 'uint4')
    throw new ComputeProblem(`computed by a Cast to ${to}`)
  return mapped(value, isFloat(value.type) && !isFloat(to) ? (x) => Math.trunc(x) || 0 : (x) => x, to)
}

/** An ONNX data type as a type that is computed with. */
export function typeNumbered(number: number): ElementType {
  const type = DATA_TYPES[number] ?? `type ${number}`
  if (!isElementType(type)) throw new ComputeProblem(`computed by a Cast to ${type}`)
  return type
}

const clip: Operator = (call) => {
  let value = numeric(inputOf(call, 0), call.operator)
  const bound = (input: number, attribute: string, combine: Combine): void => {
    const given = call.inputs[input]
    const fixed = call.float(attribute, Number.NaN)
    if (given) value = combined(value, reshaped(given, []), combine)
    else if (!Number.isNaN(fixed)) value = mapped(value, (x) => combine(x, fixed))
  }
  bound(1, 'min', largest)
  bound(2, 'max', smallest)
  return value
}

const mean: Operator = async (call) => {
  const sum = await any((a, b) => a + b)(call)
  return mapped(sum, (x) => x / call.inputs.length)
}

const powerOf: Operator = (call) => {
  const base = numeric(inputOf(call, 0), call.operator)
  const exponent = numeric(inputOf(call, 1), call.operator)
  return combined(base, exponent.type === base.type ? exponent : asDoubles(exponent, base.type), power)
}

/** An exponent beside a base of another type, its numbers unrounded. */
function asDoubles(value: Expression, type: ElementType): Expression {
  return { ...value, type, inputs: [value], cost: 0, compute: ([numbers]) => numbers! }
}

export const elementwise: Readonly<Record<string, Operator>> = {
  Add: two(add),
  Sub: two(subtract),
  Mul: two(multiply),
  Div: two(divide),
  Pow: powerOf,
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: logical((a, b) => a !== 0 && b !== 0),
  Or: logical((a, b) => a !== 0 || b !== 0),
  Xor: logical((a, b) => a !== b),
  Not: (call) => mapped(inputOf(call, 0), (x) => (x === 0 ? 1 : 0), 'bool'),
  Where: where,
  Neg: one((x) => -x),
  Abs: one(Math.abs),
  Sign: one(Math.sign),
  Floor: one(Math.floor),
  Ceil: one(Math.ceil),
  Round: one(roundedHalfEven),
  Relu: one((x) => (x > 0 || Number.isNaN(x) ? x : 0)),
  Sqrt: ofFloats(Math.sqrt),
  Reciprocal: ofFloats((x) => 1 / x),
  Exp: ofFloats(exponential),
  Log: ofFloats(logarithm),
  Sigmoid: ofFloats(sigmoid),
  Tanh: ofFloats(hyperbolicTangent),
  Softplus: ofFloats(softplus),
  IsNaN: (call) => mapped(inputOf(call, 0), (x) => (Number.isNaN(x) ? 1 : 0), 'bool'),
  Sum: any((a, b) => a + b),
  Mean: mean,
  Max: any(largest),
  Min: any(smallest),
  Clip: clip,
  Cast: (call) => cast(inputOf(call, 0), typeNumbered(call.integer('to', 0))),
  CastLike: (call) => cast(inputOf(call, 0), inputOf(call, 1).type),
}
