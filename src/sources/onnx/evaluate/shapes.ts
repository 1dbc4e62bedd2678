import { ComputeProblem, type ElementType } from './dense.ts'
import { typeNumbered } from './elementwise.ts'
import { type Expression, expression, reshaped } from './expression.ts'
import { inputOf, listOf, type Operator, type OperatorCall } from './operator.ts'
import { axisOf, broadcast, eachRow, product, rowMajor, widenedStrides } from './walk.ts'

/** Numbers of a tensor in another order, or some of them: where each of the new shape's lies, by strides. */
function picked(from: Expression, dims: readonly number[], strides: readonly number[], start = 0): Expression {
  const own = [...strides]
  return expression(from.type, dims, [from], (out, [x]) => {
    eachRow(dims, [own], (first, [p], count, [s]) => {
      for (let k = 0; k < count; k++) out[first + k] = x![start + p! + k * s!]!
    })
  })
}

const transpose: Operator = (call) => {
  const value = inputOf(call, 0)
  const rank = value.dims.length
  const order = call.integers('perm') ?? value.dims.map((_, k) => rank - 1 - k)
  if (order.length !== rank || new Set(order).size !== rank)
    throw new ComputeProblem('computed by a Transpose that does not fit its shape')
  const own = rowMajor(value.dims)
  const axes = order.map((axis) => axisOf(axis, rank))
  return picked(
    value,
    axes.map((axis) => value.dims[axis]!),
    axes.map((axis) => own[axis]!),
  )
}

const reshape: Operator = async (call) => {
  const value = inputOf(call, 0)
  const wanted = (await listOf(call, 'shape', 1)) ?? []
  const keepsZero = call.integer('allowzero', 0) === 1
  const dims = wanted.map((size, k) => (size === 0 && !keepsZero ? (value.dims[k] ?? 0) : size))
  const open = dims.indexOf(-1)
  if (open >= 0) dims[open] = product(value.dims) / product(dims.filter((_, k) => k !== open))
  return reshaped(value, dims)
}

const flatten: Operator = (call) => {
  const value = inputOf(call, 0)
  const axis = call.integer('axis', 1)
  const along = axis === value.dims.length ? axis : axisOf(axis, value.dims.length)
  return reshaped(value, [product(value.dims.slice(0, along)), product(value.dims.slice(along))])
}

const squeeze: Operator = async (call) => {
  const value = inputOf(call, 0)
  const axes = await listOf(call, 'axes', 1)
  const gone = new Set(axes?.map((axis) => axisOf(axis, value.dims.length)))
  return reshaped(
    value,
    value.dims.filter((size, k) => (axes ? !gone.has(k) : size !== 1)),
  )
}

const unsqueeze: Operator = async (call) => {
  const value = inputOf(call, 0)
  const axes = (await listOf(call, 'axes', 1)) ?? []
  const rank = value.dims.length + axes.length
  const added = new Set(axes.map((axis) => axisOf(axis, rank)))
  if (added.size !== axes.length) throw new ComputeProblem('computed by an Unsqueeze that names an axis twice')
  const rest = [...value.dims]
  return reshaped(
    value,
    Array.from({ length: rank }, (_, k) => (added.has(k) ? 1 : rest.shift()!)),
  )
}

const expand: Operator = async (call) => {
  const value = inputOf(call, 0)
  const dims = broadcast([value.dims, await call.numbers(1)])
  return picked(value, dims, widenedStrides(value.dims, dims))
}

const tile: Operator = async (call) => {
  const value = inputOf(call, 0)
  const repeats = await call.numbers(1)
  if (repeats.length !== value.dims.length) throw new ComputeProblem('computed by a Tile that does not fit its shape')
  // Each axis is two: which repetition, and where in it.
  const own = rowMajor(value.dims)
  const apart = picked(
    value,
    value.dims.flatMap((size, k) => [repeats[k]!, size]),
    own.flatMap((step) => [0, step]),
  )
  return reshaped(
    apart,
    value.dims.map((size, k) => size * repeats[k]!),
  )
}

const concat: Operator = (call) => {
  const values = call.inputs.map((_, k) => inputOf(call, k))
  const [first] = values
  if (!first) throw new ComputeProblem('computed by a Concat of nothing')
  const axis = axisOf(call.integer('axis', 0), first.dims.length)
  const fits = ({ dims, type }: Expression): boolean =>
    type === first.type && dims.length === first.dims.length && dims.every((size, k) => k === axis || size === first.dims[k])
  if (!values.every(fits)) throw new ComputeProblem('computed by a Concat of shapes that do not fit')
  const dims = first.dims.map((size, k) => (k === axis ? values.reduce((sum, value) => sum + value.dims[axis]!, 0) : size))
  const outer = product(dims.slice(0, axis))
  const inner = product(dims.slice(axis + 1))
  return expression(first.type, dims, values, (out, tensors) => {
    let to = 0
    for (let k = 0; k < outer; k++)
      for (const [t, x] of tensors.entries()) {
        const length = values[t]!.dims[axis]! * inner
        out.set(x.subarray(k * length, (k + 1) * length), to)
        to += length
      }
  })
}

const slice: Operator = async (call) => {
  const value = inputOf(call, 0)
  const rank = value.dims.length
  const starts = (await listOf(call, 'starts', 1)) ?? []
  const ends = (await listOf(call, 'ends', 2)) ?? []
  const axes = (await listOf(call, 'axes', 3)) ?? starts.map((_, k) => k)
  const steps = call.inputs[4] ? await call.numbers(4) : starts.map(() => 1)
  if ([ends, axes, steps].some((list) => list.length !== starts.length))
    throw new ComputeProblem('computed by a Slice that does not fit')
  const dims = [...value.dims]
  const strides = rowMajor(value.dims)
  let start = 0
  for (const [k, named] of axes.entries()) {
    const axis = axisOf(named, rank)
    const size = value.dims[axis]!
    const step = steps[k]!
    if (!Number.isSafeInteger(step) || step === 0) throw new ComputeProblem('computed by a Slice without a step')
    const within = (place: number, low: number, high: number): number =>
      Math.min(Math.max(place < 0 ? place + size : place, low), high)
    const from = step > 0 ? within(starts[k]!, 0, size) : within(starts[k]!, 0, size - 1)
    const to = step > 0 ? within(ends[k]!, 0, size) : within(ends[k]!, -1, size - 1)
    start += from * strides[axis]!
    dims[axis] = Math.max(0, Math.ceil((to - from) / step))
    strides[axis]! *= step
  }
  return picked(value, dims, strides, start)
}

const split: Operator = async (call) => {
  const value = inputOf(call, 0)
  const axis = axisOf(call.integer('axis', 0), value.dims.length)
  const size = value.dims[axis]!
  const part = Math.ceil(size / call.outputs)
  const given = await listOf(call, 'split', 1)
  const parts = given ?? Array.from({ length: call.outputs }, (_, k) => Math.max(0, Math.min(part, size - k * part)))
  if (parts.length !== call.outputs || parts.reduce((sum, n) => sum + n, 0) !== size || parts.some((n) => n < 0))
    throw new ComputeProblem('computed by a Split that does not fit its shape')
  const own = rowMajor(value.dims)
  const before = parts.slice(0, call.output).reduce((sum, n) => sum + n, 0)
  const dims = value.dims.map((length, k) => (k === axis ? parts[call.output]! : length))
  return picked(value, dims, own, before * own[axis]!)
}

const gather: Operator = (call) => {
  const [value, indices] = [inputOf(call, 0), inputOf(call, 1)]
  const axis = axisOf(call.integer('axis', 0), value.dims.length)
  const size = value.dims[axis]!
  const inner = product(value.dims.slice(axis + 1))
  const outer = product(value.dims.slice(0, axis))
  const dims = [...value.dims.slice(0, axis), ...indices.dims, ...value.dims.slice(axis + 1)]
  return expression(value.type, dims, [value, indices], (out, [x, places]) => {
    let to = 0
    for (let k = 0; k < outer; k++)
      for (const place of places!) {
        const at = place < 0 ? place + size : place
        if (!(at >= 0 && at < size)) throw new ComputeProblem('computed by a Gather beyond its tensor')
        const from = (k * size + at) * inner
        out.set(x!.subarray(from, from + inner), to)
        to += inner
      }
  })
}

const pad: Operator = async (call) => {
  const value = inputOf(call, 0)
  const rank = value.dims.length
  const amounts = (await listOf(call, 'pads', 1)) ?? []
  const axes = call.inputs[3] ? (await call.numbers(3)).map((axis) => axisOf(axis, rank)) : value.dims.map((_, k) => k)
  const mode = call.text('mode', 'constant')
  if (mode !== 'constant' || amounts.length !== 2 * axes.length || amounts.some((n) => n < 0))
    throw new ComputeProblem(`computed in the graph by a Pad of the kind ${mode}`)
  const before = new Array<number>(rank).fill(0)
  const dims = [...value.dims]
  for (const [k, axis] of axes.entries()) {
    before[axis] = amounts[k]!
    dims[axis]! += amounts[k]! + amounts[k + axes.length]!
  }
  const filler = call.inputs[2] ? (await call.numbers(2))[0]! : call.float('value', 0)
  const wide = rowMajor(dims)
  const start = before.reduce((sum, n, k) => sum + n * wide[k]!, 0)
  return expression(value.type, dims, [value], (out, [x]) => {
    out.fill(filler)
    eachRow(value.dims, [wide], (first, [p], count, [s]) => {
      for (let k = 0; k < count; k++) out[start + p! + k * s!] = x![first + k]!
    })
  })
}

const triangle: Operator = async (call) => {
  const value = inputOf(call, 0)
  const [rows, columns] = [value.dims[value.dims.length - 2], value.dims[value.dims.length - 1]]
  if (rows === undefined || columns === undefined) throw new ComputeProblem('computed by a Trilu of no matrix')
  const shift = call.inputs[1] ? (await call.numbers(1))[0]! : 0
  const isUpper = call.integer('upper', 1) !== 0
  return expression(value.type, value.dims, [value], (out, [x]) => {
    for (let k = 0; k < out.length; k++) {
      const across = (k % columns) - (Math.floor(k / columns) % rows)
      out[k] = (isUpper ? across >= shift : across <= shift) ? x![k]! : 0
    }
  })
}

/** Numbers that are known without any tensor. */
function made(type: ElementType, dims: readonly number[], at: (k: number) => number): Expression {
  return expression(type, dims, [], (out) => {
    for (let k = 0; k < out.length; k++) out[k] = at(k)
  })
}

const shape: Operator = (call) => {
  const { dims } = inputOf(call, 0)
  const bound = (place: number): number => Math.min(Math.max(place < 0 ? place + dims.length : place, 0), dims.length)
  const part = dims.slice(bound(call.integer('start', 0)), bound(call.integer('end', dims.length)))
  return made('int64', [part.length], (k) => part[k]!)
}

const size: Operator = (call) => {
  const count = product(inputOf(call, 0).dims)
  return made('int64', [], () => count)
}

const range: Operator = async (call) => {
  const [[start = 0], [limit = 0], [step = 0]] = [await call.numbers(0), await call.numbers(1), await call.numbers(2)]
  const count = Math.max(0, Math.ceil((limit - start) / step))
  if (!Number.isSafeInteger(count)) throw new ComputeProblem('computed by a Range without end')
  return made(inputOf(call, 0).type, [count], (k) => start + k * step)
}

const eye: Operator = (call) => {
  const value = inputOf(call, 0)
  const [, columns] = value.dims
  if (value.dims.length !== 2 || columns === undefined) throw new ComputeProblem('computed by an EyeLike of no matrix')
  const type = call.integer('dtype', 0) === 0 ? value.type : typeNumbered(call.integer('dtype', 0))
  const shift = call.integer('k', 0)
  return made(type, value.dims, (k) => ((k % columns) - Math.floor(k / columns) === shift ? 1 : 0))
}

const same = (call: OperatorCall): Expression => {
  if (call.output !== 0) throw new ComputeProblem(`computed in the graph by ${call.operator}`)
  return inputOf(call, 0)
}

/** Operators that move numbers and compute none. ConstantOfShape needs an attribute that is a tensor: constants.ts. */
export const shapes: Readonly<Record<string, Operator>> = {
  Identity: same,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Slice: slice,
  Split: split,
  Gather: gather,
  Pad: pad,
  Trilu: triangle,
  Shape: shape,
  Size: size,
  Range: range,
  EyeLike: eye,
}
