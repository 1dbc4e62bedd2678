import { fileTensor } from '../file-tensors.ts'
import type { Skipped, SourceModel } from '../source.ts'
import { stateDictConvolutions, type Writer } from '../tensor-rules.ts'
import type { NamedTensor } from './named-tensor.ts'
import { copiesOf } from './second-copies.ts'
import { bareSisters, sisterKey, structureOf } from './sisters.ts'

/** What a file of names and shapes holds. */
export interface StateDictModels {
  readonly models: SourceModel[]
  /** Without the file's name. */
  readonly warnings: string[]
}

/** What is the same for all networks of a dict, and what was left out before it was looked at. */
export interface AboutStateDict extends Omit<SourceModel, 'convolutions' | 'skipped' | 'tensors' | 'depth_source'> {
  readonly skipped?: readonly Skipped[]
}

/**
 * The models of one dict of tensors: one, or several networks side by side, named after the prefixes that tell them apart.
 * @throws InputError when values that must be compared cannot be read
 */
export async function stateDictModels(
  tensors: readonly NamedTensor[],
  { skipped: before = [], ...about }: AboutStateDict,
  writer: Writer = { parts: 1 },
): Promise<StateDictModels> {
  const { repeats, warnings } = await copiesOf(tensors)
  const left = [...before, ...repeatsSkipped(tensors, repeats)]
  const sisters = bareSisters(tensors.filter((_, k) => !repeats.has(k)))
  const isAlone = sisters.length === 1
  if (!isAlone)
    warnings.push(
      severalNetworks(
        sisters.map((sister) => sisterKey(sister) || about.name),
        areAlike(sisters),
      ),
    )
  const models = sisters.map((sister, k): SourceModel => {
    const { warnings: own, ...census } = stateDictConvolutions(sister.tensors, { ...writer, isDistinct: true })
    for (const text of own) warnings.push(sister.prefix === '' ? text : `${sisterKey(sister)}: ${text}`)
    return {
      ...about,
      ...census,
      name: sister.prefix === '' ? about.name : `${about.name}/${sisterKey(sister)}`,
      // What was left out of the whole dict is listed with its first network.
      skipped: k === 0 ? [...census.skipped, ...left] : census.skipped,
      tensors: isAlone ? tensors.length + before.length : sister.tensors.length,
      contents: async () =>
        (isAlone ? tensors : sister.tensors).map(({ name, shape, weights }) => fileTensor(name, shape, weights)),
    }
  })
  return { models, warnings }
}

/** What repeats something else, as the census lists it. */
export function repeatsSkipped(tensors: readonly NamedTensor[], repeats: ReadonlyMap<number, string>): Skipped[] {
  return [...repeats].flatMap(([k, reason]) => {
    const { name, shape } = tensors[k]!
    return shape.length >= 3 ? [{ name, kind: 'tensor', shape, reason }] : []
  })
}

/** Whether networks side by side have the same names and shapes. */
export function areAlike(sisters: readonly { readonly tensors: readonly NamedTensor[] }[]): boolean {
  const structures = sisters.map(({ tensors }) =>
    structureOf(new Map(tensors.flatMap(({ name, shape }) => (shape.length === 4 ? [[name, shape.join()]] : [])))),
  )
  return new Set(structures).size === 1
}

/** A sentence on networks side by side that are measured each for itself. */
export function severalNetworks(keys: readonly string[], areAlike: boolean): string {
  const shown = keys.length > 4 ? `${keys.slice(0, 3).join(', ')} … ${keys.at(-1)}` : keys.join(', ')
  const what = areAlike ? 'of the same names and shapes' : 'of several architectures'
  return `holds ${keys.length} networks ${what}, each measured for itself: ${shown}`
}
