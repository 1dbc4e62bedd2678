import { InputError } from '../errors.ts'
import { type RandomAccess, requireRange } from '../io/random-access.ts'

/** Stored bytes of a strided tensor that are read at once; a larger one is refused. */
const MOST_STRIDED = 1 << 28

/** A tensor as it lies in a file: element (i, j, …) stands i·strides[0] + j·strides[1] + … elements behind the first. */
export interface StridedTensor {
  readonly access: RandomAccess
  /** In bytes. */
  readonly offset: number
  /** Of one element. */
  readonly bytes: number
  readonly shape: readonly number[]
  /** In elements, none negative. */
  readonly strides: readonly number[]
}

/** A strided tensor's elements one after the other, the last axis running fastest, as bytes of its own type. */
export function rowMajorAccess({ access, offset, bytes, shape, strides }: StridedTensor): RandomAccess {
  const count = shape.reduce((product, size) => product * size, 1)
  const byteLength = count * bytes
  return {
    name: access.name,
    byteLength,
    async read(from, length, into) {
      requireRange(access.name, byteLength, from, length)
      const out = into?.subarray(0, length) ?? new Uint8Array(length)
      if (length === 0) return out
      const span = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 1) * bytes
      if (span > MOST_STRIDED)
        throw new InputError(access.name, `a strided tensor of ${span} bytes is too large to be computed with`)
      const stored = await access.read(offset, span)
      for (let at = 0; at < length; at++) {
        let rest = Math.floor((from + at) / bytes)
        let place = 0
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          place += (rest % shape[axis]!) * strides[axis]!
          rest = Math.floor(rest / shape[axis]!)
        }
        out[at] = stored[place * bytes + ((from + at) % bytes)]!
      }
      return out
    },
  }
}
