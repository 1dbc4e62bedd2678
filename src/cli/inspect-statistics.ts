import { fitsPattern } from '../analysis/layer-pattern.ts'
import { otherTensors } from '../measure/other-tensors.ts'
import { convolutionStatistics, type TensorStatistics, tensorStatistics } from '../measure/tensor-statistics.ts'
import type { SourceModel } from '../sources/source.ts'
import { openInstance } from '../wasm/module.ts'
import { count, plural, weight } from '../words.ts'
import { pc } from './colour.ts'
import { printable, terminalTable, wrapped } from './terminal.ts'

/** A tensor of a model, with what its numbers are like. */
export interface TensorEntry {
  readonly model: string
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string | null
  /** Null where its numbers are not read. */
  readonly statistics: TensorStatistics | null
  /** Why they are not. */
  readonly unread_because: string | null
}

/** Statistics of every tensor of a model whose name fits the pattern (all without one), each read in pieces. @throws InputError */
export async function statisticsOfModel(model: SourceModel, pattern: string | undefined): Promise<TensorEntry[]> {
  const wasm = await openInstance()
  const fits = (layer: string): boolean =>
    pattern === undefined || fitsPattern(pattern, { model: model.name, layer, name: layer })
  const entries: TensorEntry[] = []
  for (const convolution of model.convolutions) {
    const { layer, shape, weights } = convolution
    if (!fits(layer)) continue
    const statistics = await convolutionStatistics(wasm, convolution)
    entries.push({ model: model.name, name: layer, shape, dtype: weights.dtype, statistics, unread_because: null })
  }
  for (const { name, shape, skipped, tensor } of await otherTensors(model)) {
    if (!fits(name)) continue
    const found = tensor ? await tensorStatistics(tensor) : (skipped?.reason ?? 'no numbers in the file')
    const isRead = typeof found !== 'string'
    entries.push({
      model: model.name,
      name,
      shape,
      dtype: tensor?.type ?? null,
      statistics: isRead ? found : null,
      unread_because: isRead ? null : found,
    })
  }
  return entries
}

/** The entries of one model as a table. */
export function statisticsView(model: SourceModel, entries: readonly TensorEntry[]): string {
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '' : weight(value))
  const table = terminalTable(
    [
      { title: 'tensor', isName: true },
      { title: 'shape', align: 'right', drop: 4 },
      { title: 'type', drop: 1 },
      { title: 'least', align: 'right' },
      { title: 'most', align: 'right' },
      { title: 'mean', align: 'right' },
      { title: 'deviation', align: 'right', drop: 3 },
      { title: 'zeros', align: 'right', drop: 2 },
      { title: 'remark', wraps: true },
    ],
    entries.map(({ name, shape, dtype, statistics: found, unread_because }) => [
      printable(name),
      shape.join('×') || '1',
      printable(dtype ?? ''),
      number(found?.least),
      number(found?.most),
      number(found?.mean),
      number(found?.deviation),
      found ? count(found.zeros) : '',
      unread_because !== null
        ? pc.dim(printable(unread_because))
        : found && found.non_finite > 0
          ? pc.red(`${plural(found.non_finite, 'number')} NaN or infinite`)
          : '',
    ]),
  )
  const note = model.contents
    ? 'Numbers in the unit of the file: mean and standard deviation of those that are finite; zeros are exact ones.'
    : 'The reader of this format lists convolutions only: biases, matrices and statistics are not. Mean and standard deviation are of the numbers that are finite.'
  return `${pc.bold(printable(model.name))}   ${plural(entries.length, 'tensor')}\n\n${table}\n\n${wrapped(pc.dim(note))}\n`
}
