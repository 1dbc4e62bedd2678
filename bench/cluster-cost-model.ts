/** What a process took: seconds, and bytes of memory at most. */
export interface Cost {
  readonly processor: number
  readonly wall: number
  readonly peak: number
}

interface Size {
  readonly files: number
  readonly bytes: number
}

/** A run of so many models of so many layers, on one machine and in shards. */
export interface RunCost {
  readonly models: number
  readonly layers: number
  readonly shards: number
  /** Undefined where it was left out. */
  readonly one: Cost | undefined
  readonly plan: Cost
  readonly measuring: Cost
  /** A shard whose part is there. */
  readonly again: Cost
  readonly merge: Cost
  readonly planned: Size
  readonly parts: Size
  readonly results: Size
}

interface Rate {
  readonly shard: number
  readonly model: number
  readonly layer: number
  /** A million of them, in large layers. */
  readonly filters: number
}

/** Rates by what a run consists of: seconds of one processor, bytes on the disk, bytes of memory. */
export interface Costs {
  readonly seconds: Readonly<Record<'plan' | 'shards' | 'merge', Rate>>
  readonly bytes: Readonly<Record<'plan' | 'parts' | 'results', Pick<Rate, 'model' | 'layer'> & { readonly fixed: number }>>
  readonly memory: Readonly<Record<'plan' | 'merge', { readonly fixed: number; readonly model: number }>>
}

/**
 * Rates from at least three runs: the first two differ in their layers, the first and the third in their models.
 * @param filterNs nanoseconds a filter of a large layer
 */
export function costsOf([few, deep, many]: readonly RunCost[], filterNs: number): Costs {
  if (!few || !deep || !many) throw new RangeError('rates need three runs')
  const rates = (of: (run: RunCost) => number): { model: number; layer: number; fixed: number } => {
    const layer = (of(deep) - of(few)) / (deep.models * deep.layers - few.models * few.layers)
    const model = (of(many) - of(few)) / (many.models - few.models) - few.layers * layer
    return { layer, model, fixed: of(few) - few.models * (model + few.layers * layer) }
  }
  const time = (name: 'plan' | 'merge'): Rate => {
    const { model, layer } = rates((run) => run[name].processor)
    return { shard: 0, model, layer, filters: 0 }
  }
  const start = few.again.processor
  const shards = rates(({ measuring, shards: n }) => measuring.processor - n * start)
  const bytes = (name: 'planned' | 'parts' | 'results'): { model: number; layer: number; fixed: number } =>
    rates((run) => run[name].bytes)
  const memory = (name: 'plan' | 'merge'): { fixed: number; model: number } => {
    const model = (many[name].peak - few[name].peak) / (many.models - few.models)
    return { model, fixed: few[name].peak - few.models * model }
  }
  return {
    seconds: {
      plan: time('plan'),
      shards: { shard: start, model: shards.model, layer: shards.layer, filters: filterNs / 1000 },
      merge: time('merge'),
    },
    bytes: { plan: bytes('planned'), parts: bytes('parts'), results: bytes('results') },
    memory: { plan: memory('plan'), merge: memory('merge') },
  }
}

/** What a larger run would cost by these rates. */
export interface ScaledCost {
  /** Of processors, everything. */
  readonly hours: number
  /** Of half an hour each. */
  readonly shards: number
  readonly planSeconds: number
  readonly mergeSeconds: number
  readonly mergeMemory: number
  readonly planBytes: number
  readonly partBytes: number
  readonly resultBytes: number
}

const SHARD_SECONDS = 1800

/** @param run models, and layers and filters of each */
export function scaled(
  { seconds, bytes, memory }: Costs,
  { models, layers, filters }: { readonly models: number; readonly layers: number; readonly filters: number },
): ScaledCost {
  const secondsOf = ({ model, layer, filters: million }: Rate): number =>
    models * (model + layers * layer + (filters / 1e6) * million)
  const bytesOf = ({ model, layer, fixed }: Pick<Rate, 'model' | 'layer'> & { readonly fixed: number }): number =>
    fixed + models * (model + layers * layer)
  const work = secondsOf(seconds.shards)
  const shards = Math.max(1, Math.ceil(work / SHARD_SECONDS))
  const [planSeconds, mergeSeconds] = [secondsOf(seconds.plan), secondsOf(seconds.merge)]
  return {
    hours: (planSeconds + work + shards * seconds.shards.shard + mergeSeconds) / 3600,
    shards,
    planSeconds,
    mergeSeconds,
    mergeMemory: memory.merge.fixed + models * memory.merge.model,
    planBytes: bytesOf(bytes.plan),
    partBytes: bytesOf(bytes.parts),
    resultBytes: bytesOf(bytes.results),
  }
}
