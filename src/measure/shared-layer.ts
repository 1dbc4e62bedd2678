import { sharedInstance } from '../wasm/module.ts'
import { weightReader } from '../weights/reader.ts'
import { combine, MEMORY_BUDGET, type PassOptions, type PassResult } from './layer-pass.ts'
import type { LayerRandom } from './layer-random.ts'
import { type MomentsPart, panelRows, type Scan, stripsTogether } from './layer-session.ts'
import type { LayerSpectrum } from './layer-spectrum.ts'
import { channelsOf, type LivePart } from './live-channels.ts'
import type { LayerJob } from './measurer.ts'
import type { GramPart, Part, PartResult } from './pool-protocol.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Filters of a part that is shared out. */
const PART = 4 * SEGMENT

/** Of a part that has been taken into the layer's. */
const NOTHING: LivePart = { firstOutput: 0, outputs: new Uint8Array(0), firstInput: 0, inputs: new Uint8Array(0) }

/**
 * Measures a layer by parts (segments, then strips of its Gram matrix) that others work on, and puts them together in the
 * layer's order.
 * @param run resolves to the parts' results in the order of the parts; what `take` makes of each when it is there is kept of it
 */
export function measureShared(
  { plan, shape, groups }: LayerJob,
  options: PassOptions,
  run: (parts: readonly Part[], take?: (result: PartResult, k: number) => PartResult) => Promise<PartResult[]>,
): Promise<PassResult> {
  const [out, inputs, height, width] = shape
  const reader = weightReader(plan, shape)
  const { budget = MEMORY_BUDGET, batchSize } = options
  const together = (): number =>
    stripsTogether(sharedInstance(), reader, shape, { budget, batchSize, gram: true, channels: channelsOf(shape, groups) })
  const ranges = [...pieces(reader.filters, PART)].map(([from, count]) => ({ from, count }))
  return combine(
    shape,
    groups === undefined ? options : { ...options, groups },
    {
      scan: () => run(ranges.map((range) => ({ stage: 'scan', ...range }))) as Promise<Scan[]>,
      async moments(limit, strict, mean, dead) {
        const parts = await run(
          ranges.map((range) => ({ stage: 'moments', ...range, limit, strict, mean })),
          (result) => {
            const { live, segments } = result as MomentsPart
            dead.add(live)
            return { segments, live: NOTHING }
          },
        )
        return (parts as MomentsPart[]).flatMap(({ segments }) => segments)
      },
      async gram(precision, { cosines }) {
        const strips = Math.ceil(out / panelRows(inputs * height * width))
        const parts = await run(
          [...pieces(strips, together())].map(([strip, count]): Part => ({ stage: 'gram', strip, count, precision })),
          (result) => {
            const { nearest, totals } = result as GramPart
            for (let k = 0; k < nearest.cosines.length; k++)
              cosines[nearest.from + k] = Math.max(cosines[nearest.from + k]!, nearest.cosines[k]!)
            return { totals, nearest: { from: 0, cosines: new Float64Array(0) } }
          },
        )
        return (parts as GramPart[]).flatMap(({ totals }) => totals)
      },
      spectrum: async () => (await run([{ stage: 'spectrum' }]))[0] as LayerSpectrum,
      random: async (counted) => (await run([{ stage: 'random', counted }]))[0] as LayerRandom,
    },
    sharedInstance(),
  )
}
