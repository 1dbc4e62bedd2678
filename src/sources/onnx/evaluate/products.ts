import { ComputeProblem, isComputedFloat, type Numbers } from './dense.ts'
import { add, mapped } from './elementwise.ts'
import { type Expression, expression } from './expression.ts'
import { inputOf, type Operator, type OperatorCall } from './operator.ts'
import { broadcast, eachRow, product, widenedStrides } from './walk.ts'

/** Sums of products are gathered in double, in the order of the inner index, and rounded once. */
interface Side {
  readonly rows: number
  readonly columns: number
  readonly row: number
  readonly column: number
}

function addProduct(out: Numbers, at: number, x: Numbers, fromX: number, a: Side, y: Numbers, fromY: number, b: Side): void {
  const sums = new Float64Array(b.columns)
  for (let i = 0; i < a.rows; i++) {
    sums.fill(0)
    for (let k = 0; k < a.columns; k++) {
      const factor = x[fromX + i * a.row + k * a.column]!
      for (let j = 0; j < b.columns; j++) sums[j]! += factor * y[fromY + k * b.row + j * b.column]!
    }
    out.set(sums, at + i * b.columns)
  }
}

function requireFloats(call: OperatorCall, ...values: readonly Expression[]): void {
  for (const { type } of values)
    if (!isComputedFloat(type) || type !== values[0]!.type)
      throw new ComputeProblem(`computed in the graph by ${call.operator} of ${type}`)
}

const matMul: Operator = (call) => {
  const [a, b] = [inputOf(call, 0), inputOf(call, 1)]
  requireFloats(call, a, b)
  if (a.dims.length === 0 || b.dims.length === 0) throw new ComputeProblem('computed by a MatMul of single numbers')
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims
  const [rows, inner] = [left[left.length - 2]!, left[left.length - 1]!]
  const [again, columns] = [right[right.length - 2]!, right[right.length - 1]!]
  if (inner !== again) throw new ComputeProblem(`computed by a MatMul of ${a.dims.join('×')} and ${b.dims.join('×')}`)
  const stack = broadcast([left.slice(0, -2), right.slice(0, -2)])
  const strides = [left, right].map((own) =>
    widenedStrides(own.slice(0, -2), stack).map((step) => step * own[own.length - 2]! * own[own.length - 1]!),
  )
  const dims = [...stack, ...(a.dims.length === 1 ? [] : [rows]), ...(b.dims.length === 1 ? [] : [columns])]
  const one: Side = { rows, columns: inner, row: inner, column: 1 }
  const two: Side = { rows: inner, columns, row: columns, column: 1 }
  return expression(
    a.type,
    dims,
    [a, b],
    (out, [x, y]) => {
      eachRow(stack, strides, (first, [p, q], count, [s, t]) => {
        for (let k = 0; k < count; k++) addProduct(out, (first + k) * rows * columns, x!, p! + k * s!, one, y!, q! + k * t!, two)
      })
    },
    product(stack) * rows * inner * columns,
  )
}

const gemm: Operator = (call) => {
  const [a, b, c] = [inputOf(call, 0), inputOf(call, 1), call.inputs[2]]
  requireFloats(call, a, b, ...(c ? [c] : []))
  if (a.dims.length !== 2 || b.dims.length !== 2) throw new ComputeProblem('computed by a Gemm of no matrices')
  const side = ({ dims }: Expression, isTurned: boolean): Side =>
    isTurned
      ? { rows: dims[1]!, columns: dims[0]!, row: 1, column: dims[1]! }
      : { rows: dims[0]!, columns: dims[1]!, row: dims[1]!, column: 1 }
  const one = side(a, call.integer('transA', 0) !== 0)
  const two = side(b, call.integer('transB', 0) !== 0)
  if (one.columns !== two.rows) throw new ComputeProblem(`computed by a Gemm of ${a.dims.join('×')} and ${b.dims.join('×')}`)
  const scaled = (value: Expression, factor: number): Expression => (factor === 1 ? value : mapped(value, (x) => x * factor))
  const found = expression(
    a.type,
    [one.rows, two.columns],
    [a, b],
    (out, [x, y]) => addProduct(out, 0, x!, 0, one, y!, 0, two),
    one.rows * one.columns * two.columns,
  )
  const product = scaled(found, call.float('alpha', 1))
  if (!c) return product
  const sum = add(product, scaled(c, call.float('beta', 1)))
  if (sum.dims.join() !== product.dims.join()) throw new ComputeProblem('computed by a Gemm whose third matrix does not fit')
  return sum
}

/** "ij,jk->ik" of any number of tensors, each index a letter. */
const einsum: Operator = (call) => {
  const values = call.inputs.map((_, k) => inputOf(call, k))
  requireFloats(call, ...values)
  const equation = call.text('equation', '').replaceAll(' ', '')
  const [left = '', right] = equation.split('->')
  const terms = left.split(',')
  if (!/^[A-Za-z,]*(->[A-Za-z]*)?$/.test(equation) || terms.length !== values.length || values.length === 0)
    throw new ComputeProblem(`computed by an Einsum ${JSON.stringify(equation.slice(0, 40))}`)
  const sizes = new Map<string, number>()
  for (const [t, term] of terms.entries())
    for (const [k, letter] of [...term].entries()) {
      const size = values[t]!.dims[k]
      if (size === undefined || term.length !== values[t]!.dims.length || (sizes.get(letter) ?? size) !== size)
        throw new ComputeProblem(`computed by an Einsum whose shapes do not fit ${equation}`)
      sizes.set(letter, size)
    }
  const once = [...sizes.keys()].filter((letter) => left.replaceAll(',', '').split(letter).length === 2).sort()
  const kept = [...(right ?? once.join(''))]
  if (new Set(kept).size !== kept.length || !kept.every((letter) => sizes.has(letter)))
    throw new ComputeProblem(`computed by an Einsum ${equation}`)
  const letters = [...kept, ...[...sizes.keys()].filter((letter) => !kept.includes(letter))]
  const all = letters.map((letter) => sizes.get(letter)!)
  const dims = kept.map((letter) => sizes.get(letter)!)
  const strideOf = (term: readonly string[], own: readonly number[]): number[] =>
    letters.map((letter) => term.reduce((sum, name, k) => (name === letter ? sum + product(own.slice(k + 1)) : sum), 0))
  const strides = [strideOf(kept, dims), ...terms.map((term, t) => strideOf([...term], values[t]!.dims))]
  return expression(
    values[0]!.type,
    dims,
    values,
    (out, tensors) => {
      const sums = new Float64Array(out.length)
      eachRow(all, strides, (_, starts, count, steps) => {
        for (let k = 0; k < count; k++) {
          let factor = 1
          for (let t = 0; t < tensors.length; t++) factor *= tensors[t]![starts[t + 1]! + k * steps[t + 1]!]!
          sums[starts[0]! + k * steps[0]!]! += factor
        }
      })
      out.set(sums)
    },
    product(all) * (1 + values.length),
  )
}

export const products: Readonly<Record<string, Operator>> = { MatMul: matMul, Gemm: gemm, Einsum: einsum }
