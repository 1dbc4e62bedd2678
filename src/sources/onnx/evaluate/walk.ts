import { ComputeProblem } from './dense.ts'

/** The number of elements of a shape. */
export function product(dims: readonly number[]): number {
  return dims.reduce((count, size) => count * size, 1)
}

/** Distances of neighbours along each axis of a row-major tensor. */
export function rowMajor(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length)
  for (let k = dims.length - 1, step = 1; k >= 0; k--) {
    strides[k] = step
    step *= dims[k]!
  }
  return strides
}

/** An axis counted from the front. @throws ComputeProblem when the shape has no such axis */
export function axisOf(axis: number, rank: number): number {
  const along = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(along) || along < 0 || along >= rank)
    throw new ComputeProblem(`computed along axis ${axis}, which is not there`)
  return along
}

/** The shape that shapes are widened to (ONNX, "Broadcasting"). @throws ComputeProblem when they do not fit together */
export function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length))
  return Array.from({ length: rank }, (_, k) => {
    let size = 1
    for (const dims of shapes) {
      const own = dims[k - rank + dims.length] ?? 1
      if (own === 1 || own === size) continue
      if (size !== 1)
        throw new ComputeProblem(`computed from shapes that do not fit (${shapes.map((one) => one.join('×')).join(', ')})`)
      size = own
    }
    return size
  })
}

/** Strides by which a tensor is read as a wider one: 0 along the axes that it repeats. */
export function widenedStrides(dims: readonly number[], wide: readonly number[]): number[] {
  const own = rowMajor(dims)
  return wide.map((_, k) => {
    const at = k - wide.length + dims.length
    return at < 0 || dims[at] === 1 ? 0 : own[at]!
  })
}

/**
 * Visits a shape row by row, in row-major order: `visit(first, starts, count)` with the row's first element, where it begins in
 * each tensor, and its length; along the row the tensors move by `steps`. Axes that all tensors cross alike are made one.
 */
export function eachRow(
  dims: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (first: number, starts: readonly number[], count: number, steps: readonly number[]) => void,
): void {
  const sizes: number[] = []
  const moves: number[][] = strides.map(() => [])
  for (const [k, size] of dims.entries()) {
    if (size === 0) return
    if (size === 1) continue
    const last = sizes.length - 1
    const isOne = last >= 0 && strides.every((own, t) => moves[t]![last] === own[k]! * size)
    if (isOne) {
      sizes[last]! *= size
      for (const [t, own] of strides.entries()) moves[t]![last] = own[k]!
    } else {
      sizes.push(size)
      for (const [t, own] of strides.entries()) moves[t]!.push(own[k]!)
    }
  }
  const count = sizes.pop() ?? 1
  const steps = moves.map((own) => own.pop() ?? 0)
  const index = new Array<number>(sizes.length).fill(0)
  const starts = new Array<number>(strides.length).fill(0)
  for (let first = 0; ; first += count) {
    visit(first, starts, count, steps)
    let axis = sizes.length - 1
    for (; axis >= 0; axis--) {
      index[axis]!++
      for (let t = 0; t < starts.length; t++) starts[t]! += moves[t]![axis]!
      if (index[axis]! < sizes[axis]!) break
      for (let t = 0; t < starts.length; t++) starts[t]! -= moves[t]![axis]! * sizes[axis]!
      index[axis] = 0
    }
    if (axis < 0) return
  }
}
