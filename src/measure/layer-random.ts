import { takeTurns } from '../io/turns.ts'
import { coefficientBins } from '../shift/bins.ts'
import { scaleOf } from '../shift/level.ts'
import { type PrincipalComponents, principalComponents } from '../shift/principal-components.ts'
import { halvesChance } from '../shift/random-halves.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { type Moments, mergeMoments } from '../wasm/moments.ts'
import type { SparseLimit } from '../weights/sparse-filter.ts'
import type { FiltersInMemory } from './filters-in-memory.ts'
import { fillRandom, type RandomKind, randomKinds } from './random-filters.ts'
import type { RandomRoom } from './random-room.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Seed of the random filters, and deals of the filters of both for the level by chance. */
const [SEED, DRAWS] = [1, 200]

/** Distribution shift D of a layer to independent random filters of the same number. */
export interface LayerRandom {
  /** To the nearer of normal and uniform ones, in the basis of both; null for a layer of fewer than two filters that count. */
  readonly shift: number | null
  /** 95 % level of that D when the filters of both are dealt out at random; null where they are too few to be, or without a shift. */
  readonly chance: number | null
}

/** The filters that D is about: those that are not sparse, or all in a profile that keeps sparse ones. */
export interface CountedFilters {
  readonly scaled: Moments
  readonly limit: SparseLimit
}

/**
 * Reads the filters twice, for the range of the coefficients and for their histograms; random filters are made anew each time, a segment
 * at once.
 * @throws InputError when the bytes cannot be read
 */
export async function layerRandom(
  wasm: WasmInstance,
  filters: FiltersInMemory,
  layer: RandomRoom,
  counted: CountedFilters,
): Promise<LayerRandom> {
  const { scaled } = counted
  const { taps } = layer
  if (scaled.count < 2) return { shift: null, chance: null }
  const sides: Side[] = []
  for (const kind of randomKinds) {
    const random: Moments[] = []
    for await (const [address, some] of randomPieces(wasm, layer, scaled.count, kind))
      random.push(wasm.moments(address, some, taps, -1, false, 0).scaled)
    sides.push(new Side(kind, principalComponents(mergeMoments([scaled, mergeMoments(random, taps)])), taps))
  }
  for await (const [address, some] of ownPieces(filters, layer)) for (const side of sides) side.widen(wasm, address, some)
  for (const side of sides)
    for await (const [address, some] of randomPieces(wasm, layer, scaled.count, side.kind)) side.widen(wasm, address, some)
  for await (const [address, some] of ownPieces(filters, layer))
    for (const side of sides) side.count(wasm, address, some, counted.limit, side.own)
  for (const side of sides)
    for await (const [address, some] of randomPieces(wasm, layer, scaled.count, side.kind))
      side.count(wasm, address, some, { limit: -1, strict: false }, side.random)
  const [normal, uniform] = sides.map((side) => side.shift(wasm, scaled.count))
  return uniform!.shift < normal!.shift ? uniform! : normal!
}

/** The layer's filters against random ones of a kind. */
class Side {
  readonly kind: RandomKind
  readonly own: Float64Array
  readonly random: Float64Array
  readonly #basis: PrincipalComponents
  readonly #taps: number
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY

  constructor(kind: RandomKind, basis: PrincipalComponents, taps: number) {
    this.kind = kind
    this.#basis = basis
    this.#taps = taps
    this.own = new Float64Array(taps * coefficientBins)
    this.random = new Float64Array(taps * coefficientBins)
  }

  widen(wasm: WasmInstance, address: number, filters: number): void {
    const { lowest, highest } = wasm.coefficientRange(address, filters, this.#taps, this.#basis)
    this.#low = lowest.reduce((least, value) => Math.min(least, value), this.#low)
    this.#high = highest.reduce((most, value) => Math.max(most, value), this.#high)
  }

  count(wasm: WasmInstance, address: number, filters: number, limit: SparseLimit, counts: Float64Array): void {
    const range = { low: this.#low, high: this.#high, ...limit }
    wasm.coefficientHistogram(address, filters, this.#taps, this.#basis, range, counts)
  }

  shift(wasm: WasmInstance, filters: number): LayerRandom & { readonly shift: number } {
    const range = [this.#low, this.#high] as const
    const { explainedVarianceRatio } = this.#basis
    const [own, random] = [this.own, this.random].map((counts) => densities({ filters, counts }, range, wasm.math)!)
    const { shift } = distributionShift(own!, random!, explainedVarianceRatio)
    const scale = scaleOf(explainedVarianceRatio, range)
    const chance = halvesChance(shift, this.own, this.random, scale, wasm, { seed: SEED, draws: DRAWS })
    return { shift, chance: chance?.high ?? null }
  }
}

async function* ownPieces(filters: FiltersInMemory, layer: RandomRoom): AsyncGenerator<[address: number, filters: number]> {
  for (const [from, some] of pieces(layer.filters, SEGMENT)) {
    await takeTurns()
    yield [await filters.at(from, some), some]
  }
}

async function* randomPieces(
  wasm: WasmInstance,
  { taps, room }: RandomRoom,
  filters: number,
  kind: RandomKind,
): AsyncGenerator<[address: number, filters: number]> {
  for (const [from, some] of pieces(filters, SEGMENT)) {
    await takeTurns()
    fillRandom(wasm.f32(room, some * taps), kind, SEED + from / SEGMENT, wasm.math)
    yield [room, some]
  }
}
