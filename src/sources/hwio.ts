import type { ConvShape } from '../weights/plan.ts'

/** A kernel as (out, in per group, rows, columns), and where each element lies in what is stored. */
export interface KernelLayout {
  readonly shape: ConvShape
  /** In stored elements. */
  readonly strides: readonly [number, number, number, number]
  readonly groups: number
}

/** TensorFlow's Conv2D kernel: stored (rows, columns, in per group, out). */
export function convKernel(stored: readonly number[], groups = 1): KernelLayout {
  const [rows, columns, inPerGroup, out] = stored as [number, number, number, number]
  return { shape: [out, inPerGroup, rows, columns], strides: [1, out, columns * inPerGroup * out, inPerGroup * out], groups }
}

/** TensorFlow's depthwise kernel: stored (rows, columns, C, M); output channel c·M + m sees input channel c alone. */
export function depthwiseKernel(stored: readonly number[]): KernelLayout {
  const [rows, columns, channels, multiplier] = stored as [number, number, number, number]
  const out = channels * multiplier
  return { shape: [out, 1, rows, columns], strides: [1, 1, columns * out, out], groups: channels }
}

/** TensorFlow Lite's Conv2D kernel: stored (out, rows, columns, in per group). */
export function liteConvKernel(stored: readonly number[], groups = 1): KernelLayout {
  const [out, rows, columns, inPerGroup] = stored as [number, number, number, number]
  return {
    shape: [out, inPerGroup, rows, columns],
    strides: [rows * columns * inPerGroup, 1, columns * inPerGroup, inPerGroup],
    groups,
  }
}
