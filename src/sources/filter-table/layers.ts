import { InputError } from '../../errors.ts'
import { concatAccess, type RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import { modelName } from '../model-name.ts'
import type { SourceModel } from '../source.ts'
import { placeInFileOrder } from '../tensor-rules.ts'

/** Columns that tell to which layer a filter belongs. */
const LABELS = ['model', 'layer', 'in_channels', 'out_channels'] as const
export type Label = (typeof LABELS)[number]

/** Neighbouring rows with the same labels. */
export interface LabelledRows {
  readonly rows: number
  readonly labels: Readonly<Partial<Record<Label, string>>>
}

/** A table with a column of filters, one filter a row. */
export interface FilterTable {
  readonly file: string
  readonly path: string
  /** "Arrow" or "Parquet". */
  readonly format: string
  readonly producer: string | null
  /** Rows of a kernel: 3 for nine values. */
  readonly side: number
  readonly dtype: StoredType
  readonly runs: readonly LabelledRows[]
  /** The bytes of rows [start, start + count), one piece behind the other. */
  pieces(start: number, count: number): RandomAccess[]
}

/** How many pieces a table's layers may be cut into before it must be sorted. */
const MOST_PIECES = 500_000

/** Names under which a label's column goes. */
export function labelOf(column: string): Label | undefined {
  const plain = column.toLowerCase().replace(/[\s-]/g, '_')
  if (/^(model|model_name|network)$/.test(plain)) return 'model'
  if (/^(layer|layer_name|conv|conv_name)$/.test(plain)) return 'layer'
  if (/^(in_channels|out_channels)$/.test(plain)) return plain as Label
  return undefined
}

/** The name that says most among the columns that could hold filters. */
export function bestColumn<T extends { readonly name: string }>(columns: readonly T[]): T | undefined {
  const rank = ({ name }: T): number => {
    const place = ['weights', 'weight', 'filters', 'filter', 'kernels', 'kernel'].indexOf(name.toLowerCase())
    return place < 0 ? 6 : place
  }
  return [...columns].sort((a, b) => rank(a) - rank(b))[0]
}

/** The side of a kernel with so many values: 3 for 9, 5 for 25; undefined when it is no odd square up to 11 × 11. */
export function sideOf(values: number): number | undefined {
  return [3, 5, 7, 9, 11].find((side) => side * side === values)
}

/** Joins the runs of single columns into runs in which no column changes. */
export function joinRuns(
  rows: number,
  columns: readonly { readonly label: Label; readonly runs: readonly (readonly [rows: number, value: string])[] }[],
): LabelledRows[] {
  const out: LabelledRows[] = []
  const at = columns.map(() => ({ run: 0, left: 0 }))
  for (const [k, { runs }] of columns.entries()) at[k]!.left = runs[0]?.[0] ?? 0
  for (let row = 0; row < rows; ) {
    const step = at.reduce((least, { left }) => Math.min(least, left), rows - row)
    if (step <= 0) throw new RangeError('a label column is shorter than the filters')
    const labels: Partial<Record<Label, string>> = {}
    for (const [k, { label, runs }] of columns.entries()) {
      const place = at[k]!
      labels[label] = runs[place.run]![1]
      place.left -= step
      if (place.left === 0) place.left = runs[++place.run]?.[0] ?? 0
    }
    const last = out.at(-1)
    if (last && LABELS.every((label) => last.labels[label] === labels[label]))
      out[out.length - 1] = { ...last, rows: last.rows + step }
    else out.push({ rows: step, labels })
    row += step
  }
  return out
}

/** Splits rows [start, start + count) at the ends of blocks, which `ends` lists; `cut` gets each part with its block's number. */
export function acrossBlocks<T>(
  ends: readonly number[],
  start: number,
  count: number,
  cut: (block: number, from: number, to: number) => T,
): T[] {
  let low = 0
  for (let high = ends.length - 1; low < high; ) {
    const middle = (low + high) >> 1
    if (ends[middle]! <= start) low = middle + 1
    else high = middle
  }
  const parts: T[] = []
  for (let row = start; row < start + count; low++) {
    const before = low === 0 ? 0 : ends[low - 1]!
    const end = Math.min(start + count, ends[low]!)
    if (end > row) parts.push(cut(low, row - before, end - before))
    row = end
  }
  return parts
}

interface Gathered {
  readonly pieces: [start: number, count: number][]
  rows: number
  readonly labels: LabelledRows['labels']
}

/** Every model of a table: one layer per value of its layer column, in order of first appearance; one in all without such a column. */
export function tableModels(table: FilterTable): SourceModel[] {
  const models = new Map<string, Map<string, Gathered>>()
  let row = 0
  let pieces = 0
  for (const { rows, labels } of table.runs) {
    const model = labels.model ?? modelName(table.path)
    const layer = labels.layer ?? 'filters'
    const layers = models.get(model) ?? new Map<string, Gathered>()
    models.set(model, layers)
    const known = layers.get(layer)
    if (known) {
      known.pieces.push([row, rows])
      known.rows += rows
    } else layers.set(layer, { pieces: [[row, rows]], rows, labels })
    row += rows
    if (++pieces > MOST_PIECES)
      throw new InputError(
        table.file,
        `its layers are cut into more than ${MOST_PIECES} pieces; sort the table by model and layer`,
      )
  }
  return [...models].map(([name, layers]) => ({
    name,
    format: table.format,
    producer: table.producer,
    opset: null,
    depth_source: 'order' as const,
    convolutions: placeInFileOrder(
      [...layers].map(([layer, gathered]) => ({
        layer,
        shape: [...channels(table.file, layer, gathered), table.side, table.side] as const,
        groups: 1,
        weights: {
          access: concatAccess(
            table.file,
            gathered.pieces.flatMap(([start, count]) => table.pieces(start, count)),
          ),
          offset: 0,
          dtype: table.dtype,
        },
      })),
    ),
    skipped: [],
    tensors: layers.size,
    meta: {},
    parts: [],
  }))
}

/** Without channels a layer is one output channel: which filters make one is not known, so its orthogonality is undefined. */
function channels(file: string, layer: string, { rows, labels }: Gathered): [out: number, inPerGroup: number] {
  const given = labels.out_channels ?? labels.in_channels
  if (given === undefined) return [1, rows]
  const out = labels.out_channels === undefined ? rows / Number(labels.in_channels) : Number(labels.out_channels)
  const inside = labels.in_channels === undefined ? rows / out : Number(labels.in_channels)
  if (out * inside !== rows || !Number.isSafeInteger(out) || !Number.isSafeInteger(inside) || out < 1)
    throw new InputError(
      file,
      `layer ${layer} has ${rows} filters, which are not ${labels.out_channels ?? '?'} output × ${labels.in_channels ?? '?'} input channels`,
    )
  return [out, inside]
}
