import { ALIKE, areOwnValuesAlike, networkCosine, samplesOf } from '../state-dict/likeness.ts'
import type { NamedTensor } from '../state-dict/named-tensor.ts'
import { areEqual } from '../state-dict/second-copies.ts'
import type { NetworkValues } from './alike.ts'
import { areKeysOfCopies, wrapperOf } from './choose.ts'
import type { Checkpoint } from './container.ts'
import type { FoundTensor, Network } from './networks.ts'
import type { Leaf } from './plan.ts'
import { leafTypeName, plannedTensor } from './planned-tensor.ts'
import { TorchTensor } from './values.ts'

/** Weights of two networks whose values are compared. */
const MOST_COMPARED = 2048
/** Bytes of each tensor that digests are made of. */
const COMPARED = 1 << 16

/** How networks of a checkpoint are compared by their values. */
export function networkValuesOf(checkpoint: Checkpoint, file: string): NetworkValues {
  /** Weights that both have, by name without wrappers. */
  const pairsOf = (a: Network, b: Network): (readonly [FoundTensor, FoundTensor])[] => {
    const wrapper = wrapperOf(a).length
    const others = new Map(a.tensors.map((tensor) => [tensor.name.slice(wrapper), tensor]))
    const own = wrapperOf(b).length
    return b.tensors.flatMap((tensor) => {
      const other = tensor.leaf.shape.length < 3 ? undefined : others.get(tensor.name.slice(own))
      return other ? [[other, tensor] as const] : []
    })
  }
  const same = async (a: Network, b: Network): Promise<boolean> => {
    for (const [{ leaf: first }, { leaf: second }] of pairsOf(a, b)) {
      if (leafTypeName(first) !== leafTypeName(second)) continue
      const [x, y] = [await firstBytes(checkpoint, first), await firstBytes(checkpoint, second)]
      if (x.length !== y.length || x.some((byte, k) => byte !== y[k])) return false
    }
    return true
  }
  return {
    digest: digestsOf(checkpoint),
    same,
    async isNeverNegative({ tensors }) {
      const weights = tensors.filter(({ leaf }) => leaf.shape.length >= 3).slice(0, MOST_COMPARED)
      for (const weight of weights) {
        const sample = (await samplesOf([await plannedTensor(checkpoint, file, weight)], [0])).get(0)
        if (!sample?.values.every((value) => value >= 0)) return false
      }
      return weights.length > 1
    },
    async likeness(a, b) {
      const tensors: NamedTensor[] = []
      for (const pair of pairsOf(a, b).slice(0, MOST_COMPARED))
        for (const tensor of pair) tensors.push(await plannedTensor(checkpoint, file, tensor))
      const samples = await samplesOf(tensors, [...tensors.keys()])
      const positions = tensors.flatMap((_, k) => (k % 2 === 0 ? [[k, k + 1] as const] : []))
      const pairs = positions.map(([k, l]) => [samples.get(k), samples.get(l)] as const)
      const cosine = networkCosine(pairs)
      if (cosine === undefined) return undefined
      const isNear = cosine >= ALIKE && areOwnValuesAlike(pairs)
      const isCopy = isNear && (areKeysOfCopies(a.key, b.key) || (await areEqual(tensors, positions, samples)))
      return { cosine, isNear, isCopy }
    },
  }
}

/** Digests of the values that `same` compares, by network and name without wrappers. */
function digestsOf(checkpoint: Checkpoint): NetworkValues['digest'] {
  let known: { readonly of: Network; readonly leaves: ReadonlyMap<string, Leaf> } | undefined
  return async (network, name) => {
    if (known?.of !== network) {
      const wrapper = wrapperOf(network).length
      known = { of: network, leaves: new Map(network.tensors.map(({ name, leaf }) => [name.slice(wrapper), leaf])) }
    }
    const leaf = known.leaves.get(name)!
    // FNV-1a, 32 bits: what digests hold for equal is compared.
    let hash = 0x811c9dc5
    for (const byte of await firstBytes(checkpoint, leaf)) hash = Math.imul(hash ^ byte, 0x01000193)
    return { type: leafTypeName(leaf), digest: String(hash) }
  }
}

async function firstBytes(checkpoint: Checkpoint, leaf: Leaf): Promise<Uint8Array> {
  if (!(leaf instanceof TorchTensor)) return leaf.bytes.subarray(0, COMPARED)
  const access = await checkpoint.storage(leaf.storage)
  const from = Math.min(access.byteLength, leaf.offset * leaf.type.bytes)
  return access.read(from, Math.min(COMPARED, leaf.count * leaf.type.bytes, access.byteLength - from))
}
