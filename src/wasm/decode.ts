import { type ModuleExports, moduleConstants } from './exports.generated.ts'
import type { StoredType } from './stored.ts'

/** What to widen, or narrow, to float32 in (out, in, row, column) order. Addresses are bytes in the module's memory. */
export interface Decoding {
  readonly dtype: StoredType
  /** Address of stored element (0, 0, 0, 0); any alignment. */
  readonly source: number
  /** Address of the first float32; 4-byte aligned, not overlapping the source. */
  readonly destination: number
  readonly shape: readonly [number, number, number, number]
  /** In stored elements; absent: row-major. */
  readonly strides?: readonly [number, number, number, number] | undefined
  /** (stored - zero)·scale + shift in double, rounded once. Arrays hold one entry per output channel of `shape`. */
  readonly dequantise?:
    | { readonly scale: number | Float64Array; readonly zero: number | Float64Array; readonly shift: number }
    | undefined
}

export interface DecodeCalls {
  /** Returns how many float64 or int32 values were not exactly a float32 (0 for quantised ones). */
  decode(task: Decoding): number
}

const kinds: Readonly<Record<StoredType, number>> = {
  float32: moduleConstants.FLOAT32,
  float16: moduleConstants.FLOAT16,
  bfloat16: moduleConstants.BFLOAT16,
  float64: moduleConstants.FLOAT64,
  int8: moduleConstants.INT8,
  uint8: moduleConstants.UINT8,
  int16: moduleConstants.INT16,
  uint16: moduleConstants.UINT16,
  int32: moduleConstants.INT32,
  float8e4m3fn: moduleConstants.FLOAT8_E4M3FN,
  float8e4m3fnuz: moduleConstants.FLOAT8_E4M3FNUZ,
  float8e5m2: moduleConstants.FLOAT8_E5M2,
  float8e5m2fnuz: moduleConstants.FLOAT8_E5M2FNUZ,
}

export function decodeCalls(wasm: ModuleExports): DecodeCalls {
  return {
    decode({ dtype, source, destination, shape, strides: given, dequantise }) {
      const [o, i, h, w] = shape
      const strides = given ?? ([i * h * w, h * w, w, 1] as const)
      const kind = kinds[dtype]
      if (!dequantise) return wasm.decode(kind, source, destination, o, i, h, w, ...strides, false, 1, 0, 0)
      const { scale, zero, shift } = dequantise
      if (typeof scale === 'number' && typeof zero === 'number')
        return wasm.decode(kind, source, destination, o, i, h, w, ...strides, true, scale, zero, shift)
      const bytes = wasm.storedBytes(kind)
      for (let k = 0; k < o; k++) {
        const scaleOf = typeof scale === 'number' ? scale : scale[k]!
        const zeroOf = typeof zero === 'number' ? zero : zero[k]!
        const from = source + k * strides[0] * bytes
        const to = destination + 4 * k * i * h * w
        wasm.decode(kind, from, to, 1, i, h, w, ...strides, true, scaleOf, zeroOf, shift)
      }
      return 0
    },
  }
}
