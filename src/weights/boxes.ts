/** Whole input ranges of consecutive output channels, or a part of one channel: what can be decoded in one call. */
export interface Box {
  readonly out: number
  readonly outs: number
  readonly input: number
  readonly inputs: number
}

/**
 * Cuts filters [from, from + count) of a layer with `inputs` filters per output channel into boxes of at most `most`
 * filters each, in order.
 */
export function* boxesOf(inputs: number, from: number, count: number, most: number): Generator<Box> {
  const end = from + count
  for (let at = from; at < end; ) {
    const out = Math.floor(at / inputs)
    const input = at - out * inputs
    const left = Math.min(end - at, Math.max(1, most))
    const whole = input === 0 ? Math.floor(left / inputs) : 0
    if (whole > 0) {
      yield { out, outs: whole, input: 0, inputs }
      at += whole * inputs
    } else {
      const part = Math.min(left, inputs - input)
      yield { out, outs: 1, input, inputs: part }
      at += part
    }
  }
}

/** Elements from the first to the last of a box, both included, and the distance of its first from element (0, 0, 0, 0). */
export function spanOf(
  strides: readonly [number, number, number, number],
  box: Box,
  height: number,
  width: number,
): { first: number; length: number } {
  const [so, si, sy, sx] = strides
  return {
    first: box.out * so + box.input * si,
    length: (box.outs - 1) * so + (box.inputs - 1) * si + (height - 1) * sy + (width - 1) * sx + 1,
  }
}
