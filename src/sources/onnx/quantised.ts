import type { RandomAccess } from '../../io/random-access.ts'
import { type Payload, readNumbers } from './payload.ts'
import { byElement } from './runs.ts'

/** Scale and zero point: one number each, or one per index along `axis`. */
export interface Quantisation {
  readonly scale: Float64Array
  readonly zero: Float64Array
  /** Undefined for a single scale. */
  readonly axis: number | undefined
}

const CHUNK = 1 << 14

/**
 * What QuantizeLinear makes of stored floats, as bytes: saturate(round-half-even(x / scale) + zero), the division in
 * single precision as the ONNX operator does it. `inner` and `size` find an element's index along the axis:
 * floor(element / inner) mod size, in the order in which the elements are stored.
 */
export function quantisedAccess(
  payload: Payload,
  count: number,
  q: Quantisation,
  inner: number,
  size: number,
  type: 'int8' | 'uint8',
): RandomAccess {
  const low = type === 'int8' ? -128 : 0
  const high = type === 'int8' ? 127 : 255
  return byElement(payload.access, count, 1, async (first, total, out) => {
    for (let done = 0; done < total; done += CHUNK) {
      const part = Math.min(CHUNK, total - done)
      const values = await readNumbers(payload, first + done, part)
      for (let k = 0; k < part; k++) {
        const channel = q.axis === undefined ? 0 : Math.floor((first + done + k) / inner) % size
        const value = roundHalfEven(Math.fround(values[k]! / q.scale[channel]!)) + q.zero[channel]!
        out[done + k] = Math.min(Math.max(value, low), high) & 0xff
      }
    }
  })
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest < 0.5 || (rest === 0.5 && below % 2 === 0)) return below
  return below + 1
}
