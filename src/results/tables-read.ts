import { type ArrowTable, readArrowTable } from '../arrow/table.ts'
import { metadataJson, parseJson, readProvenance } from '../database/provenance.ts'
import { InputError } from '../errors.ts'
import type { Folder, RandomAccess } from '../io/random-access.ts'
import { type LayerRow, type NullableMetric, nullableMetrics } from '../measure/layer-row.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import type { Moments } from '../wasm/moments.ts'
import { tableFiles } from './table-files.ts'
import { isFailures, isParameters, isTexts } from './table-metadata.ts'

/**
 * An analysis from its results folder: every later step runs from the tables alone.
 * @throws InputError when a table is missing, damaged, or of another kind
 */
export async function readResults(folder: Folder, name: string): Promise<Analysis> {
  const open = async (file: string): Promise<RandomAccess> => {
    const access = await folder.open(file)
    if (!access) throw new InputError(name, `has no ${file}; give the folder that filterlens analyze -o wrote`)
    return access
  }
  const read = async <T>(file: string, decode: (access: RandomAccess) => Promise<T>): Promise<T> => {
    const access = await open(file)
    try {
      return await decode(access)
    } finally {
      await access.close?.()
    }
  }
  const models = await read(tableFiles.models, readModelTable)
  const layers = await read(tableFiles.layers, readLayerTable)
  const skipped = await read(tableFiles.skipped, readSkippedTable)
  return { ...models, layers, skipped }
}

/** The rows of a layer table. */
export async function readLayerTable(access: RandomAccess): Promise<LayerRow[]> {
  const table = await readArrowTable(access)
  requireKind(table, 'results.layers')
  const text = (column: 'model' | 'layer' | 'kernel'): string[] => table.texts(column)
  const columns = {
    model: text('model'),
    layer: text('layer'),
    kernel: text('kernel'),
    undefined_because: table.optionalTexts('undefined_because'),
  }
  const integers = [
    'layer_id',
    'depth',
    'conv_depth',
    'in_channels',
    'out_channels',
    'groups',
    'filters',
    'sparse_filters',
  ] as const
  const numbers = [...integers, 'peak', 'norm_l1', 'norm_l2'] as const
  const plain = Object.fromEntries(numbers.map((key) => [key, table.numbers(key)])) as Record<(typeof numbers)[number], number[]>
  const optional = ['conv_depth_norm', ...nullableMetrics] as const
  const nullable = Object.fromEntries(optional.map((key) => [key, table.optionalNumbers(key)])) as Record<
    (typeof optional)[number],
    (number | null)[]
  >
  const moments = { scaled: readMoments(table, 'scaled'), raw: readMoments(table, 'raw'), clean: readMoments(table, 'clean') }
  return Array.from({ length: table.rows }, (_, k): LayerRow => {
    const number = (key: (typeof numbers)[number]): number => plain[key][k]!
    const maybe = (key: (typeof optional)[number]): number | null => nullable[key][k]!
    return {
      model: columns.model[k]!,
      layer: columns.layer[k]!,
      layer_id: number('layer_id'),
      kernel: columns.kernel[k]!,
      depth: number('depth'),
      conv_depth: number('conv_depth'),
      conv_depth_norm: maybe('conv_depth_norm'),
      in_channels: number('in_channels'),
      out_channels: number('out_channels'),
      groups: number('groups'),
      filters: number('filters'),
      peak: number('peak'),
      sparse_filters: number('sparse_filters'),
      sparsity: maybe('sparsity'),
      variance_entropy: maybe('variance_entropy'),
      variance_entropy_raw: maybe('variance_entropy_raw'),
      variance_entropy_raw_norm: maybe('variance_entropy_raw_norm'),
      variance_entropy_clean: maybe('variance_entropy_clean'),
      variance_entropy_clean_norm: maybe('variance_entropy_clean_norm'),
      orthogonality: maybe('orthogonality'),
      norm_l1: number('norm_l1'),
      norm_l2: number('norm_l2'),
      norm_l1_standardised: maybe('norm_l1_standardised'),
      norm_l2_standardised: maybe('norm_l2_standardised'),
      undefined_because: readReasons(table, columns.undefined_because[k]!),
      scaled: moments.scaled[k]!,
      raw: moments.raw[k]!,
      clean: moments.clean[k]!,
    }
  })
}

function readMoments(table: ArrowTable, name: 'scaled' | 'raw' | 'clean'): Moments[] {
  const counts = table.numbers(`${name}_count`)
  const means = table.lists(`${name}_mean`)
  const scatters = table.lists(`${name}_scatter`)
  return counts.map((count, k) => {
    const mean = means[k]!
    const scatter = scatters[k]!
    if (scatter.length !== mean.length * mean.length) {
      throw new InputError(table.name, `row ${k}: ${name}_scatter has ${scatter.length} values for ${mean.length} taps`)
    }
    return { count, mean, scatter }
  })
}

function readReasons(table: ArrowTable, text: string | null): Partial<Record<NullableMetric, string>> {
  if (text === null) return {}
  const entries = Object.entries(parseJson(table, text) ?? {})
  return Object.fromEntries(
    entries.filter(([name, why]) => (nullableMetrics as readonly string[]).includes(name) && typeof why === 'string'),
  )
}

/** The model table, with the parameters, failures and warnings that it carries. */
export async function readModelTable(access: RandomAccess): Promise<Omit<Analysis, 'layers' | 'skipped'>> {
  const table = await readArrowTable(access)
  requireKind(table, 'results.models')
  const own = readProvenance(table)
  const counts = (['layers', 'filters', 'sparse_filters'] as const).map((key) => table.numbers(key))
  const values = (['sparsity', 'variance_entropy', 'orthogonality'] as const).map((key) => table.optionalNumbers(key))
  const models = own.map(
    (row, k): ModelRow => ({
      model: row.model,
      file: row.file,
      bytes: row.bytes,
      sha256: row.sha256,
      ...(row.parts && { parts: row.parts }),
      format: row.format,
      producer: row.producer,
      opset: row.opset,
      layers: counts[0]![k]!,
      filters: counts[1]![k]!,
      sparse_filters: counts[2]![k]!,
      sparsity: values[0]![k]!,
      variance_entropy: values[1]![k]!,
      orthogonality: values[2]![k]!,
      meta: row.meta,
    }),
  )
  return {
    version: table.metadata.get('filterlens.version') ?? '',
    parameters: recorded(table, 'filterlens.parameters', isParameters),
    models,
    failed: recorded(table, 'filterlens.failed', isFailures),
    warnings: recorded(table, 'filterlens.warnings', isTexts),
  }
}

function recorded<T>(table: ArrowTable, key: string, is: (value: unknown) => value is T): T {
  const value = metadataJson(table, key)
  if (!is(value)) throw new InputError(table.name, `its metadata ${key} is not what filterlens writes; the table is damaged`)
  return value
}

async function readSkippedTable(access: RandomAccess): Promise<Analysis['skipped']> {
  const table = await readArrowTable(access)
  requireKind(table, 'results.skipped')
  const [models, names, kinds, shapes, reasons] = ['model', 'name', 'kind', 'shape', 'reason'].map((column) =>
    table.texts(column),
  )
  return models!.map((model, k) => ({
    model,
    name: names![k]!,
    kind: kinds![k]!,
    shape: shapes![k] === '' ? [] : shapes![k]!.split('x').map(Number),
    reason: reasons![k]!,
  }))
}

function requireKind(table: ArrowTable, kind: string): void {
  const found = table.metadata.get('filterlens.kind')
  if (found !== kind)
    throw new InputError(table.name, `is ${found ? `a table of kind ${found}` : 'no table of filterlens'}, not ${kind}`)
}
