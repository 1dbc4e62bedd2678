import { readRows } from '../../arrow/fields.ts'
import { type ArrowMessages, isArrowFile, readMessages } from '../../arrow/messages.ts'
import { type ArrowTable, readArrowTable, readPlainFile, typeOf } from '../../arrow/table.ts'
import { DATABASE_TAPS, databaseFiles } from '../../database/files.ts'
import { type DatabaseLayer, databaseLayerFields } from '../../database/layer-columns.ts'
import { provenanceFields, readMeta } from '../../database/provenance.ts'
import { InputError } from '../../errors.ts'
import { concatAccess, type Input, type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import type { Convolution, Source, SourceFormat, SourceModel } from '../source.ts'

const BYTES = DATABASE_TAPS * 4

/**
 * A filter database (filters.arrow, layers.arrow, models.arrow in one folder), given by any of its three files. The
 * weights are read from their places in filters.arrow; measuring them gives what measuring the models gave.
 */
export const filterDatabase: SourceFormat = {
  name: 'filter database',
  /** Other Arrow files are none of ours; a broken one is taken, so that opening it says what is wrong with it. */
  async match(head, input) {
    if (!isArrowFile(head)) return false
    const kind = await readMessages(input.access).then(
      ({ metadata }) => metadata.get('filterlens.kind') ?? '',
      () => 'database.',
    )
    return kind.startsWith('database.')
  },
  open: openDatabase,
}

async function openDatabase(input: Input): Promise<Source> {
  const given = (await readPlainFile(input.access)).metadata.get('filterlens.kind')
  if (!given?.startsWith('database.')) {
    const what = given?.startsWith('results.')
      ? 'is a table of results; filterlens report, compare and verify take its folder'
      : 'is an Arrow file, but not of a filter database that filterlens extract wrote'
    throw new InputError(input.access.name, what)
  }
  const opened: RandomAccess[] = []
  const close = async (): Promise<void> => {
    await input.access.close?.()
    for (const access of opened) await access.close?.()
  }
  const file = async (kind: keyof typeof databaseFiles): Promise<RandomAccess> => {
    if (given === `database.${kind}`) return input.access
    const access = await input.folder.open(databaseFiles[kind])
    if (!access)
      throw new InputError(input.access.name, `is part of a filter database; ${databaseFiles[kind]} must lie beside it`)
    opened.push(access)
    return access
  }
  try {
    const filters = await file('filters')
    const layerTable = await readTable(await file('layers'), 'database.layers')
    const modelTable = await readTable(await file('models'), 'database.models')
    const messages = await readPlainFile(filters)
    const batches = filterBatches(filters, messages)
    const layers = readRows(databaseLayerFields, layerTable)
    checkLayers(layerTable.name, layers, batches.at(-1)?.end ?? 0)
    checkCount(modelTable, 'filterlens.filters', batches.at(-1)?.end ?? 0, databaseFiles.filters)
    checkCount(modelTable, 'filterlens.layers', layers.length, databaseFiles.layers)
    const byModel = new Map<string, DatabaseLayer[]>()
    for (const layer of layers) {
      const own = byModel.get(layer.model)
      if (own) own.push(layer)
      else byModel.set(layer.model, [layer])
    }
    const parts = [filters, ...opened].filter((access, k, all) => access !== input.access && all.indexOf(access) === k)
    const meta = readMeta(modelTable)
    const models = readRows(provenanceFields, modelTable).map((model, k): SourceModel => {
      const own = byModel.get(model.model) ?? []
      byModel.delete(model.model)
      return {
        name: model.model,
        format: model.format,
        producer: model.producer,
        opset: model.opset,
        depth_source: model.depth_source ?? 'graph',
        convolutions: own.map((layer) => convolution(layer, filters, batches)),
        skipped: [],
        tensors: own.length,
        meta: meta[k]!,
        recorded: {
          file: model.file,
          bytes: model.bytes,
          sha256: model.sha256,
          ...(model.parts && { parts: model.parts }),
          revision: model.revision,
        },
        parts,
      }
    })
    const stray = byModel.keys().next().value
    if (stray !== undefined)
      throw new InputError(layerTable.name, `has a layer of a model ${stray} that models.arrow does not list`)
    return { format: 'filter database', models, warnings: [], close }
  } catch (error) {
    for (const access of opened) await access.close?.()
    throw error
  }
}

async function readTable(access: RandomAccess, kind: string): Promise<ArrowTable> {
  const table = await readArrowTable(access)
  if (table.metadata.get('filterlens.kind') !== kind) {
    throw new InputError(access.name, `is no ${kind.replace('.', ' table of ')}; the folder mixes files of different kinds`)
  }
  return table
}

/** Filters [start, end) of a batch, and where their weights begin in the file. */
interface FilterBatch {
  readonly start: number
  readonly end: number
  readonly offset: number
}

function filterBatches(access: RandomAccess, { columns, batches, metadata }: ArrowMessages): FilterBatch[] {
  const [column] = columns
  const [child] = column?.children ?? []
  const fits = columns.length === 1 && column && typeOf(column) === 'fixed_size_list' && column.size === DATABASE_TAPS
  if (!fits || !child || typeOf(child) !== 'float32' || metadata.get('filterlens.kind') !== 'database.filters') {
    throw new InputError(access.name, `must hold one column of ${DATABASE_TAPS} float32 each, as filterlens extract writes it`)
  }
  const out: FilterBatch[] = []
  let start = 0
  batches.forEach(({ rows, nodes, buffers }, k) => {
    const values = buffers[2]
    const whole = nodes[0]?.length === rows && nodes[1]?.length === rows * DATABASE_TAPS && (values?.length ?? 0) >= rows * BYTES
    if (!whole || !values || nodes.some((node) => node.nulls > 0)) {
      throw new InputError(
        access.name,
        `Arrow: batch ${k} does not hold its ${rows} filters; the file is damaged, write it again`,
      )
    }
    out.push({ start, end: start + rows, offset: values.offset })
    start += rows
  })
  return out
}

function checkLayers(name: string, layers: readonly DatabaseLayer[], filters: number): void {
  let next = 0
  layers.forEach((layer, k) => {
    const wrong = (what: string): never => {
      throw new InputError(name, `row ${k} (${layer.model}, ${layer.layer}): ${what}; the database is damaged, write it again`)
    }
    const { in_channels, out_channels, filter_start, filter_count, conv_depth_norm } = layer
    const counts = [in_channels, out_channels, layer.groups, layer.layer_id, layer.depth, layer.conv_depth]
    if (counts.some((count) => count < 0)) wrong('a count is negative')
    if (in_channels * out_channels !== filter_count) wrong(`${filter_count} filters are not ${out_channels} × ${in_channels}`)
    if (filter_start !== next) wrong(`its filters start at ${filter_start}, but those before it end at ${next}`)
    if (conv_depth_norm !== null && !(conv_depth_norm >= 0 && conv_depth_norm <= 1))
      wrong(`a conv_depth_norm of ${conv_depth_norm}`)
    next += filter_count
    if (next > filters) wrong(`its filters end at ${next}, but filters.arrow holds ${filters}`)
  })
  if (next !== filters)
    throw new InputError(name, `describes ${next} filters, but filters.arrow holds ${filters}; write the database again`)
}

function checkCount(table: ArrowTable, key: string, found: number, file: string): void {
  const expected = table.metadata.get(key)
  if (expected !== String(found)) {
    throw new InputError(
      table.name,
      `was written with another ${file} (${expected} entries, not ${found}); write the database again`,
    )
  }
}

function convolution(layer: DatabaseLayer, filters: RandomAccess, batches: readonly FilterBatch[]): Convolution {
  return {
    layer: layer.layer,
    ...(layer.node !== null && { node: layer.node }),
    shape: [layer.out_channels, layer.in_channels, 3, 3],
    groups: layer.groups,
    depth: layer.depth,
    conv_depth: layer.conv_depth,
    conv_depth_norm: layer.conv_depth_norm,
    layer_id: layer.layer_id,
    weights: { access: rangeOf(layer.filter_start, layer.filter_count, filters, batches), offset: 0, dtype: 'float32' },
  }
}

/** The bytes of filters [start, start + count), which may lie in several batches. */
function rangeOf(start: number, count: number, filters: RandomAccess, batches: readonly FilterBatch[]): RandomAccess {
  if (count === 0) return sliceAccess(filters, 0, 0)
  let low = 0
  for (let high = batches.length - 1; low < high; ) {
    const middle = (low + high) >> 1
    if (batches[middle]!.end <= start) low = middle + 1
    else high = middle
  }
  const parts: RandomAccess[] = []
  for (let at = start; at < start + count; low++) {
    const batch = batches[low]!
    const end = Math.min(batch.end, start + count)
    if (end > at) parts.push(sliceAccess(filters, batch.offset + (at - batch.start) * BYTES, (end - at) * BYTES))
    at = Math.max(at, end)
  }
  return concatAccess(filters.name, parts)
}
