import type { SourceModel } from '../source.ts'
import { stateDictConvolutions, type Writer } from '../tensor-rules.ts'
import { repeatsOf } from './copies.ts'
import type { NamedTensor } from './named-tensor.ts'
import { bareSisters, sisterKey } from './sisters.ts'

/** What a file of names and shapes holds. */
export interface StateDictModels {
  readonly models: SourceModel[]
  /** Without the file's name. */
  readonly warnings: string[]
}

/**
 * The models of one dict of tensors: one, or several networks of one architecture side by side, named after the prefixes that tell them
 * apart. `about`: what is the same for all.
 */
export function stateDictModels(
  tensors: readonly NamedTensor[],
  about: Omit<SourceModel, 'convolutions' | 'skipped' | 'tensors' | 'depth_source'>,
  writer: Writer = { parts: 1 },
): StateDictModels {
  const repeats = repeatsOf(tensors)
  const sisters = bareSisters(tensors.filter((_, k) => !repeats.has(k)))
  if (sisters.length === 1) {
    const { warnings, ...census } = stateDictConvolutions(tensors, writer)
    return { models: [{ ...about, ...census, tensors: tensors.length }], warnings }
  }
  const warnings = [severalNetworks(sisters.map(sisterKey))]
  const models = sisters.map((sister, k): SourceModel => {
    const { warnings: own, ...census } = stateDictConvolutions(sister.tensors, writer)
    for (const each of own.map((text) => `${sisterKey(sister)}: ${text}`)) warnings.push(each)
    // What was left out of the whole dict is listed with its first network.
    const left = k > 0 ? [] : [...repeats].map(([at, reason]) => ({ ...tensors[at]!, kind: 'tensor', reason }))
    const skipped = left
      .filter(({ shape }) => shape.length >= 3)
      .map(({ name, kind, shape, reason }) => ({ name, kind, shape, reason }))
    return {
      ...about,
      ...census,
      name: `${about.name}/${sisterKey(sister)}`,
      skipped: [...census.skipped, ...skipped],
      tensors: sister.tensors.length,
    }
  })
  return { models, warnings }
}

/** A sentence on networks of the same names and shapes that are measured each for itself. */
export function severalNetworks(keys: readonly string[]): string {
  const shown = keys.length > 4 ? `${keys.slice(0, 3).join(', ')} … ${keys.at(-1)}` : keys.join(', ')
  return `holds ${keys.length} networks of the same names and shapes, each measured for itself: ${shown}`
}
