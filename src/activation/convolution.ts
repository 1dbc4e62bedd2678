import type { Placement } from '../sources/source.ts'
import type { ConvShape } from '../weights/plan.ts'

/** Values in (channel, row, column) order. */
export interface Planes {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly values: Float32Array
}

/** A convolution's weights, in (out, in per group, row, column) order. */
export interface ConvolutionWeights {
  readonly shape: ConvShape
  readonly groups: number
  readonly weights: Float32Array
  /** One value per output channel. */
  readonly bias?: Float32Array | undefined
}

/**
 * 2-D cross-correlation, as frameworks call convolution: zeros around the input, sums in double in the order
 * (channel, row, column) with the bias added last, each rounded once to float32: the same bits in every engine.
 * @throws RangeError when channels do not fit, or the kernel is larger than the padded input
 */
export function convolve(input: Planes, { shape, groups, weights, bias }: ConvolutionWeights, placement: Placement): Planes {
  const [out, perGroup, kernelHeight, kernelWidth] = shape
  const [strideY, strideX] = placement.strides
  const [dilationY, dilationX] = placement.dilations
  if (perGroup * groups !== input.channels)
    throw new RangeError(`the convolution takes ${perGroup * groups} channels, the input has ${input.channels}`)
  if (groups < 1 || out % groups !== 0) throw new RangeError(`${out} output channels in ${groups} groups`)
  const spanY = (kernelHeight - 1) * dilationY + 1
  const spanX = (kernelWidth - 1) * dilationX + 1
  const [top, left, bottom, right] = padsFor(placement, input, [spanY, spanX])
  const height = Math.floor((input.height + top + bottom - spanY) / strideY) + 1
  const width = Math.floor((input.width + left + right - spanX) / strideX) + 1
  if (height < 1 || width < 1)
    throw new RangeError(`a kernel that spans ${spanY}×${spanX} pixels does not fit an input of ${input.height}×${input.width}`)
  const values = new Float32Array(out * height * width)
  const taps = kernelHeight * kernelWidth
  const area = input.height * input.width
  for (let o = 0; o < out; o++) {
    const firstChannel = Math.floor(o / (out / groups)) * perGroup
    for (let y = 0; y < height; y++) {
      const originY = y * strideY - top
      for (let x = 0; x < width; x++) {
        const originX = x * strideX - left
        let sum = 0
        for (let c = 0; c < perGroup; c++) {
          const plane = (firstChannel + c) * area
          const kernel = (o * perGroup + c) * taps
          for (let ky = 0; ky < kernelHeight; ky++) {
            const row = originY + ky * dilationY
            if (row < 0 || row >= input.height) continue
            for (let kx = 0; kx < kernelWidth; kx++) {
              const column = originX + kx * dilationX
              if (column < 0 || column >= input.width) continue
              sum += input.values[plane + row * input.width + column]! * weights[kernel + ky * kernelWidth + kx]!
            }
          }
        }
        values[(o * height + y) * width + x] = sum + (bias?.[o] ?? 0)
      }
    }
  }
  return { channels: out, height, width, values }
}

/** Largest of each value and zero. */
export function relu(planes: Planes): Planes {
  return { ...planes, values: planes.values.map((v) => Math.max(v, 0)) }
}

function padsFor(
  placement: Placement,
  input: Planes,
  [spanY, spanX]: readonly [number, number],
): readonly [top: number, left: number, bottom: number, right: number] {
  const { pads, strides } = placement
  if (typeof pads !== 'string') return pads
  const total = (size: number, stride: number, span: number) => Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size)
  const y = total(input.height, strides[0], spanY)
  const x = total(input.width, strides[1], spanX)
  // an odd zero goes to the end for upper, to the beginning for lower
  const [startY, startX] = pads === 'same_upper' ? [Math.floor(y / 2), Math.floor(x / 2)] : [Math.ceil(y / 2), Math.ceil(x / 2)]
  return [startY, startX, y - startY, x - startX]
}
