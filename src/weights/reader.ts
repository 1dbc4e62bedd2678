import { InputError } from '../errors.ts'
import { CLEARANCE, clearOf } from '../io/clear.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { type Box, boxesOf, spanOf } from './boxes.ts'
import { layerInChunks } from './chunk-pieces.ts'
import { type ConvShape, scalesOf, type WeightPlan } from './plan.ts'
import { readScattered, scatteredScratchBytes } from './scattered.ts'
import { storedBytes } from './stored-bytes.ts'

const PIECE = 4 << 20 // stored bytes that are decoded at a time
const WHOLE_SPAN = 64 << 20 // stored bytes of a strided layer that are read in one piece; a larger one in pieces of the file

/** A layer's weights, to be read into the module's memory as float32 in (out, in, row, column) order. */
export interface WeightReader {
  readonly filters: number
  readonly taps: number
  /** Bytes of scratch memory that `read` needs: 0 when the file holds the float32 as they are. */
  readonly scratchBytes: number
  /** True where every read goes through all that is stored of its output channels, however few are asked for: ask for many at once. */
  readonly isScattered?: boolean
  /** Where in its file filter 0 lies, when filters are read from there as they are: `clearOf` says where to put them. */
  readonly position?: number
  /**
   * Filters [from, from + count) to `address`. The module's memory must not grow until the promise resolves.
   * Resolves to the number of float64 values that were not exactly a float32.
   * @throws InputError when the bytes are not there
   */
  read(wasm: WasmInstance, address: number, scratch: number, from: number, count: number): Promise<number>
}

/** Whether a layer's weights are stored in (out, in, row, column) order, without gaps. */
export function isInOrder({ strides }: Pick<WeightPlan, 'strides'>, shape: ConvShape): boolean {
  const [, inputs, height, width] = shape
  const rowMajor = [inputs * height * width, height * width, width, 1]
  return strides === undefined || strides.every((stride, k) => stride === rowMajor[k] || shape[k] === 1)
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
  const chunks = layerInChunks(plan, strides, shape)
  const scattered: WeightReader = {
    filters,
    taps,
    isScattered: true,
    scratchBytes: scatteredScratchBytes(plan.dtype, chunks),
    read: (wasm, address, scratch, from, count) =>
      readScattered({ plan, strides, shape, chunks, wasm, address, scratch, from, count }),
  }
  if (chunks) return scattered
  const contiguous = isInOrder(plan, shape)
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
      ...(plan.dequantise && { dequantise: scalesOf(plan.dequantise, box.out, box.outs) }),
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
      isScattered: true,
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
  return scattered
}
