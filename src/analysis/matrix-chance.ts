import { halvesChance } from '../shift/random-halves.ts'
import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import { chanceOf, type RawChance } from './chance.ts'
import { clustersOf } from './clusters.ts'
import { blocksByKind, chanceDraws, MOST_UNITS, permuteLabels, type Stratum, swapClusters } from './exchange.ts'
import type { Member } from './members.ts'
import type { ChanceGiven } from './shift-chance.ts'
import { Places, Shares, UnitCounts } from './unit-counts.ts'

/**
 * Chance levels of the shifts between the values of a column, each model once. Where all models of two values are paired with each
 * other, clusters of pairs are swapped; else labels are permuted within each data set, over all where no data set has both values.
 * `labels`: the number of each member's value by its index; -1 leaves it out.
 */
export class MatrixChance {
  readonly #given: ChanceGiven
  readonly #labels: Int32Array
  readonly #counts: UnitCounts
  /** By index of a member. */
  readonly #placeOf: number[] = []
  /** By value: its units. */
  readonly #units: { readonly place: number; readonly dataset: string | null }[][] = []

  constructor(given: ChanceGiven, labels: Int32Array) {
    this.#given = given
    this.#labels = labels
    const models = given.members.filter(({ index }) => labels[index]! >= 0)
    const blocks = blocksOf(given, models, labels)
    const places = new Places()
    const shares = new Shares()
    for (const member of models) {
      const { index, dataset, group } = member
      const value = labels[index]!
      const place = places.of(value, dataset, group, blocks(member))
      const units = (this.#units[value] ??= [])
      if (!units.some((unit) => unit.place === place)) units.push({ place, dataset })
      shares.add(member, place)
      this.#placeOf[index] = place
    }
    this.#counts = new UnitCounts(shares, given.components)
  }

  add(member: Pick<Member, 'index'>, counts: Float64Array): void {
    if (this.#labels[member.index]! >= 0) this.#counts.add(member, 0, counts)
  }

  /** What chance gives beside the shift between two values, by their numbers. */
  between(a: number, b: number, shift: number, scale: ShiftScale, draw: ShiftDrawCalls): RawChance | null {
    const { seed } = this.#given
    const rowOf = (places: readonly number[]): Float64Array => this.#counts.sum('all', places)
    const clusters = this.#swappable(a, b) ?? this.#swappable(b, a)
    if (clusters) {
      const rows = clusters.flatMap((sides) => sides.map(rowOf))
      return chanceOf(shift, rows, swapClusters(clusters.length, seed), 'cluster', scale, draw)
    }
    const rows: Float64Array[] = []
    const strata = this.#strata(a, b).map((sides): Stratum => {
      const [x, y] = sides.map((places) => places.map((place) => rows.push(rowOf([place])) - 1))
      return { a: x!, b: y! }
    })
    if (rows.length === 2) return halvesChance(shift, rows[0]!, rows[1]!, scale, draw, { seed, draws: chanceDraws })
    return chanceOf(shift, rows, permuteLabels(strata, seed), 'model', scale, draw)
  }

  /** Places of both sides of each cluster; undefined where not all models of the two values are paired with each other. */
  #swappable(a: number, b: number): [number[], number[]][] | undefined {
    const labels = this.#labels
    const pairs = this.#given.pairs.filter((pair) => labels[pair.a.index] === a && labels[pair.b.index] === b)
    const paired = new Set(pairs.flatMap((pair) => [pair.a.index, pair.b.index]))
    const models = this.#given.members.filter(({ index }) => labels[index] === a || labels[index] === b)
    if (paired.size === 0 || paired.size < models.length) return undefined
    const placed = pairs.map((pair) => ({
      a: { index: this.#placeOf[pair.a.index]! },
      b: { index: this.#placeOf[pair.b.index]! },
    }))
    const places = Uint32Array.from({ length: 1 + this.#placeOf.reduce((most, place) => Math.max(most, place), -1) }, (_, k) => k)
    return clustersOf(placed, places).map((cluster) => [
      [...new Set(cluster.map((pair) => pair.a.index))],
      [...new Set(cluster.map((pair) => pair.b.index))],
    ])
  }

  #strata(a: number, b: number): (readonly [number[], number[]])[] {
    const of = (value: number, dataset?: string | null): number[] =>
      (this.#units[value] ?? []).flatMap((unit) => (dataset === undefined || unit.dataset === dataset ? [unit.place] : []))
    const datasets = new Set([a, b].flatMap((value) => (this.#units[value] ?? []).map(({ dataset }) => dataset)))
    const strata = [...datasets].map((dataset) => [of(a, dataset), of(b, dataset)] as const)
    return strata.some(([x, y]) => x.length > 0 && y.length > 0) ? strata : [[of(a), of(b)]]
  }
}

/** What of a member tells its unit from others: its filters, and of many models the block that they were put into. */
function blocksOf(
  { pairs, classes, seed }: ChanceGiven,
  models: readonly Member[],
  labels: Int32Array,
): (member: Member) => number {
  if (new Set(models.map(({ index }) => classes[index])).size <= 2 * MOST_UNITS) return ({ index }) => classes[index]!
  const blocks: number[] = []
  if (pairs.length > 0) {
    const clusters = clustersOf(pairs, classes)
    const numbers = blocksByKind(
      clusters.map(([pair]) => pair!.dataset),
      seed,
    )
    for (const [k, cluster] of clusters.entries())
      for (const pair of cluster) for (const { index } of [pair.a, pair.b]) blocks[index] = numbers[k]!
  } else {
    const numbers = blocksByKind(
      models.map(({ index, dataset, group }) => JSON.stringify([labels[index], dataset, group])),
      seed,
    )
    for (const [k, { index }] of models.entries()) blocks[index] = numbers[k]!
  }
  return ({ index }) => blocks[index]!
}
