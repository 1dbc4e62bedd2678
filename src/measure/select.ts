import { UsageError } from '../errors.ts'
import type { Convolution, Skipped, SourceModel } from '../sources/source.ts'
import { maxTaps } from '../wasm/limits.ts'
import { sidesOf } from './kernel-size.ts'

/** Taps that a measured kernel may have: two at least (one has no spatial pattern), 11×11 at most. */
export const LEAST_TAPS = 2
export const MOST_TAPS = maxTaps

/** Which kernels are measured: one size, or every one with 2 to 121 taps. */
export type KernelChoice = 'all' | { readonly height: number; readonly width: number }

/** True for "3x3" and every other size that is measured. */
export function isMeasuredKernel(kernel: string): boolean {
  const [height, width] = sidesOf(kernel)
  return `${height}x${width}` === kernel && isTapCount(height * width) && Math.min(height, width) > 0
}

function isTapCount(taps: number): boolean {
  return Number.isInteger(taps) && taps >= LEAST_TAPS && taps <= MOST_TAPS
}

/** A convolution that is measured. */
export interface SelectedLayer {
  readonly convolution: Convolution
  /** The file's own number, or the count of the model's measured layers before it. */
  readonly layer_id: number
  /** "3x3": rows x columns. */
  readonly kernel: string
}

/** Filters of a layer: input times output channels. */
export function filtersOf({ convolution: { shape } }: Pick<SelectedLayer, 'convolution'>): number {
  return shape[0] * shape[1]
}

export interface Selection {
  readonly layers: readonly SelectedLayer[]
  /** Convolutions that are not measured, with the reason; then what the source itself left out. */
  readonly skipped: readonly Skipped[]
}

/**
 * "3x3", "5x5", "1x7" … or "all".
 * @throws UsageError when it is neither, or a size that is not measured
 */
export function parseKernel(text: string): KernelChoice {
  if (text === 'all') return 'all'
  const match = /^([1-9]\d{0,2})[x×]([1-9]\d{0,2})$/.exec(text)
  if (!match) throw new UsageError(`kernel "${text}": give rows x columns, such as 3x3 or 5x5, or all`)
  const height = Number(match[1])
  const width = Number(match[2])
  if (height * width < LEAST_TAPS) throw new UsageError('kernel 1x1: a single tap has no spatial pattern to measure')
  if (height * width > MOST_TAPS) {
    throw new UsageError(`kernel ${text}: kernels of up to ${MOST_TAPS} taps (11x11) are measured`)
  }
  return { height, width }
}

/** The layers of a model that are measured, by depth and then in file order, and a census entry for every other convolution. */
export function selectLayers(model: SourceModel, choice: KernelChoice): Selection {
  const layers: SelectedLayer[] = []
  const skipped: Skipped[] = []
  for (const convolution of model.convolutions) {
    const [, , height, width] = convolution.shape
    const reason = reasonToSkip(height, width, choice)
    if (reason) skipped.push({ name: convolution.layer, kind: 'Conv', shape: convolution.shape, reason })
    else layers.push({ convolution, layer_id: convolution.layer_id ?? layers.length, kernel: `${height}x${width}` })
  }
  return { layers, skipped: [...skipped, ...model.skipped] }
}

function reasonToSkip(height: number, width: number, choice: KernelChoice): string | undefined {
  const taps = height * width
  if (taps === 1) return '1×1'
  if (taps > MOST_TAPS) return `${height}×${width}, more than ${MOST_TAPS} taps`
  if (choice === 'all' || (choice.height === height && choice.width === width)) return undefined
  return `${height}×${width}, not asked for (--kernel all)`
}
