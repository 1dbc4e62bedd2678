import type { WasmInstance } from '../wasm/module.ts'
import type { StoredType } from '../wasm/stored.ts'
import { chunkPiece, chunkPieces, type LayerInChunks, pieceElements } from './chunk-pieces.ts'
import type { Four, LayerPart } from './layer-part.ts'
import { type ConvShape, scalesOf, type WeightPlan } from './plan.ts'
import { storedBytes } from './stored-bytes.ts'

/** Stored elements that are read and decoded at a time. */
const PIECE = 2 << 20

/** Bytes that `readScattered` works in: a piece as it is stored, and its float32. */
export function scatteredScratchBytes(dtype: StoredType, chunks?: LayerInChunks): number {
  return mostElements(chunks) * (storedBytes[dtype] + 4) + 16
}

function mostElements(chunks: LayerInChunks | undefined): number {
  return chunks ? pieceElements(chunks) : PIECE
}

export interface ScatteredRead {
  readonly plan: WeightPlan
  readonly strides: Four
  readonly shape: ConvShape
  /** How the layer is kept in chunks, when it is to be read one after the other. */
  readonly chunks?: LayerInChunks | undefined
  readonly wasm: WasmInstance
  readonly address: number
  readonly scratch: number
  /** Filters [from, from + count). */
  readonly from: number
  readonly count: number
}

/**
 * Reads filters of a layer whose stored order is another one, such as (row, column, in, out). The file is read once, in its
 * own order, in pieces that are decoded and laid out to the filters' places: time grows with what is stored, and memory does not.
 * @returns how many float64 or int32 values were not exactly a float32
 */
export async function readScattered(task: ScatteredRead): Promise<number> {
  const { shape, from, count } = task
  if (count === 0) return 0
  const [, inputs, height, width] = shape
  const firstOut = Math.floor(from / inputs)
  const outs = Math.ceil((from + count) / inputs) - firstOut
  // Filters of one output channel: no others' inputs. Of several, all of each; what was not asked for is passed over.
  const part: LayerPart =
    outs === 1
      ? { first: [firstOut, from - firstOut * inputs, 0, 0], counts: [1, count, height, width] }
      : { first: [firstOut, 0, 0, 0], counts: [outs, inputs, height, width] }
  let narrowed = 0
  const pieces = task.chunks ? chunkPieces(part, task.chunks) : piecesOf(part, task.strides)
  for (const piece of pieces) narrowed += await readPiece(task, piece)
  return narrowed
}

/** Elements from a part's first to its last, both included. */
function spanOf({ counts }: LayerPart, strides: Four): number {
  return counts.reduce((sum, n, axis) => sum + (n - 1) * strides[axis]!, 1)
}

/** Cuts a part along its slowest axis, then the next, until a piece's span fits. */
function* piecesOf(part: LayerPart, strides: Four): Generator<LayerPart> {
  const span = spanOf(part, strides)
  if (span <= PIECE) {
    yield part
    return
  }
  const { first, counts } = part
  let slowest = -1
  for (let axis = 0; axis < 4; axis++)
    if (counts[axis]! > 1 && (slowest < 0 || strides[axis]! > strides[slowest]!)) slowest = axis
  const replaced = (four: Four, value: number): Four =>
    four.map((old, axis) => (axis === slowest ? value : old)) as unknown as Four
  const one = spanOf({ first, counts: replaced(counts, 1) }, strides)
  const step = Math.max(1, Math.min(counts[slowest]! - 1, 1 + Math.floor((PIECE - one) / strides[slowest]!)))
  for (let at = 0; at < counts[slowest]!; at += step) {
    const some = Math.min(step, counts[slowest]! - at)
    yield* piecesOf({ first: replaced(first, first[slowest]! + at), counts: replaced(counts, some) }, strides)
  }
}

/** Puts the stored elements of a part to `source`. @returns their strides there */
async function loadPart({ plan, strides, chunks, wasm }: ScatteredRead, part: LayerPart, source: number): Promise<Four> {
  if (chunks) {
    const { bytes, strides } = await chunkPiece(part, chunks)
    wasm.u8(source, bytes.length).set(bytes)
    return strides
  }
  const bytes = storedBytes[plan.dtype]
  const stored = part.first.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)
  const length = spanOf(part, strides) * bytes
  await plan.access.read(plan.offset + stored * bytes, length, wasm.u8(source, length))
  return strides
}

async function readPiece(task: ScatteredRead, part: LayerPart): Promise<number> {
  const { plan, shape, wasm, address, scratch, from, count } = task
  const { first, counts } = part
  const [, inputs, height, width] = shape
  const taps = height * width
  const source = scratch + mostElements(task.chunks) * 4 + 16
  const strides = await loadPart(task, part, source)
  const narrowed = wasm.decode({
    dtype: plan.dtype,
    source,
    destination: scratch,
    shape: counts,
    strides,
    ...(plan.dequantise && { dequantise: scalesOf(plan.dequantise, first[0], counts[0]) }),
  })
  const [outs, ins, rows, columns] = counts
  const decoded = wasm.f32(scratch, outs * ins * rows * columns)
  const filters = wasm.f32(address, count * taps)
  for (let o = 0, at = 0; o < outs; o++)
    for (let i = 0; i < ins; i++) {
      const filter = (first[0] + o) * inputs + first[1] + i - from
      if (filter < 0 || filter >= count) {
        at += rows * columns
        continue
      }
      for (let y = 0; y < rows; y++) {
        const to = filter * taps + (first[2] + y) * width + first[3]
        for (let x = 0; x < columns; x++) filters[to + x] = decoded[at++]!
      }
    }
  return narrowed
}
