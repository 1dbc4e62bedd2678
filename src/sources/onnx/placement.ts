import type { Placement } from '../source.ts'
import type { AttributeRecord } from './records.ts'

/** Strides, dilations and pads of a 2-D convolution node; undefined when they do not fit two dimensions. */
export function placementOf(attribute: (name: string) => AttributeRecord | undefined): Placement | undefined {
  const pair = (name: string): readonly [number, number] | undefined => {
    const list = attribute(name)?.integers ?? [1, 1]
    return list.length === 2 && list.every((step) => step > 0) ? [list[0]!, list[1]!] : undefined
  }
  const strides = pair('strides')
  const dilations = pair('dilations')
  const pads = padsOf(attribute)
  return strides && dilations && pads && { strides, dilations, pads }
}

function padsOf(attribute: (name: string) => AttributeRecord | undefined): Placement['pads'] | undefined {
  const automatic = attribute('auto_pad')?.text
  if (automatic === 'SAME_UPPER') return 'same_upper'
  if (automatic === 'SAME_LOWER') return 'same_lower'
  if (automatic === 'VALID') return [0, 0, 0, 0]
  const list = attribute('pads')?.integers ?? [0, 0, 0, 0]
  // ONNX counts begin of rows, begin of columns, end of rows, end of columns: top, left, bottom, right.
  return list.length === 4 ? [list[0]!, list[1]!, list[2]!, list[3]!] : undefined
}
