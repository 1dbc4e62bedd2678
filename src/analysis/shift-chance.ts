import { halvesChance } from '../shift/random-halves.ts'
import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import { chanceOf, type RawChance } from './chance.ts'
import { clustersOf } from './clusters.ts'
import type { MatchedPair } from './comparisons.ts'
import { blocksByKind, chanceDraws, type Exchange, permuteLabels, swapClusters } from './exchange.ts'
import type { Member } from './members.ts'
import { bucketNames, type Counting } from './report-types.ts'
import { Places, Shares, UnitCounts } from './unit-counts.ts'

/** What the chance levels of shifts are drawn from. */
export interface ChanceGiven {
  readonly members: readonly Member[]
  readonly pairs: readonly MatchedPair[]
  /** Of each member by its index: the same number for the same filters. */
  readonly classes: Uint32Array
  readonly components: number
  readonly seed: number
}

/** Places of either side of what is exchanged as one, in a data set; a model has one side only. */
interface Unit {
  readonly dataset: string | null
  readonly a: number[]
  readonly b: number[]
}

/** An exchange, and the places that each of its rows is the sum of. */
interface Scope {
  readonly exchange: Exchange
  readonly places: readonly (readonly number[])[]
}

/**
 * Chance levels of the shift between two groups, by data set, counting and depth bucket: clusters of pairs are swapped, or, without
 * pairs, labels of models permuted within each data set. Counts are added while layers come, in any order.
 */
export class ShiftChance {
  readonly #isPaired: boolean
  readonly #seed: number
  readonly #counts: Readonly<Record<Counting, UnitCounts>>
  /** What is exchanged together, data set by data set. */
  readonly #units: readonly (readonly Unit[])[]
  /** Both countings are one: no model is in two pairs. */
  readonly #isOnce: boolean
  readonly #known = new Map<string, RawChance | null>()
  readonly #scopes = new Map<string | null, Scope | null>()

  constructor(given: ChanceGiven) {
    this.#isPaired = given.pairs.length > 0
    this.#seed = given.seed
    const shares = { pairs: new Shares(), models: new Shares() }
    this.#units = this.#isPaired ? clusterUnits(given, shares) : modelUnits(given, shares)
    this.#isOnce = shares.pairs.isSame(shares.models)
    this.#counts = {
      pairs: new UnitCounts(shares.pairs, given.components),
      models: new UnitCounts(shares.models, given.components),
    }
  }

  /** Adds the counts of a layer; `bucket` is null where its depth is unknown. */
  add(member: Pick<Member, 'index'>, bucket: number | null, counts: Float64Array): void {
    for (const counting of [this.#counts.pairs, this.#counts.models]) counting.add(member, bucket ?? bucketNames.length, counts)
  }

  /** What chance gives beside a shift; null where nothing can be exchanged. Once all counts are added. */
  of(
    { dataset, counting, bucket, shift }: { dataset: string | null; counting: Counting; bucket: number | 'all'; shift: number },
    scale: ShiftScale,
    draw: ShiftDrawCalls,
  ): RawChance | null {
    const key = JSON.stringify([dataset, bucket])
    const known = this.#isOnce ? this.#known.get(key) : undefined
    if (known !== undefined) return known
    const scope = this.#scope(dataset)
    const found = scope && this.#draw(scope, counting, bucket, shift, scale, draw)
    this.#known.set(key, found)
    return found
  }

  #draw(
    { exchange, places }: Scope,
    counting: Counting,
    bucket: number | 'all',
    shift: number,
    scale: ShiftScale,
    draw: ShiftDrawCalls,
  ): RawChance | null {
    const rows = places.map((some) => this.#counts[counting].sum(bucket, some))
    if (!this.#isPaired && exchange.units === 2)
      return halvesChance(shift, rows[0]!, rows[1]!, scale, draw, { seed: this.#seed, draws: chanceDraws })
    return chanceOf(shift, rows, exchange, this.#isPaired ? 'cluster' : 'model', scale, draw)
  }

  #scope(dataset: string | null): Scope | null {
    const known = this.#scopes.get(dataset)
    if (known !== undefined) return known
    const found = this.#isPaired ? this.#clusters(dataset) : this.#models(dataset)
    this.#scopes.set(dataset, found)
    return found
  }

  #clusters(dataset: string | null): Scope | null {
    const places = this.#units.flatMap((unit) => {
      const own = unit.filter((part) => dataset === null || part.dataset === dataset)
      return own.length === 0 ? [] : [own.flatMap(({ a }) => a), own.flatMap(({ b }) => b)]
    })
    return places.length === 0 ? null : { exchange: swapClusters(places.length / 2, this.#seed), places }
  }

  #models(dataset: string | null): Scope | null {
    const places: number[][] = []
    const strata = new Map<string | null, { a: number[]; b: number[] }>()
    for (const unit of this.#units.flat()) {
      if (dataset !== null && unit.dataset !== dataset) continue
      let stratum = strata.get(unit.dataset)
      if (!stratum) strata.set(unit.dataset, (stratum = { a: [], b: [] }))
      for (const side of ['a', 'b'] as const) if (unit[side].length > 0) stratum[side].push(places.push(unit[side]) - 1)
    }
    const list = [...strata.values()]
    if (!list.some(({ a }) => a.length > 0) || !list.some(({ b }) => b.length > 0)) return null
    return { exchange: permuteLabels(list, this.#seed), places }
  }
}

/** Clusters of pairs; a model counts once per pair in one counting and once in the other. */
function clusterUnits(
  { members, pairs, classes, seed }: ChanceGiven,
  shares: Readonly<Record<Counting, Shares>>,
): (readonly Unit[])[] {
  const clusters = clustersOf(pairs, classes)
  const blocks = blocksByKind(
    clusters.map(([pair]) => pair!.dataset),
    seed,
  )
  const places = new Places()
  const units: Map<string | null, Unit>[] = []
  const put = (block: number, side: 'a' | 'b', dataset: string | null): number => {
    const own = (units[block] ??= new Map())
    let unit = own.get(dataset)
    if (!unit) own.set(dataset, (unit = { dataset, a: [], b: [] }))
    const place = places.of(block, side, dataset)
    if (!unit[side].includes(place)) unit[side].push(place)
    return place
  }
  const blockOf = new Map<number, number>()
  for (const [k, cluster] of clusters.entries())
    for (const pair of cluster)
      for (const side of ['a', 'b'] as const) {
        blockOf.set(pair[side].index, blocks[k]!)
        shares.pairs.add(pair[side], put(blocks[k]!, side, pair.dataset))
      }
  for (const member of members) {
    const block = blockOf.get(member.index)
    if (block !== undefined && member.group !== null && member.pooled)
      shares.models.add(member, put(block, member.group, member.dataset))
  }
  return units.map((own) => [...own.values()])
}

/** Models with the same filters are one unit of their group and data set. */
function modelUnits({ members, classes, seed }: ChanceGiven, shares: Readonly<Record<Counting, Shares>>): (readonly Unit[])[] {
  const kinds = new Places()
  const alike: (Member & { readonly group: 'a' | 'b' })[][] = []
  for (const member of members) {
    const { group, dataset, pooled } = member
    if (group !== null && pooled) (alike[kinds.of(dataset, group, classes[member.index]!)] ??= []).push({ ...member, group })
  }
  const blocks = blocksByKind(
    alike.map(([member]) => JSON.stringify([member!.dataset, member!.group])),
    seed,
  )
  const units: Unit[] = []
  for (const [k, models] of alike.entries()) {
    const place = blocks[k]!
    const { dataset, group } = models[0]!
    units[place] ??= { dataset, a: [], b: [], [group]: [place] }
    for (const member of models) shares.models.add(member, place)
  }
  return units.map((unit) => [unit])
}
