import { InputError } from '../errors.ts'
import { CLEARANCE, clearOf } from '../io/clear.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { type Box, boxesOf, spanOf } from './boxes.ts'
import type { ConvShape, Dequantisation, WeightPlan } from './plan.ts'
import { storedBytes } from './stored-bytes.ts'

const PIECE = 4 << 20 // stored bytes that are decoded at a time
const WHOLE_SPAN = 64 << 20 // stored bytes of a strided layer that are read in one piece; a larger one is gathered

/** A layer's weights, to be read into the module's memory as float32 in (out, in, row, column) order. */
export interface WeightReader {
  readonly filters: number
  readonly taps: number
  /** Bytes of scratch memory that `read` needs: 0 when the file holds the float32 as they are. */
  readonly scratchBytes: number
  /** Where in its file filter 0 lies, when filters are read from there as they are: `clearOf` says where to put them. */
  readonly position?: number
  /**
   * Filters [from, from + count) to `address`. The module's memory must not grow until the promise resolves.
   * Resolves to the number of float64 values that were not exactly a float32.
   * @throws InputError when the bytes are not there
   */
  read(wasm: WasmInstance, address: number, scratch: number, from: number, count: number): Promise<number>
}

/** Plans the reading of a layer's weights. @throws InputError when the file is too short for them */
export function weightReader(plan: WeightPlan, shape: ConvShape): WeightReader {
  const [out, inputs, height, width] = shape
  const taps = height * width
  const filters = out * inputs
  const bytes = storedBytes[plan.dtype]
  const rowMajor: [number, number, number, number] = [inputs * taps, taps, width, 1]
  const strides = plan.strides ?? rowMajor
  const span = filters === 0 ? 0 : spanOf(strides, { out: 0, outs: out, input: 0, inputs }, height, width).length
  if (plan.offset < 0 || plan.offset + span * bytes > plan.access.byteLength) {
    throw new InputError(
      plan.access.name,
      `weights of shape ${shape.join(' × ')} should lie at bytes ${plan.offset} to ${plan.offset + span * bytes}, but it ends at ${plan.access.byteLength}; it is cut short or damaged, get it again`,
    )
  }
  const contiguous = strides.every((stride, k) => stride === rowMajor[k] || shape[k] === 1)
  const origin = (plan.access.parts?.[0] ?? plan.access).origin
  const position = origin && origin.offset + plan.offset
  if (contiguous && plan.dtype === 'float32' && !plan.dequantise) {
    return {
      filters,
      taps,
      scratchBytes: 0,
      ...(position !== undefined && { position }),
      async read(wasm, address, _scratch, from, count) {
        const length = count * taps * 4
        await plan.access.read(plan.offset + from * taps * 4, length, wasm.u8(address, length))
        return 0
      },
    }
  }
  // One scale for all: rows that lie one after the other are one long row, which is decoded in two thirds of the time.
  const alike = !plan.dequantise || (typeof plan.dequantise.scale === 'number' && typeof plan.dequantise.zero === 'number')
  const decodeBox = (wasm: WasmInstance, address: number, source: number, box: Box, from?: typeof strides): number =>
    wasm.decode({
      dtype: plan.dtype,
      source,
      destination: address,
      shape: alike && !from ? [1, 1, 1, box.outs * box.inputs * taps] : [box.outs, box.inputs, height, width],
      ...(from && { strides: from }),
      ...(plan.dequantise && { dequantise: partOf(plan.dequantise, box) }),
    })
  const inPieces = async (
    wasm: WasmInstance,
    address: number,
    from: number,
    count: number,
    most: number,
    load: (box: Box) => Promise<{ source: number; strides?: typeof strides }>,
  ): Promise<number> => {
    let narrowed = 0
    let to = address
    for (const box of boxesOf(inputs, from, count, most)) {
      const { source, strides } = await load(box)
      narrowed += decodeBox(wasm, to, source, box, strides)
      to += box.outs * box.inputs * taps * 4
    }
    return narrowed
  }
  if (contiguous) {
    const most = Math.max(1, Math.floor(PIECE / (taps * bytes)))
    return {
      filters,
      taps,
      scratchBytes: Math.min(most, filters) * taps * bytes + CLEARANCE,
      read: (wasm, address, scratch, from, count) =>
        inPieces(wasm, address, from, count, most, async (box) => {
          const length = box.outs * box.inputs * taps * bytes
          const first = (box.out * inputs + box.input) * taps * bytes
          const source = scratch + (position === undefined ? 0 : clearOf(scratch, position + first))
          await plan.access.read(plan.offset + first, length, wasm.u8(source, length))
          return { source }
        }),
    }
  }
  if (span * bytes <= WHOLE_SPAN) {
    return {
      filters,
      taps,
      scratchBytes: span * bytes,
      async read(wasm, address, scratch, from, count) {
        await plan.access.read(plan.offset, span * bytes, wasm.u8(scratch, span * bytes))
        return inPieces(wasm, address, from, count, filters, async (box) => ({
          source: scratch + spanOf(strides, box, height, width).first * bytes,
          strides,
        }))
      },
    }
  }
  const most = Math.max(1, Math.floor(PIECE / (taps * bytes)))
  return {
    filters,
    taps,
    scratchBytes: most * taps * bytes,
    read: (wasm, address, scratch, from, count) =>
      inPieces(wasm, address, from, count, most, async (box) => {
        await gather(plan, strides, box, height, width, wasm, scratch)
        return { source: scratch }
      }),
  }
}

/** The scales of a box's output channels. */
function partOf({ scale, zero, shift }: Dequantisation, { out, outs }: Box): Dequantisation {
  const part = (values: number | Float64Array): number | Float64Array =>
    typeof values === 'number' ? values : values.subarray(out, out + outs)
  return { scale: part(scale), zero: part(zero), shift }
}

/**
 * Copies the stored elements of a box to `scratch` in (out, in, row, column) order, reading the box's span in
 * pieces: bounded memory for a strided layer of any size, at the price of reading the span once for each box.
 */
async function gather(
  plan: WeightPlan,
  strides: readonly [number, number, number, number],
  box: Box,
  height: number,
  width: number,
  wasm: WasmInstance,
  scratch: number,
): Promise<void> {
  const bytes = storedBytes[plan.dtype]
  const { first, length } = spanOf(strides, box, height, width)
  const counts = [box.outs, box.inputs, height, width]
  // Dimensions from the slowest to the fastest in the file, so that one pass over the span finds them in order.
  const order = [0, 1, 2, 3].sort((a, b) => strides[b]! - strides[a]!)
  const piece = new Uint8Array(Math.min(PIECE, length * bytes))
  let pieceFirst = 0
  let pieceEnd = 0
  const to = wasm.u8(
    scratch,
    counts.reduce((n, c) => n * c, bytes),
  )
  const target = [counts[1]! * counts[2]! * counts[3]!, counts[2]! * counts[3]!, counts[3]!, 1]
  const [a, b, c, d] = order as [number, number, number, number]
  for (let ka = 0; ka < counts[a]!; ka++)
    for (let kb = 0; kb < counts[b]!; kb++)
      for (let kc = 0; kc < counts[c]!; kc++) {
        const source = ka * strides[a]! + kb * strides[b]! + kc * strides[c]!
        const dest = ka * target[a]! + kb * target[b]! + kc * target[c]!
        for (let kd = 0; kd < counts[d]!; kd++) {
          const at = source + kd * strides[d]!
          if (at < pieceFirst || at >= pieceEnd) {
            pieceFirst = at
            pieceEnd = Math.min(length, at + Math.floor(piece.length / bytes))
            await plan.access.read(plan.offset + (first + at) * bytes, (pieceEnd - at) * bytes, piece)
          }
          const from = (at - pieceFirst) * bytes
          const into = (dest + kd * target[d]!) * bytes
          for (let k = 0; k < bytes; k++) to[into + k] = piece[from + k]!
        }
      }
}
