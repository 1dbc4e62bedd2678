import type { MetaValue } from '../../database/meta.ts'
import { InputError } from '../../errors.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { cellOf, type Frame, finiteNumber } from '../pandas/frame.ts'
import { itemsOf } from '../pickle/builtins.ts'
import { NumpyArray, numberAt } from '../pickle/numpy.ts'
import type { PyValue } from '../pickle/values.ts'
import type { Convolution, SourceModel } from '../source.ts'

/** The data set of filters: how many, of which size, and where they lie. */
export interface Filters {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly weights: Pick<WeightPlan, 'access' | 'dtype'>
  readonly bytesPerFilter: number
}

/** Columns that speak of a layer, not of the model. */
const LAYER_COLUMNS = new Set(
  ['model_id', 'conv_depth', 'conv_depth_norm', 'layer_id', 'layer_depth', 'in_channels', 'out_channels', 'filter_ids'].concat([
    'filter_id_start',
    'filter_id_end',
    '',
    'Unnamed: 0',
    'index',
  ]),
)

/** A layer's name: where its filters lie, "filters 0:191" (the last one included), as the file writes it. */
export function layerName([first, last]: readonly [number, number]): string {
  return `filters ${first}:${last}`
}

/** The model a row of the table belongs to: its id where there is one, else its name. */
export function modelOf(frame: Frame, row: number): { key: string; name: string } {
  const id = cellOf(frame, 'model_id', row)
  const named = [cellOf(frame, 'model', row), cellOf(frame, 'Name', row)].find((cell) => typeof cell === 'string' && cell !== '')
  const name = typeof named === 'string' ? named : `model ${String(finiteNumber(cellOf(frame, 'model', row)) ?? id ?? 0)}`
  return { key: id === undefined || id === null ? name : String(id), name }
}

/**
 * First and last filter of a row: "a:b" with b included; a list of consecutive ids (CNN-Filter-DB 0.1); or two columns of which
 * the end is not included. undefined when they are not consecutive, so that they are no range.
 */
export function filterRange(frame: Frame, row: number): readonly [first: number, last: number] | undefined {
  const ids = cellOf(frame, 'filter_ids', row)
  if (typeof ids === 'string') {
    const match = /^\s*(\d{1,15})\s*:\s*(\d{1,15})\s*$/.exec(ids)
    return match ? [Number(match[1]), Number(match[2])] : undefined
  }
  const list = idList(ids)
  if (list) return list.every((id, k) => id === list[0]! + k) && list.length > 0 ? [list[0]!, list.at(-1)!] : undefined
  const [start, end] = [finiteNumber(cellOf(frame, 'filter_id_start', row)), finiteNumber(cellOf(frame, 'filter_id_end', row))]
  return start !== undefined && end !== undefined && end > start ? [start, end - 1] : undefined
}

function idList(cell: PyValue | undefined): number[] | undefined {
  if (cell instanceof NumpyArray && cell.objects === undefined) {
    const view = new DataView(cell.bytes.buffer, cell.bytes.byteOffset, cell.bytes.byteLength)
    return Array.from({ length: cell.shape.reduce((product, n) => product * n, 1) }, (_, k) =>
      Number(numberAt(view, k * cell.type.itemSize, cell.type)),
    )
  }
  const items = cell instanceof NumpyArray ? cell.objects! : itemsOf(cell)
  return items.length > 0 && items.every((id) => typeof id === 'number') ? (items as number[]) : undefined
}

/** The table's models in the order of their first rows, each with its layers by depth. @throws InputError */
export function datasetModels(file: string, frame: Frame, filters: Filters): { models: SourceModel[]; warnings: string[] } {
  const rowsByModel = new Map<string, number[]>()
  for (let row = 0; row < frame.rows; row++) {
    const { key } = modelOf(frame, row)
    const rows = rowsByModel.get(key)
    if (rows) rows.push(row)
    else rowsByModel.set(key, [row])
  }
  const warnings: string[] = []
  let shapeless = 0
  const models = [...rowsByModel.values()].map((rows): SourceModel => {
    const layers = rows.map((row, position) => layerOf(file, frame, row, position, filters))
    shapeless += layers.filter(({ known }) => !known).length
    const rank = rankDepths(layers.map(({ layer }) => layer.depth))
    const convolutions = layers.map(({ layer, conv_depth, conv_depth_norm }): Convolution => {
      if (conv_depth === undefined) return { ...layer, ...rank(layer.depth) }
      return { ...layer, conv_depth, conv_depth_norm: conv_depth_norm ?? null }
    })
    const first = rows[0]!
    const [producer, opset] = [cellOf(frame, 'producer', first), finiteNumber(cellOf(frame, 'op_set', first))]
    return {
      name: modelOf(frame, first).name,
      format: 'dataset.h5',
      producer: typeof producer === 'string' ? producer : null,
      opset: opset ?? null,
      depth_source: 'graph',
      convolutions: convolutions.sort((a, b) => a.depth - b.depth),
      skipped: [],
      tensors: rows.length,
      meta: metaOf(frame, rows),
      parts: [],
    }
  })
  if (shapeless > 0)
    warnings.push(`${file}: ${shapeless} layers do not tell how their filters make channels, so their orthogonality is undefined`)
  return { models, warnings }
}

interface Row {
  readonly layer: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>
  readonly conv_depth: number | undefined
  readonly conv_depth_norm: number | undefined
  /** False when the channels are not known. */
  readonly known: boolean
}

function layerOf(file: string, frame: Frame, row: number, position: number, filters: Filters): Row {
  const range = filterRange(frame, row)
  if (!range) throw new InputError(file, `row ${row} of its table names no consecutive filters (filter_ids "first:last")`)
  const [first, last] = range
  const count = last - first + 1
  if (!(Number.isSafeInteger(first) && first >= 0 && count >= 1 && last < filters.count))
    throw new InputError(
      file,
      `row ${row} of its table names filters ${first} to ${last}, but the file holds ${filters.count}; get it again`,
    )
  const conv_depth = finiteNumber(cellOf(frame, 'conv_depth', row))
  const layer_id = finiteNumber(cellOf(frame, 'layer_id', row))
  const channels = channelsOf(
    count,
    finiteNumber(cellOf(frame, 'out_channels', row)),
    finiteNumber(cellOf(frame, 'in_channels', row)),
  )
  const [out, inPerGroup, groups] = channels ?? [1, count, 1]
  const shape: ConvShape = [out, inPerGroup, filters.height, filters.width]
  return {
    layer: {
      layer: layerName(range),
      shape,
      groups,
      depth: finiteNumber(cellOf(frame, 'layer_depth', row)) ?? conv_depth ?? position,
      ...(layer_id !== undefined && { layer_id }),
      weights: { ...filters.weights, offset: first * filters.bytesPerFilter },
    },
    conv_depth,
    conv_depth_norm: finiteNumber(cellOf(frame, 'conv_depth_norm', row)),
    known: channels !== undefined,
  }
}

/** Output channels, inputs per group and groups that make `count` filters; undefined when the two numbers do not. */
function channelsOf(count: number, out: number | undefined, inputs: number | undefined): [number, number, number] | undefined {
  if (out === undefined || !Number.isSafeInteger(out) || out < 1 || count % out !== 0) return undefined
  const inPerGroup = count / out
  return [out, inPerGroup, inputs !== undefined && inputs > inPerGroup && inputs % inPerGroup === 0 ? inputs / inPerGroup : 1]
}

/** Columns that are the same in all rows of a model. NaN and None are null. */
function metaOf(frame: Frame, rows: readonly number[]): Record<string, MetaValue> {
  const meta = new Map<string, MetaValue>()
  for (const column of frame.columns) {
    if (LAYER_COLUMNS.has(column) || column === 'model') continue
    const cells = frame.cells.get(column)!
    const value = metaValue(cells[rows[0]!])
    if (value !== undefined && rows.every((row) => metaValue(cells[row]) === value)) meta.set(column, value)
  }
  return Object.fromEntries(meta)
}

function metaValue(cell: PyValue | undefined): MetaValue | undefined {
  if (cell === null || typeof cell === 'string' || typeof cell === 'boolean') return cell
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null
  return undefined
}
