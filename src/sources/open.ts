import type { Input } from '../io/random-access.ts'
import { requirePlausible } from './plausible.ts'
import { findAmong, openAmong } from './recognise.ts'
import { type FormatEntry, modelFormats } from './registry.ts'
import { signatures } from './signatures.ts'
import type { Convolution, Source, SourceFormat } from './source.ts'

/** Zips are searched after every format that is a zip itself, and before those that have no signature. */
const zip: FormatEntry = {
  name: 'zip of models',
  owns: [],
  shares: ['zip'],
  begins: signatures.paddedZip,
  load: async () => (await import('./zip-of-models.ts')).zipOfModels,
}

/** Every format, in the order in which they are tried. */
export const formats: readonly FormatEntry[] = [
  ...modelFormats.filter(({ guesses }) => !guesses),
  zip,
  ...modelFormats.filter(({ guesses }) => guesses),
]

/** The format of an input by its bytes, or undefined when none recognises it. */
export function findFormat(input: Input, entries: readonly FormatEntry[] = formats): Promise<SourceFormat | undefined> {
  return findAmong(input, entries)
}

/**
 * Opens an input with the reader that recognises its bytes. The input's access belongs to the source from here on:
 * `Source.close` closes it, and so does a failure.
 * @throws InputError when no format recognises it (the sentence says what it is) or its reader refuses it
 */
export async function openSource(input: Input, entries: readonly FormatEntry[] = formats): Promise<Source> {
  const source = await openAmong(input, entries)
  try {
    for (const model of source.models) requirePlausible(input.path, model)
    return withOwnLayerIds(input.path, withNamesOfText(source))
  } catch (error) {
    await source.close()
    throw error
  }
}

/** Layers whose name no table can hold (half a surrogate pair, which JSON can spell) are left out: nothing would be found by it again. */
function withNamesOfText(source: Source): Source {
  const isText = ({ layer }: Convolution): boolean => !/\p{Cs}/u.test(layer)
  if (source.models.every(({ convolutions }) => convolutions.every(isText))) return source
  const reason = 'its name is no Unicode text: it holds half a surrogate pair'
  const models = source.models.map((model) => {
    const others = model.convolutions.filter((convolution) => !isText(convolution))
    const skipped = others.map(({ layer, shape }) => ({ name: layer, kind: 'Conv', shape, reason }))
    return { ...model, convolutions: model.convolutions.filter(isText), skipped: [...model.skipped, ...skipped] }
  })
  return { ...source, models, close: () => source.close() }
}

/** A model whose file gives a layer id twice: ids that tell nothing apart are left out, and its layers are counted. */
function withOwnLayerIds(file: string, source: Source): Source {
  const clashing = source.models.filter(({ convolutions }) => {
    const ids = convolutions.flatMap(({ layer_id }) => layer_id ?? [])
    return new Set(ids).size < ids.length
  })
  if (clashing.length === 0) return source
  const models = source.models.map((model) =>
    clashing.includes(model)
      ? { ...model, convolutions: model.convolutions.map(({ layer_id: _, ...convolution }) => convolution) }
      : model,
  )
  const [first] = clashing
  const text = `${file}: layers of ${first!.name}${clashing.length > 1 ? ` and ${clashing.length - 1} more models` : ''} share a layer id; they are numbered in their order instead`
  return { ...source, models, warnings: [...source.warnings, text], close: () => source.close() }
}
