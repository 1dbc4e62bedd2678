import { type ArrayGrid, wholeChunks } from '../io/array-grid.ts'
import type { Four, LayerPart } from './layer-part.ts'
import type { ConvShape, WeightPlan } from './plan.ts'

/** Elements of a piece: so many in whole chunks, and no more than the most of a chunk that is larger. */
const PIECE = 2 << 20
const MOST = 8 << 20

/** A layer that is all of an array in chunks. */
export interface LayerInChunks {
  readonly grid: ArrayGrid
  /** Of each axis of the array, the layer's axis (out, in, row, column) that it is; -1 for one of a single index that is none. */
  readonly axes: readonly number[]
  /** Elements of a piece along each axis of the array. */
  readonly piece: readonly number[]
}

/** @returns undefined when the layer's array is not kept in chunks that must be read one after the other, or is more than the layer */
export function layerInChunks(
  { access: { grid }, offset }: Pick<WeightPlan, 'access' | 'offset'>,
  strides: Four,
  shape: ConvShape,
): LayerInChunks | undefined {
  if (!grid || offset !== 0) return undefined
  const left = new Set(shape.flatMap((n, axis) => (n > 1 ? [axis] : [])))
  let place = 1
  const axes = grid.shape.map(() => -1)
  for (let of = grid.shape.length - 1; of >= 0; of--) {
    const n = grid.shape[of]!
    if (n === 1) continue
    const axis = [...left].find((axis) => shape[axis] === n && strides[axis] === place)
    if (axis === undefined) return undefined
    left.delete(axis)
    axes[of] = axis
    place *= n
  }
  return left.size > 0 ? undefined : { grid, axes, piece: pieceOf(grid) }
}

function pieceOf(grid: ArrayGrid): number[] {
  const piece = wholeChunks(grid, PIECE)
  const size = (): number => piece.reduce((product, n) => product * n, 1)
  for (let axis = 0; axis < piece.length && size() > MOST; axis++)
    piece[axis] = Math.max(1, Math.floor((piece[axis]! * MOST) / size()))
  return piece
}

/** Elements of the largest piece. */
export function pieceElements({ piece }: LayerInChunks): number {
  return piece.reduce((product, n) => product * n, 1)
}

/** Cuts a part of a layer along the lines of pieces, in the order in which they are stored. */
export function* chunkPieces(
  part: LayerPart,
  layer: Pick<LayerInChunks, 'axes' | 'piece'>,
  of: number = 0,
): Generator<LayerPart> {
  const { axes, piece } = layer
  const axis = axes[of]
  if (axis === undefined) {
    yield part
    return
  }
  if (axis < 0) {
    yield* chunkPieces(part, layer, of + 1)
    return
  }
  const [from, to] = [part.first[axis]!, part.first[axis]! + part.counts[axis]!]
  for (let at = from; at < to; ) {
    const end = Math.min(to, at - (at % piece[of]!) + piece[of]!)
    const cut = { first: replaced(part.first, axis, at), counts: replaced(part.counts, axis, end - at) }
    yield* chunkPieces(cut, layer, of + 1)
    at = end
  }
}

/** A piece's elements as they are stored, and their strides. */
export async function chunkPiece(
  { first, counts }: LayerPart,
  { grid, axes }: LayerInChunks,
): Promise<{ bytes: Uint8Array; strides: Four }> {
  const boxCounts = axes.map((axis) => (axis < 0 ? 1 : counts[axis]!))
  const bytes = await grid.box(
    axes.map((axis) => (axis < 0 ? 0 : first[axis]!)),
    boxCounts,
  )
  const strides = [0, 0, 0, 0]
  let place = 1
  for (let of = axes.length - 1; of >= 0; of--) {
    if (axes[of]! >= 0) strides[axes[of]!] = place
    place *= boxCounts[of]!
  }
  return { bytes, strides: strides as unknown as Four }
}

function replaced(four: Four, axis: number, value: number): Four {
  return four.map((old, k) => (k === axis ? value : old)) as unknown as Four
}
