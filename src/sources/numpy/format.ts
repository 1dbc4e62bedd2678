import { InputError } from '../../errors.ts'
import { looksLikeZip, openZip, tryZip } from '../../io/zip.ts'
import type { ConvShape } from '../../weights/plan.ts'
import { modelName } from '../model-name.ts'
import { wouldRun } from '../pickle/unsafe.ts'
import type { Skipped, Source, SourceFormat, SourceModel } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'
import { placeInFileOrder, type StateDictCensus } from '../tensor-rules.ts'
import { trainingNames, trainingOf } from '../training-of.ts'
import { filterSet, type NamedArray, numpyLayout } from './layout.ts'
import { looksLikeNpy, type NpyArray, PICKLED, readNpy, readNpySeries } from './npy.ts'
import { objectArrays } from './objects.ts'
import { slotsOf } from './slots.ts'

/** NumPy .npy: a 4-D array is one layer whatever it is called; (N, 9) and (N, k, k) arrays are a bare set of filters; several in a row are layers. */
export const npy: SourceFormat = {
  name: 'NumPy',
  match: (head) => looksLikeNpy(head),
  async open({ access, path }): Promise<Source> {
    const name = modelName(path)
    const arrays = await readNpySeries(access)
    const [array] = arrays as [NpyArray]
    if (arrays.length > 1) {
      const named = arrays.map((one, k) => ({ name: String(k), array: one }))
      const notes =
        arrays.at(-1)!.end === undefined ? [`${access.name}: what stands behind its ${arrays.length} arrays is not read`] : []
      return stateDict(name, named, [], notes, () => access.close?.())
    }
    if (isPickled(array)) {
      const unsafe = new Set<string>()
      const arrays = await objectArrays(access, unsafe)
      const notes = unsafeNotes(access.name, unsafe, arrays)
      if (arrays.length === 0)
        throw new InputError(
          access.name,
          'holds pickled Python objects and no array among them; save the weights with numpy.savez',
        )
      return stateDict(name, arrays, [], notes, () => access.close?.())
    }
    if ('unsupported' in array.stored)
      throw new InputError(
        access.name,
        `holds ${array.stored.unsupported}; only arrays of float16, float32 and float64 are read, save it as one of them`,
      )
    const filters = filterSet(array)
    const { tensors, warnings } = numpyLayout([{ name, array }])
    const [{ shape, weights }] = filters ? [filters] : (tensors as [(typeof tensors)[0]])
    if (shape.length !== 4 || shape.includes(0) || 'unsupported' in weights)
      throw new InputError(
        access.name,
        `is an array of ${array.shape.join('×') || 'no axes'}; a layer is (out, in, rows, columns), a set of filters (N, 9) or (N, 3, 3)`,
      )
    const convolutions = placeInFileOrder([{ layer: name, shape: shape as unknown as ConvShape, groups: 1, weights }])
    return sourceOf(name, 1, { convolutions, skipped: [], warnings, depth_source: 'order' }, () => access.close?.())
  },
}

/** NumPy .npz: a zip of .npy files, each 4-D array judged like a tensor of a state dict. */
export const npz: SourceFormat = {
  name: 'NumPy archive',
  async match(head, { access }) {
    if (!looksLikeZip(head)) return false
    const entries = (await tryZip(access))?.entries ?? []
    return entries.length > 0 && entries.every(({ name }) => name.endsWith('.npy'))
  },
  async open({ access, path }): Promise<Source> {
    const { entries } = await openZip(access)
    const arrays: NamedArray[] = []
    const skipped: Skipped[] = []
    const unsafe = new Set<string>()
    const numbers = new Map<string, number | null>()
    for (const entry of entries) {
      const content = await entry.open()
      const name = entry.name.replace(/\.npy$/, '')
      const array = await readNpy(content)
      const last = name.slice(name.lastIndexOf('/') + 1)
      if (array.number && trainingNames.has(last)) numbers.set(last, await array.number())
      const inner = isPickled(array) ? await objectArrays(content, unsafe) : [{ name: '', array }]
      for (const each of inner.map((one) => ({ ...one, name: [name, one.name].filter((part) => part !== '').join('/') })))
        arrays.push(each)
      if (inner.length === 0)
        skipped.push({ name, kind: 'array', shape: array.shape, reason: 'pickled Python objects and no array among them' })
    }
    const notes = unsafeNotes(access.name, unsafe, arrays)
    const training = trainingOf((name) => numbers.get(name))
    const source = await stateDict(modelName(path), arrays, skipped, notes, () => access.close?.())
    return { ...source, ...(training && { training }) }
  },
}

function isPickled({ stored }: NpyArray): boolean {
  return 'unsupported' in stored && stored.unsupported === PICKLED
}

/**
 * The warning about a pickle that would run code beside the arrays.
 * @throws InputError when none of the arrays could be a layer: then the pickle is all that there is
 */
function unsafeNotes(file: string, unsafe: ReadonlySet<string>, arrays: readonly NamedArray[]): string[] {
  const code = wouldRun(unsafe)
  if (code === undefined) return []
  if (!arrays.some(({ array }) => array.shape.length > 1))
    throw new InputError(file, `holds a pickle that ${code}, and no layer; do not load it`)
  return [`${file} holds a pickle that ${code}; its arrays were read without running anything`]
}

/** Named arrays as one model, or as the networks that lie in them side by side. */
async function stateDict(
  name: string,
  stored: readonly NamedArray[],
  skipped: readonly Skipped[],
  notes: readonly string[],
  close: () => Promise<void> | undefined,
): Promise<Source> {
  const slots = slotsOf(stored.map(({ name, array: { shape } }) => ({ name, shape })))
  const arrays = stored.filter(({ name }) => !slots.has(name))
  const kept = [...skipped, ...stored.flatMap(({ name, array: { shape } }) => keptBeside(name, shape, slots.get(name)))]
  if (!arrays.some(({ array }) => array.shape.length === 4)) {
    const census = filterSets(arrays)
    const all = { ...census, skipped: [...census.skipped, ...kept], warnings: notes }
    return sourceOf(name, stored.length + skipped.length, all, close)
  }
  const { tensors, warnings } = numpyLayout(arrays)
  const about = { name, format: npy.name, producer: null, opset: null, meta: {}, parts: [], skipped: kept }
  const { models, warnings: own } = await stateDictModels(tensors, about)
  return { format: npy.name, models, warnings: [...notes, ...warnings, ...own], close: async () => close() }
}

function keptBeside(name: string, shape: readonly number[], variable: string | undefined): Skipped[] {
  if (variable === undefined || shape.length < 3) return []
  return [{ name, kind: 'array', shape, reason: `kept beside ${variable} by an optimiser or as an average` }]
}

function filterSets(arrays: readonly NamedArray[]): StateDictCensus {
  const sets = arrays.map(({ name, array }) => ({ name, array, filters: filterSet(array) }))
  return {
    convolutions: placeInFileOrder(
      sets.flatMap(({ name, filters }) => (filters ? [{ layer: name, groups: 1, ...filters }] : [])),
    ),
    skipped: sets.flatMap(({ name, array, filters }) =>
      filters || array.shape.length < 3
        ? []
        : [{ name, kind: 'array', shape: array.shape, reason: `${array.shape.length}-D array` }],
    ),
    warnings: [],
    depth_source: 'order',
  }
}

function sourceOf(
  name: string,
  tensors: number,
  census: Omit<StateDictCensus, 'warnings'> & { readonly warnings: readonly string[] },
  close: () => Promise<void> | undefined,
): Source {
  const model: SourceModel = {
    name,
    format: npy.name,
    producer: null,
    opset: null,
    depth_source: census.depth_source,
    convolutions: census.convolutions,
    skipped: census.skipped,
    tensors,
    meta: {},
    parts: [],
  }
  return { format: npy.name, models: [model], warnings: census.warnings, close: async () => close() }
}
