import { copyReason, type NamedCopy, namedRepeats, type Repeats, squeezed } from './copies.ts'
import { areNamedAsCopies, isCopyWord } from './copy-words.ts'
import {
  ALIKE,
  areOwnValuesAlike,
  areSameRounded,
  cosineWords,
  isSeries,
  mayBeAlike,
  nearWords,
  networkCosine,
  type Sample,
  sameBytes,
  samplesOf,
} from './likeness.ts'
import type { NamedTensor } from './named-tensor.ts'

/** What of a dict repeats something else of it. */
export interface Copies {
  readonly repeats: Repeats
  /** Sentences on what is named like a copy and is none. */
  readonly warnings: string[]
}

/** Weights whose values are compared; a dict of more is judged by names alone. */
const MOST_SAMPLED = 4096
/** Weights of one shape that are compared each with each. */
const MOST_OF_A_SHAPE = 512
/** Pairs of prefixes that are tried. */
const MOST_PAIRS = 256
/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000
/** Parts of a weight: two may be the same and the weights that they are put together to not. */
const PART = /(_orig|_mask|_[guv]|(^|\.)original\d?)$|(^|\.)parametrizations\./

/**
 * Tensors of one dict that repeat others of it, by names, shapes and values. What `namedRepeats` finds by a prefix's word is a copy unless
 * its values are others. Any two prefixes below which there are the same names and shapes are one network and its copy when their values
 * are alike (`ALIKE`) and a name speaks of a copy, or when they are equal up to rounding. A single weight that is equal to another one, bit
 * for bit, is that one.
 */
export async function copiesOf(tensors: readonly NamedTensor[]): Promise<Copies> {
  const { repeats, copies } = namedRepeats(tensors)
  const warnings: string[] = []
  const samples = await samplesOf(tensors, comparable(tensors, repeats))
  const sampled = (pairs: NamedCopy['pairs']) => pairs.map(([a, b]) => [samples.get(a), samples.get(b)] as const)
  const likeness = (pairs: NamedCopy['pairs']): number | undefined => networkCosine(sampled(pairs))
  for (const copy of copies) {
    const cosine = likeness(copy.pairs)
    if (cosine !== undefined && cosine < ALIKE)
      warnings.push(
        `${copy.title} is named like a second copy of ${copy.of}, but its values are others (cosine ${cosine.toFixed(2)}): both are measured`,
      )
    else take(repeats, copy, cosine)
  }
  const links = linksOf(tensors, samples, repeats)
  const near: (NamedCopy & { readonly cosine: number })[] = []
  for (const copy of pairsOfPrefixes(tensors, links)) {
    if (copy.positions.some((k) => repeats.has(k)) || copy.pairs.some(([, original]) => repeats.has(original))) continue
    const cosine = likeness(copy.pairs)
    if (cosine === undefined || cosine < ALIKE || !areOwnValuesAlike(sampled(copy.pairs))) continue
    // What values do not tell, a mask or a constant, must be the same.
    const others = copy.pairs.filter((pair) => !pair.every((k) => samples.get(k)?.isTelling))
    if (copy.pairs.length - others.length < 2) continue
    const isNamed = areNamedAsCopies(copy.title, copy.of)
    if (isNamed ? await allAlike(tensors, others) : await areEqual(tensors, copy.pairs, samples)) take(repeats, copy, cosine)
    else if (!isSeries(copy.title, copy.of)) near.push({ ...copy, cosine })
  }
  const [first] = near
  if (first) warnings.push(nearWords(first.of, first.title, first.cosine, near.length - 1))
  for (const [first, second] of links) {
    const [of, copy] = [tensors[first]!, tensors[second]!]
    if (repeats.has(first) || repeats.has(second) || PART.test(of.name) || PART.test(copy.name)) continue
    if (await sameBytes(of, copy)) repeats.set(second, `the same values as ${of.name}, bit for bit: one weight under two names`)
  }
  return { repeats, warnings }
}

function take(repeats: Repeats, copy: NamedCopy, cosine: number | undefined): void {
  for (const position of copy.positions) repeats.set(position, copyReason(copy, cosineWords(cosine)))
}

/** Whether two networks hold the same numbers, or the same numbers rounded to another type. */
export async function areEqual(
  tensors: readonly NamedTensor[],
  pairs: NamedCopy['pairs'],
  samples: ReadonlyMap<number, Sample>,
): Promise<boolean> {
  const toCompare: (readonly [number, number])[] = []
  for (const pair of pairs) {
    const [a, b] = pair.map((k) => samples.get(k))
    const verdict = a?.isTelling && b?.isTelling ? areSameRounded(a, b) : 'same'
    if (verdict === 'other') return false
    if (verdict === 'same') toCompare.push(pair)
  }
  return allAlike(tensors, toCompare)
}

/** Weights that have a shape in common with another one. */
function comparable(tensors: readonly NamedTensor[], repeats: Repeats): number[] {
  const byShape = new Map<string, number[]>()
  tensors.forEach(({ name, shape }, k) => {
    if (shape.length !== 4 || repeats.has(k) || name.length > LONGEST_PATH) return
    const key = shape.join()
    const list = byShape.get(key)
    if (list) list.push(k)
    else byShape.set(key, [k])
  })
  const found = [...byShape.values()].filter(({ length }) => length > 1).flat()
  return found.length > MOST_SAMPLED ? [] : found.sort((a, b) => a - b)
}

/** Pairs of weights of one shape whose values are alike, in the order of the dict. */
function linksOf(
  tensors: readonly NamedTensor[],
  samples: ReadonlyMap<number, Sample>,
  repeats: Repeats,
): (readonly [first: number, second: number])[] {
  const byShape = new Map<string, number[]>()
  for (const [k, { isTelling, layout }] of samples) {
    if (!isTelling || repeats.has(k)) continue
    const key = `${tensors[k]!.shape.join()} ${layout}`
    const list = byShape.get(key)
    if (list) list.push(k)
    else byShape.set(key, [k])
  }
  const links: (readonly [number, number])[] = []
  for (const list of byShape.values()) {
    const some = list.slice(0, MOST_OF_A_SHAPE)
    some.forEach((second, at) => {
      const own = samples.get(second)!
      for (const first of some.slice(0, at)) {
        const other = samples.get(first)!
        if (mayBeAlike(other, own) && networkCosine([[other, own]])! >= ALIKE) links.push([first, second])
      }
    })
  }
  return links.sort(([a, b], [c, d]) => b - d || a - c)
}

/** Networks and their possible copies: prefixes that links lead to, below which all weights of one have their like below the other. */
function pairsOfPrefixes(tensors: readonly NamedTensor[], links: readonly (readonly [number, number])[]): NamedCopy[] {
  const pairs = new Map<string, readonly [string, string]>()
  for (const [a, b] of links) {
    const prefixes = prefixesOf(tensors[a]!.name, tensors[b]!.name)
    if (prefixes && pairs.size < MOST_PAIRS) pairs.set(prefixes.join('\n'), prefixes)
  }
  return [...pairs.values()].flatMap(([a, b]) => {
    const [first, second] = [below(tensors, a, b), below(tensors, b, a)]
    const ofSecond = matched(tensors, second, first)
    const ofFirst = matched(tensors, first, second)
    const original = { prefix: a, members: first, pairs: ofFirst }
    const copy = { prefix: b, members: second, pairs: ofSecond }
    const isTurned = copy.pairs === undefined || (original.pairs !== undefined && isCopyWord(a) && !isCopyWord(b))
    const [from, to] = isTurned ? [copy, original] : [original, copy]
    if (!to.pairs || to.pairs.length < 2) return []
    const positions = [...to.members.values()].flat()
    const originals = [...from.members.values()].flat()
    return [
      { title: titleOf(tensors, to.prefix, positions), of: titleOf(tensors, from.prefix, originals), positions, pairs: to.pairs },
    ]
  })
}

/** A prefix as it is said: "s_net" where it is "s_" and all names go on with "net." */
function titleOf(tensors: readonly NamedTensor[], prefix: string, members: readonly number[]): string {
  const part = /^[^./]*[./]/.exec(tensors[members[0]!]!.name.slice(prefix.length))?.[0]
  const isPart = prefix.endsWith('_') && part && members.every((k) => tensors[k]!.name.startsWith(part, prefix.length))
  return (isPart ? prefix + part : prefix).replace(/[./_]$/, '') || 'the network beside it'
}

/**
 * What stands before the longest common end of two names, lengthened to where a part of both names ends: "s_" and "t_" of
 * "s_net.conv1.weight" and "t_net.conv1.weight". Separators do not count, as some averages write others. Undefined when nothing is left.
 */
export function prefixesOf(a: string, b: string): readonly [string, string] | undefined {
  if (Math.max(a.length, b.length) > LONGEST_PATH) return undefined
  let [i, j] = [a.length, b.length]
  for (;;) {
    while (i > 0 && isSeparator(a, i - 1)) i--
    while (j > 0 && isSeparator(b, j - 1)) j--
    if (i === 0 || j === 0 || a[i - 1] !== b[j - 1]) break
    i--
    j--
  }
  for (;;) {
    while (i > 0 && i < a.length && isSeparator(a, i)) i++
    while (j > 0 && j < b.length && isSeparator(b, j)) j++
    const isBoundary = (i === 0 || isSeparator(a, i - 1)) && (j === 0 || isSeparator(b, j - 1))
    if (isBoundary) return [a.slice(0, i), b.slice(0, j)]
    if (i >= a.length || j >= b.length) return undefined
    i++
    j++
  }
}

const isSeparator = (name: string, k: number): boolean => name[k] === '.' || name[k] === '/' || name[k] === '_'

/** Tensors below a prefix by what their names are behind it, without separators; those of the other prefix are its own. */
function below(tensors: readonly NamedTensor[], prefix: string, other: string): Map<string, number[]> {
  const members = new Map<string, number[]>()
  tensors.forEach(({ name }, k) => {
    if (!name.startsWith(prefix) || (other.length > prefix.length && name.startsWith(other))) return
    const rest = squeezed(name.slice(prefix.length))
    const list = members.get(rest)
    if (list) list.push(k)
    else members.set(rest, [k])
  })
  return members
}

/** Each weight of `own` with its like of `other`; undefined when one has none. */
function matched(
  tensors: readonly NamedTensor[],
  own: ReadonlyMap<string, readonly number[]>,
  other: ReadonlyMap<string, readonly number[]>,
): NamedCopy['pairs'] | undefined {
  const pairs: (readonly [number, number])[] = []
  for (const [rest, [k]] of own) {
    const { shape } = tensors[k!]!
    if (shape.length !== 4) continue
    const like = other.get(rest)?.[0]
    if (like === undefined || tensors[like]!.shape.join() !== shape.join()) return undefined
    pairs.push([k!, like])
  }
  return pairs
}

/** Whether all that can be compared of two networks is the same bytes. */
async function allAlike(tensors: readonly NamedTensor[], pairs: NamedCopy['pairs']): Promise<boolean> {
  for (const [a, b] of pairs) {
    const [first, second] = [tensors[a]!, tensors[b]!]
    const isKnown = [first, second].every(({ weights }) => !('unsupported' in weights) && !weights.dequantise)
    if (isKnown && !(await sameBytes(first, second))) return false
  }
  return true
}
