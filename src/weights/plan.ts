import type { RandomAccess } from '../io/random-access.ts'
import type { StoredType } from '../wasm/stored.ts'

/** Output channels, input channels per group, kernel rows, kernel columns. */
export type ConvShape = readonly [out: number, inPerGroup: number, height: number, width: number]

/**
 * Stored integers to weights: weight = (stored - zero) · scale + shift, computed in double and rounded once to float32.
 * An array holds one entry per output channel.
 */
export interface Dequantisation {
  readonly scale: number | Float64Array
  readonly zero: number | Float64Array
  readonly shift: number
}

/**
 * Where a layer's weights lie and how they become float32 in (out, in, row, column) order: plain data, made without
 * reading a weight. `strides` counts stored elements; absent means that they are stored in just that order.
 */
export interface WeightPlan {
  readonly access: RandomAccess
  /** First byte of element (0, 0, 0, 0). */
  readonly offset: number
  readonly dtype: StoredType
  readonly strides?: readonly [number, number, number, number]
  readonly dequantise?: Dequantisation
}

/** The scales of output channels [out, out + outs). */
export function scalesOf({ scale, zero, shift }: Dequantisation, out: number, outs: number): Dequantisation {
  const part = (values: number | Float64Array): number | Float64Array =>
    typeof values === 'number' ? values : values.subarray(out, out + outs)
  return { scale: part(scale), zero: part(zero), shift }
}
