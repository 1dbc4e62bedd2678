import type { Column } from '../arrow/column.ts'
import type { ArrowTable } from '../arrow/table.ts'

/** A layer of a filter database: what it is, and which rows of filters.arrow are its filters (output channel major). */
export interface DatabaseLayer {
  readonly model: string
  readonly layer: string
  readonly layer_id: number
  readonly depth: number
  readonly conv_depth: number
  readonly conv_depth_norm: number | null
  readonly in_channels: number
  readonly out_channels: number
  readonly groups: number
  readonly filter_start: number
  readonly filter_count: number
}

export function databaseLayerColumns(rows: readonly DatabaseLayer[]): Column[] {
  const integers = (name: 'layer_id' | 'depth' | 'conv_depth' | 'in_channels' | 'out_channels' | 'groups'): Column => ({
    name,
    type: 'int32',
    values: rows.map((row) => row[name]),
  })
  return [
    { name: 'model', type: 'utf8', values: rows.map((row) => row.model) },
    { name: 'layer', type: 'utf8', values: rows.map((row) => row.layer) },
    integers('layer_id'),
    integers('depth'),
    integers('conv_depth'),
    { name: 'conv_depth_norm', type: 'float64', nullable: true, values: rows.map((row) => row.conv_depth_norm) },
    integers('in_channels'),
    integers('out_channels'),
    integers('groups'),
    { name: 'filter_start', type: 'int64', values: rows.map((row) => row.filter_start) },
    { name: 'filter_count', type: 'int64', values: rows.map((row) => row.filter_count) },
  ]
}

export function readDatabaseLayers(table: ArrowTable): DatabaseLayer[] {
  const models = table.texts('model')
  const layers = table.texts('layer')
  const norms = table.optionalNumbers('conv_depth_norm')
  const names = [
    'layer_id',
    'depth',
    'conv_depth',
    'in_channels',
    'out_channels',
    'groups',
    'filter_start',
    'filter_count',
  ] as const
  const columns = names.map((name) => table.numbers(name))
  return models.map((model, k) => {
    const [layer_id, depth, conv_depth, in_channels, out_channels, groups, filter_start, filter_count] = columns.map((c) => c[k]!)
    return {
      model,
      layer: layers[k]!,
      layer_id: layer_id!,
      depth: depth!,
      conv_depth: conv_depth!,
      conv_depth_norm: norms[k]!,
      in_channels: in_channels!,
      out_channels: out_channels!,
      groups: groups!,
      filter_start: filter_start!,
      filter_count: filter_count!,
    }
  })
}
