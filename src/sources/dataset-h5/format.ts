import { InputError } from '../../errors.ts'
import { type Hdf5File, looksLikeHdf5, openHdf5 } from '../../hdf5/file.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { modelName } from '../model-name.ts'
import { readCsvFrame } from '../pandas/csv.ts'
import { readFrame } from '../pandas/fixed-format.ts'
import type { Frame } from '../pandas/frame.ts'
import { wouldRun } from '../pickle/unsafe.ts'
import type { Source, SourceFormat, SourceModel } from '../source.ts'
import { datasetModels, type Filters } from './layers.ts'

/** Names under which the filters are kept: the data sets' own, and the one in CNN-Filter-DB's description. */
const FILTERS = ['/filters', '/filter']
const STORED: Record<number, StoredType> = { 2: 'float16', 4: 'float32', 8: 'float64' }

/**
 * The published data sets of filters (this paper's and CNN-Filter-DB's `dataset.h5`): one array of filters and a table of layers,
 * as a pandas DataFrame or as CSV text. Every model in the table is a model here, with the table's columns as its meta.
 */
export const datasetH5: SourceFormat = {
  name: 'dataset.h5',
  async match(head, input) {
    if (!looksLikeHdf5(head)) return false
    const file = await openHdf5(input.access)
    try {
      return (await filtersPath(file)) !== undefined
    } finally {
      await file.close()
    }
  },
  async open(input): Promise<Source> {
    const file = await openHdf5(input.access)
    try {
      const filters = await filtersOf(file)
      const frame = await metaFrame(file)
      const { models, warnings } = frame
        ? datasetModels(file.name, frame, filters)
        : bare(modelName(input.path), file.name, filters)
      const code = wouldRun(frame?.unsafe)
      if (code !== undefined) warnings.unshift(`${file.name} holds a pickle that ${code}; it was read without running anything`)
      if (models.length === 0) throw new InputError(file.name, 'has a table of layers without rows')
      return {
        format: 'dataset.h5',
        models,
        warnings,
        async close() {
          await file.close()
          await input.access.close?.()
        },
      }
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

async function filtersPath(file: Hdf5File): Promise<string | undefined> {
  for (const path of FILTERS) {
    const found = await file.describe(path)
    if (found?.kind === 'dataset' && found.type.kind === 'float' && found.shape.length >= 2) return path
  }
  return undefined
}

async function filtersOf(file: Hdf5File): Promise<Filters> {
  const path = await filtersPath(file)
  const dataset = path === undefined ? null : await file.describe(path)
  if (path === undefined || dataset?.kind !== 'dataset') throw new InputError(file.name, 'has no array of filters')
  const { shape, type } = dataset
  const size = kernelOf(shape)
  const dtype = STORED[type.bytes]
  if (!size || !dtype)
    throw new InputError(
      file.name,
      `${path} is an array of shape (${shape.join(', ')}) of ${type.bytes}-byte numbers; filters are N × 3 × 3 or N × 9 floats`,
    )
  return {
    count: shape[0]!,
    ...size,
    weights: { access: await file.access(path), dtype },
    bytesPerFilter: size.height * size.width * type.bytes,
  }
}

/** (N, rows, columns), or (N, k²) for a square kernel. */
function kernelOf(shape: readonly number[]): { height: number; width: number } | undefined {
  if (shape.length === 3) return shape[1]! > 0 && shape[2]! > 0 ? { height: shape[1]!, width: shape[2]! } : undefined
  if (shape.length !== 2) return undefined
  const side = Math.round(Math.sqrt(shape[1]!))
  return side * side === shape[1] && side > 0 ? { height: side, width: side } : undefined
}

/** The table of layers: a pandas DataFrame, or CSV text as an array of bytes (CNN-Filter-DB 1.0). */
export async function metaFrame(file: Hdf5File): Promise<Frame | null> {
  const meta = await file.describe('/meta')
  if (meta === null) return null
  if (meta.kind === 'group') {
    const frame = await readFrame(file, '/meta')
    if (!frame) throw new InputError(file.name, 'has a group /meta that is no pandas DataFrame')
    return frame
  }
  const value = await file.value('/meta')
  const text = Array.isArray(value) ? value[0] : value
  if (typeof text === 'string') return readCsvFrame(file.name, text)
  if (value instanceof Uint8Array || value instanceof Int8Array) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return readCsvFrame(file.name, new TextDecoder().decode(bytes))
  }
  throw new InputError(file.name, '/meta is neither a pandas DataFrame nor CSV text')
}

/** Filters without a table: one layer, whose channels nobody knows. */
function bare(name: string, file: string, filters: Filters): { models: SourceModel[]; warnings: string[] } {
  const range = `filters 0:${filters.count - 1}`
  if (filters.count === 0) throw new InputError(file, 'holds no filters')
  const model: SourceModel = {
    name,
    format: 'dataset.h5',
    producer: null,
    opset: null,
    depth_source: 'graph',
    convolutions: [
      {
        layer: range,
        shape: [1, filters.count, filters.height, filters.width],
        groups: 1,
        depth: 0,
        conv_depth: 0,
        conv_depth_norm: null,
        weights: { ...filters.weights, offset: 0 },
      },
    ],
    skipped: [],
    tensors: 1,
    meta: {},
    parts: [],
  }
  return {
    models: [model],
    warnings: [`${file}: has filters but no table of layers (meta): all are taken for one layer, its orthogonality is undefined`],
  }
}
