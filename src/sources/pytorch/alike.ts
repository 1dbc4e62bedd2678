import { isSeries } from '../state-dict/likeness.ts'
import type { Network } from './networks.ts'

/** A network with its weights: names without wrappers, and shapes. */
export interface Weighed {
  readonly network: Network
  readonly weights: ReadonlyMap<string, string>
}

/** What the values of two networks of the same names and shapes say. */
export interface Likeness {
  readonly cosine: number
  /** Nearly the same values. */
  readonly isNear: boolean
  /** Nearly the same values where a key speaks of a copy; the same ones elsewhere. */
  readonly isCopy: boolean
}

/** Two networks with nearly the same values that are no copies of each other. */
export interface Near {
  readonly a: string
  readonly b: string
  readonly cosine: number
}

/** An original that was found, and how near its values are where they tell. */
export interface Original<One> {
  readonly one: One
  readonly cosine: number | undefined
}

/** How a network's values are known without comparing each with each. */
export interface NetworkValues {
  /** A weight's type, and a digest of its values: those of equal values in one type have one digest. */
  digest(network: Network, name: string): Promise<{ readonly type: string; readonly digest: string }>
  /** Whether `b` is a copy of `a` by its values; undefined where they tell nothing. */
  likeness(a: Network, b: Network): Promise<Likeness | undefined>
  /** Whether no value of a network's weights is negative, as far as they are looked at; false for fewer than two weights. */
  isNeverNegative(network: Network): Promise<boolean>
  /** Whether two networks begin with the same bytes wherever both have a weight of one type. */
  same(a: Network, b: Network): Promise<boolean>
}

/** Fewer networks than this are compared with each other: most files hold two, and their digests would cost more. */
const FEW = 8

/** Networks that have one entry in one type: all of them, and by the digest of its values. */
interface OfType<One> {
  readonly all: One[]
  readonly byDigest: Map<string, One[]>
}

/**
 * Networks in the order in which they were chosen, found again by what another one has in common with them: twenty thousand
 * networks of a checkpoint are told apart in a time that grows as their number does.
 */
export class AlikeNetworks<One extends Weighed> {
  readonly #values: NetworkValues
  readonly #order = new Map<One, number>()
  readonly #byEntry = new Map<string, One[]>()
  readonly #byValue = new Map<string, Map<string, OfType<One>>>()
  /** Networks that are near one that was chosen before, and are none of its copies. */
  readonly near: Near[] = []
  /** Those whose values are not in #byValue yet. */
  #unread: One[] = []

  constructor(values: NetworkValues) {
    this.#values = values
  }

  add(one: One): void {
    this.#order.set(one, this.#order.size)
    for (const [name, shape] of one.weights) pushTo(this.#byEntry, entryOf(name, shape), one)
    this.#unread.push(one)
  }

  /** The first that has all of these weights by name and shape, and not other values. */
  async withNames({ network, weights }: Weighed): Promise<Original<One> | undefined> {
    for (const one of this.#fewest(weights) ?? []) {
      if (!hasAll(one, weights)) continue
      const likeness = await this.#likeness(one.network, network)
      if (likeness?.isCopy !== false) return { one, cosine: likeness?.cosine }
    }
    return undefined
  }

  /** The first that has all of these weights by name and shape, with nearly the same values; among many, with the same. */
  async withValues({ network, weights }: Weighed): Promise<Original<One> | undefined> {
    const named = this.#fewest(weights) ?? []
    const possible = named.length > FEW ? await this.#ofValues({ network, weights }) : named
    for (const one of possible) {
      if (!hasAll(one, weights)) continue
      const likeness = await this.#likeness(one.network, network)
      if (likeness?.isCopy ?? (await this.#values.same(one.network, network))) return { one, cosine: likeness?.cosine }
    }
    return undefined
  }

  async #likeness(a: Network, b: Network): Promise<Likeness | undefined> {
    const likeness = await this.#values.likeness(a, b)
    if (likeness?.isNear && !likeness.isCopy && !isSeries(a.key, b.key))
      this.near.push({ a: a.key, b: b.key, cosine: likeness.cosine })
    return likeness
  }

  /** Those with the entry that the fewest have; undefined when none has some entry. */
  #fewest(weights: ReadonlyMap<string, string>): readonly One[] | undefined {
    let fewest: readonly One[] | undefined
    for (const [name, shape] of weights) {
      const having = this.#byEntry.get(entryOf(name, shape))
      if (!having) return undefined
      if (!fewest || having.length < fewest.length) fewest = having
    }
    return fewest
  }

  /** Those with the value that the fewest have, in their order; a weight kept in another type may have any. */
  async #ofValues({ network, weights }: Weighed): Promise<One[]> {
    const unread = this.#unread
    this.#unread = []
    for (const one of unread) await this.#readValues(one)
    let fewest: One[][] = []
    let least = Number.POSITIVE_INFINITY
    for (const [name, shape] of weights) {
      const { type, digest } = await this.#values.digest(network, name)
      const lists = [...(this.#byValue.get(entryOf(name, shape)) ?? [])].map(([other, { all, byDigest }]) =>
        other === type ? (byDigest.get(digest) ?? []) : all,
      )
      const count = lists.reduce((sum, { length }) => sum + length, 0)
      if (count < least) [fewest, least] = [lists, count]
    }
    const [only = [], ...others] = fewest.filter(({ length }) => length > 0)
    return others.length === 0 ? only : fewest.flat().sort((a, b) => this.#order.get(a)! - this.#order.get(b)!)
  }

  async #readValues(one: One): Promise<void> {
    for (const [name, shape] of one.weights) {
      const { type, digest } = await this.#values.digest(one.network, name)
      const entry = entryOf(name, shape)
      let types = this.#byValue.get(entry)
      if (!types) this.#byValue.set(entry, (types = new Map()))
      let ofType = types.get(type)
      if (!ofType) types.set(type, (ofType = { all: [], byDigest: new Map() }))
      ofType.all.push(one)
      pushTo(ofType.byDigest, digest, one)
    }
  }
}

const entryOf = (name: string, shape: string): string => `${shape} ${name}`

export function hasAll(one: Weighed, weights: ReadonlyMap<string, string>): boolean {
  if (weights.size > one.weights.size) return false
  for (const [name, shape] of weights) if (one.weights.get(name) !== shape) return false
  return true
}

function pushTo<One>(map: Map<string, One[]>, key: string, one: One): void {
  const list = map.get(key)
  if (list) list.push(one)
  else map.set(key, [one])
}
