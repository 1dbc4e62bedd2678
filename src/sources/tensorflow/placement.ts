import type { Placement } from '../source.ts'
import type { TfNode } from './graph-def.ts'

/** Strides, dilations and pads of a convolution; undefined where its attributes do not tell. */
export function placementOfNode({ attributes }: TfNode): Placement | undefined {
  const rows = attributes.get('data_format')?.text === 'NCHW' ? 2 : 1
  const strides = attributes.get('strides')?.integers ?? []
  const dilations = attributes.get('dilations')?.integers ?? []
  const pads = padsOf(attributes.get('padding')?.text, attributes.get('explicit_paddings')?.integers ?? [], rows)
  if (strides.length !== 4 || !pads) return undefined
  return {
    strides: [strides[rows]!, strides[rows + 1]!],
    dilations: dilations.length === 4 ? [dilations[rows]!, dilations[rows + 1]!] : [1, 1],
    pads,
  }
}

function padsOf(padding: string | undefined, explicit: readonly number[], rows: number): Placement['pads'] | undefined {
  if (padding === 'SAME') return 'same_upper'
  if (padding === 'VALID') return [0, 0, 0, 0]
  // Two numbers an axis, before and after.
  return explicit.length === 8
    ? [explicit[2 * rows]!, explicit[2 * rows + 2]!, explicit[2 * rows + 1]!, explicit[2 * rows + 3]!]
    : undefined
}
