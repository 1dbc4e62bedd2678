import type { GramTotal } from '../wasm/gram.ts'
import { sharedInstance } from '../wasm/module.ts'
import { weightReader } from '../weights/reader.ts'
import { combine, type PassOptions, type PassResult } from './layer-pass.ts'
import { panelRows } from './layer-session.ts'
import type { LayerJob } from './measurer.ts'
import type { Part, PartResult } from './pool-protocol.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Filters of a part that is shared out. */
const PART = 4 * SEGMENT

/**
 * Measures a layer by parts (segments, then strips of its Gram matrix) that others work on, and puts them together in the
 * layer's order.
 * @param run resolves to the parts' results in the order of the parts
 */
export function measureShared(
  { plan, shape }: LayerJob,
  options: PassOptions,
  run: (parts: readonly Part[]) => Promise<PartResult[]>,
): Promise<PassResult> {
  const [out, inputs, height, width] = shape
  const ranges = [...pieces(weightReader(plan, shape).filters, PART)].map(([from, count]) => ({ from, count }))
  const results = <T extends PartResult>(parts: readonly Part[]) => run(parts) as Promise<T[]>
  return combine(
    shape,
    options,
    {
      scan: () => results(ranges.map((range) => ({ stage: 'scan', ...range }))),
      moments: async (limit, strict, mean) =>
        (
          await results<Extract<PartResult, { sparse: number }[]>>(
            ranges.map((range) => ({ stage: 'moments', ...range, limit, strict, mean })),
          )
        ).flat(),
      gram: (precision) => {
        const rows = panelRows(inputs * height * width)
        return results<GramTotal>([...pieces(out, rows)].map(([first]) => ({ stage: 'gram', strip: first / rows, precision })))
      },
    },
    sharedInstance(),
  )
}
