import { ComputeProblem, isComputedFloat } from './dense.ts'
import { type Expression, expression } from './expression.ts'
import { inputOf, listOf, type Operator, type OperatorCall } from './operator.ts'
import { axisOf, eachRow, product, rowMajor } from './walk.ts'

/** How numbers become one: gathered in double, one after the other in their order. */
interface Reduction {
  readonly start: number
  gather(sum: number, value: number): number
  finish?(sum: number, count: number): number
}

const add = (sum: number, value: number): number => sum + value
const addSquare = (sum: number, value: number): number => sum + value * value

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  ReduceSum: { start: 0, gather: add },
  ReduceMean: { start: 0, gather: add, finish: (sum, count) => sum / count },
  ReduceL1: { start: 0, gather: (sum, value) => sum + Math.abs(value) },
  ReduceL2: { start: 0, gather: addSquare, finish: Math.sqrt },
  ReduceSumSquare: { start: 0, gather: addSquare },
  ReduceProd: { start: 1, gather: (sum, value) => sum * value },
  ReduceMax: { start: Number.NEGATIVE_INFINITY, gather: (sum, value) => (Number.isNaN(sum) || sum > value ? sum : value) },
  ReduceMin: { start: Number.POSITIVE_INFINITY, gather: (sum, value) => (Number.isNaN(sum) || sum < value ? sum : value) },
}

/** Along some axes, each made 1 or (keeps = false) taken away. */
export function reduced(value: Expression, name: keyof typeof REDUCTIONS, axes: readonly number[], keeps = true): Expression {
  const { start, gather, finish } = REDUCTIONS[name]!
  const gone = new Set(axes.map((axis) => axisOf(axis, value.dims.length)))
  const small = value.dims.map((size, k) => (gone.has(k) ? 1 : size))
  const own = rowMajor(small)
  const strides = [rowMajor(value.dims), own.map((step, k) => (gone.has(k) ? 0 : step))]
  const dims = keeps ? small : value.dims.filter((_, k) => !gone.has(k))
  const count = product(value.dims)
  return expression(
    value.type,
    dims,
    [value],
    (out, [x]) => {
      if (count === 0 && out.length > 0) throw new ComputeProblem(`computed by ${name} of nothing`)
      const sums = new Float64Array(out.length).fill(start)
      eachRow(value.dims, strides, (_, [from, to], length, [s, t]) => {
        if (t === 0) {
          let sum = sums[to!]!
          for (let k = 0; k < length; k++) sum = gather(sum, x![from! + k * s!]!)
          sums[to!] = sum
        } else {
          for (let k = 0; k < length; k++) sums[to! + k * t!] = gather(sums[to! + k * t!]!, x![from! + k * s!]!)
        }
      })
      for (let k = 0; k < out.length; k++) out[k] = finish ? finish(sums[k]!, count / out.length) : sums[k]!
    },
    count,
  )
}

async function reduce(call: OperatorCall): Promise<Expression> {
  const value = inputOf(call, 0)
  const isExact = call.operator === 'ReduceMax' || call.operator === 'ReduceMin'
  if (!isComputedFloat(value.type) && !isExact && !(value.type === 'int64' || value.type === 'int32'))
    throw new ComputeProblem(`computed in the graph by ${call.operator} of ${value.type}`)
  const axes = await listOf(call, 'axes', 1)
  const all = value.dims.map((_, k) => k)
  if ((axes === undefined || axes.length === 0) && call.integer('noop_with_empty_axes', 0) === 1) return value
  return reduced(value, call.operator, axes?.length ? axes : all, call.integer('keepdims', 1) === 1)
}

export const reductions: Readonly<Record<string, Operator>> = Object.fromEntries(
  Object.keys(REDUCTIONS).map((name) => [name, reduce]),
)
