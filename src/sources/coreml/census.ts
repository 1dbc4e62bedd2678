import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import type { Convolution, Placement, Skipped } from '../source.ts'

/** A convolution of a network or program, measured or not. */
export interface FoundConvolution {
  readonly name: string
  readonly kind: string
  readonly shape: readonly number[]
  /** -1 where no path leads to it from an input. */
  readonly depth: number
  readonly reason?: string
  readonly convolution?: {
    readonly shape: ConvShape
    readonly groups: number
    readonly weights: WeightPlan
    readonly placement?: Placement
    readonly bias?: WeightPlan
    /** The constant that holds the weights, which several may use. */
    readonly constant?: string
  }
}

/** A 2-D convolution that is no transposed one, whether its weights are read or not. */
function isOrdinary({ kind, shape, depth }: FoundConvolution): boolean {
  return /^conv$/i.test(kind) && shape.length === 4 && !shape.includes(0) && depth >= 0
}

/** Convolutions by depth. A constant that several use is one layer, where it is used first. */
export function censusOf(found: readonly FoundConvolution[]): { convolutions: Convolution[]; skipped: Skipped[] } {
  const skipped: Skipped[] = []
  const kept: (FoundConvolution & { readonly convolution: NonNullable<FoundConvolution['convolution']> })[] = []
  for (const one of found) {
    const { name, kind, shape, depth, convolution } = one
    if (!convolution) skipped.push({ name, kind, shape, reason: one.reason ?? 'without weights' })
    else if (depth < 0) skipped.push({ name, kind, shape, reason: 'no path leads to it from an input' })
    else kept.push({ ...one, convolution })
  }
  const rank = rankDepths(found.filter(isOrdinary).map(({ depth }) => depth))
  const convolutions: Convolution[] = []
  const used = new Map<string, string>()
  for (const { name, kind, shape, depth, convolution } of kept.sort((a, b) => a.depth - b.depth)) {
    const { constant, ...rest } = convolution
    const owner = constant === undefined ? undefined : used.get(constant)
    if (owner !== undefined) skipped.push({ name, kind, shape, reason: `shares the weights of ${owner}` })
    else {
      if (constant !== undefined) used.set(constant, name)
      convolutions.push({ layer: name, depth, ...rank(depth), ...rest })
    }
  }
  return { convolutions, skipped }
}
