import { bytesPer, ComputeProblem, type ElementType, type Numbers, newNumbers, settle } from './dense.ts'
import { product } from './walk.ts'

/** A value of a graph that depends on constants alone: its type and shape, and how its numbers come about. Nothing is computed yet. */
export interface Expression {
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly inputs: readonly Expression[]
  /** Elementary steps that `compute` takes. */
  readonly cost: number
  /** The stored tensor that the value comes from: of several, the largest. */
  readonly origin: { readonly name: string; readonly count: number } | undefined
  compute(inputs: readonly Numbers[]): Numbers | Promise<Numbers>
  /** The numbers, where they were computed and are few. */
  known?: Numbers
}

const MOST_ELEMENTS = 1 << 27
const MOST_RANK = 16
/** Bytes that the numbers of one weight and of what it is computed from may take at a time. */
const MOST_BYTES = 1 << 30
const MOST_STEPS = 10_000
const FEW = 4096

/** Makes an expression whose result is an array of its own. @throws ComputeProblem for a shape that no weight has */
export function expression(
  type: ElementType,
  dims: readonly number[],
  inputs: readonly Expression[],
  fill: (out: Numbers, inputs: readonly Numbers[]) => void,
  cost = 0,
): Expression {
  const count = requireCount(dims)
  const compute = (numbers: readonly Numbers[]): Numbers => {
    const out = newNumbers(type, count)
    fill(out, numbers)
    return settle(out, type)
  }
  return { type, dims, inputs, cost: cost + count, origin: originOf(inputs), compute }
}

/** The same numbers under another shape. */
export function reshaped(from: Expression, dims: readonly number[]): Expression {
  if (product(dims) !== product(from.dims))
    throw new ComputeProblem(`computed by a Reshape of ${from.dims.join('×')} to ${dims.join('×')}`)
  requireCount(dims)
  return { type: from.type, dims, inputs: [from], cost: 0, origin: from.origin, compute: ([numbers]) => numbers! }
}

function requireCount(dims: readonly number[]): number {
  const count = product(dims)
  if (dims.length > MOST_RANK || !dims.every((size) => Number.isSafeInteger(size) && size >= 0) || count > MOST_ELEMENTS)
    throw new ComputeProblem(`computed from a tensor of ${dims.slice(0, MOST_RANK).join('×')}, more than is computed with`)
  return count
}

/** Of equally large ones the first that is no mask: a pruned weight is the mask times the weight, in either order. */
function originOf(inputs: readonly Expression[]): Expression['origin'] {
  let best: Expression['origin']
  for (const { origin } of inputs) {
    if (!origin) continue
    const isBetter =
      !best || origin.count > best.count || (origin.count === best.count && isMask(best.name) && !isMask(origin.name))
    if (isBetter) best = origin
  }
  return best
}

function isMask(name: string): boolean {
  return /mask(_\d+)?$/i.test(name)
}

/** What computing a value takes. */
export interface Plan {
  /** Everything that it is computed from and itself, what is needed first coming first. */
  readonly order: readonly Expression[]
  readonly cost: number
}

/** @throws ComputeProblem when it takes more steps or memory than is given to one weight */
export function computingPlan(root: Expression): Plan {
  const order: Expression[] = []
  const seen = new Set<Expression>()
  const pending: { value: Expression; next: number }[] = [{ value: root, next: 0 }]
  seen.add(root)
  while (pending.length > 0) {
    const top = pending[pending.length - 1]!
    const input = top.value.known ? undefined : top.value.inputs[top.next++]
    if (input === undefined) {
      order.push(top.value)
      pending.pop()
    } else if (!seen.has(input)) {
      if (seen.size >= MOST_STEPS) throw new ComputeProblem(`computed in the graph by more than ${MOST_STEPS} operators`)
      seen.add(input)
      pending.push({ value: input, next: 0 })
    }
  }
  let cost = 0
  for (const value of order) if (!value.known) cost += value.cost
  const peak = peakOf(order)
  if (peak > MOST_BYTES)
    throw new ComputeProblem(`computed from tensors that take ${peak} bytes together, more than ${MOST_BYTES}`)
  return { order, cost }
}

/** How often each value is taken by values that are still to be computed. */
function usesOf(order: readonly Expression[], known: readonly (Numbers | undefined)[]): Map<Expression, number> {
  const uses = new Map<Expression, number>()
  for (const [k, { inputs }] of order.entries())
    if (!known[k]) for (const input of inputs) uses.set(input, (uses.get(input) ?? 0) + 1)
  return uses
}

function peakOf(order: readonly Expression[]): number {
  const known = order.map((value) => value.known)
  const uses = usesOf(order, known)
  let live = 0
  let peak = 0
  for (const [k, value] of order.entries()) {
    live += sizeOf(value)
    peak = Math.max(peak, live)
    if (!known[k]) for (const input of value.inputs) live -= released(uses, input) ? sizeOf(input) : 0
  }
  return peak
}

function sizeOf({ type, dims }: Expression): number {
  return bytesPer(type) * product(dims)
}

/** Takes one use; true when it was the last. */
function released(uses: Map<Expression, number>, value: Expression): boolean {
  const left = uses.get(value)! - 1
  uses.set(value, left)
  return left === 0
}

/** The numbers of the last value of a plan. What is not needed any more is let go on the way. @throws ComputeProblem, InputError */
export async function compute({ order }: Plan): Promise<Numbers> {
  const known = order.map((value) => value.known)
  const uses = usesOf(order, known)
  const results = new Map<Expression, Numbers>()
  let last: Numbers | undefined
  for (const [k, value] of order.entries()) {
    last = known[k] ?? (await value.compute(value.inputs.map((input) => results.get(input)!)))
    if (last.length <= FEW) value.known = last
    results.set(value, last)
    if (!known[k]) for (const input of value.inputs) if (released(uses, input)) results.delete(input)
  }
  return last!
}
