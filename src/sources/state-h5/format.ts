import { InputError } from '../../errors.ts'
import { type Hdf5Dataset, type Hdf5File, looksLikeHdf5, openHdf5 } from '../../hdf5/file.ts'
import { headerAddresses } from '../../hdf5/order.ts'
import { byteText } from '../../io/byte-text.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { otherDataset } from '../hdf5-numbers.ts'
import { modelName } from '../model-name.ts'
import { type NamedArray, numpyLayout } from '../numpy/layout.ts'
import type { Skipped, Source, SourceFormat } from '../source.ts'
import { stateDictModels } from '../state-dict/models.ts'

const MOST_OBJECTS = 200_000
const DEEPEST = 64
/** Objects that are looked at to tell whether a file holds weights at all. */
const LOOKED_AT = 2_000
const FLOATS: Readonly<Record<number, StoredType>> = { 2: 'float16', 4: 'float32', 8: 'float64' }
const OPTIMISER = /(^|\/)(optimi[sz]ers?(_state|_weights)?|opt_state)(\/|$)/i

/**
 * A state dict in HDF5, as h5py writes it: a data set per tensor, in groups or with dots in its name. Tried after the layouts
 * that have names of their own (dataset.h5, Keras).
 */
export const stateH5: SourceFormat = {
  name: 'HDF5 state dict',
  async match(head, { access }) {
    // MATLAB keeps its arrays the other way round, behind a header of its own.
    if (!looksLikeHdf5(head) || byteText(head.subarray(0, 6)) === 'MATLAB') return false
    const file = await openHdf5(access)
    try {
      for await (const { dataset } of datasetsOf(file, LOOKED_AT)) if (dataset.shape.length === 4 && isFloat(dataset)) return true
      return false
    } finally {
      await file.close()
    }
  },
  async open({ access, path }): Promise<Source> {
    const file = await openHdf5(access)
    try {
      const { arrays, skipped } = await arraysOf(file, access)
      const { tensors, warnings } = numpyLayout(arrays)
      const about = { name: modelName(path), format: stateH5.name, producer: null, opset: null, meta: {}, parts: [], skipped }
      const { models, warnings: own } = await stateDictModels(tensors, about)
      return {
        format: stateH5.name,
        models,
        warnings: [...warnings, ...own].map((warning) => `${access.name}: ${warning}`),
        async close() {
          await file.close()
          await access.close?.()
        },
      }
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

function isFloat({ type }: Hdf5Dataset): boolean {
  return type.kind === 'float' && FLOATS[type.bytes] !== undefined
}

/** The tensors of a file, in the order in which they were made where the file tells, else in the alphabet's. */
async function arraysOf(file: Hdf5File, access: RandomAccess): Promise<{ arrays: NamedArray[]; skipped: Skipped[] }> {
  const arrays: (NamedArray & { readonly made: number })[] = []
  const skipped: Skipped[] = []
  const headers = await headerAddresses(access)
  for await (const { path, dataset } of datasetsOf(file, MOST_OBJECTS)) {
    const name = path.slice(1)
    const { shape } = dataset
    if (OPTIMISER.test(name)) {
      if (shape.length >= 3) skipped.push({ name, kind: 'data set', shape, reason: 'optimiser state' })
      continue
    }
    const { type } = dataset
    const dtype = isFloat(dataset) ? FLOATS[type.bytes] : undefined
    const stored =
      dtype && shape.length === 4 ? { access: await file.access(path), offset: 0, dtype } : otherDataset(file, path, type)
    arrays.push({ name, array: { shape, fortranOrder: false, stored }, made: headers?.addresses.get(path) ?? 0 })
  }
  const isUnknown = headers?.isInOrder === false
  return { arrays: arrays.sort((a, b) => (isUnknown ? (a.name < b.name ? -1 : 1) : a.made - b.made)), skipped }
}

/** Every data set of a file, groups walked in their order. @throws InputError for more objects than any model has */
async function* datasetsOf(file: Hdf5File, most: number): AsyncGenerator<{ path: string; dataset: Hdf5Dataset }> {
  let seen = 0
  const pending: { path: string; depth: number }[] = [{ path: '', depth: 0 }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { path, depth } = next
    if (++seen > most) {
      if (most === MOST_OBJECTS) throw new InputError(file.name, `has more than ${most} groups and data sets; it is no model`)
      return
    }
    const found = await file.describe(path || '/')
    if (found?.kind === 'dataset') yield { path, dataset: found }
    else if (found && depth < DEEPEST)
      for (const key of [...found.keys].reverse()) pending.push({ path: `${path}/${key}`, depth: depth + 1 })
  }
}
