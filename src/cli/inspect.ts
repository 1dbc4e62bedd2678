import { depthNote } from '../database/depth-words.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { InputDriver } from '../measure/input-driver.ts'
import { LEAST_TAPS, MOST_TAPS } from '../measure/select.ts'
import type { Convolution, Source, SourceModel } from '../sources/source.ts'
import { count, fixed, percent, plural } from '../words.ts'
import { pc } from './colour.ts'
import type { Command } from './command.ts'
import { statisticsOfModel, statisticsView, type TensorEntry } from './inspect-statistics.ts'
import { complain, print, warn } from './talk.ts'
import { printable, terminalTable, wrapped } from './terminal.ts'

/** One line of the census. */
interface CensusEntry {
  readonly model: string
  readonly name: string
  readonly node: string | null
  readonly kind: string
  readonly shape: readonly number[]
  readonly dtype: string | null
  readonly groups: number | null
  readonly depth: number | null
  readonly conv_depth: number | null
  readonly conv_depth_norm: number | null
  /** Null for a convolution that can be measured. */
  readonly skipped_because: string | null
}

export const inspectCommand: Command = {
  options: (parser) =>
    parser
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'model files, folders or globs' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .option('operators', {
        type: 'boolean',
        default: false,
        describe: 'how often each operator stands in the graph (ONNX), and filters by kernel size',
      })
      .option('statistics', {
        type: 'boolean',
        default: false,
        describe: 'read every tensor, biases and matrices too: least, most, mean, deviation, zeros, NaN and infinities',
      })
      .option('tensor', {
        type: 'string',
        requiresArg: true,
        describe: 'the same for tensors whose names fit this pattern: "*.bias"',
      })
      .example('$0 inspect resnet50.onnx', 'what is inside, without measuring')
      .example('$0 inspect net.pth --tensor "*running_var"', 'what some tensors are like'),
  async run(words) {
    const json = words['json'] === true
    const entries: (CensusEntry | OperatorCensus | TensorEntry)[] = []
    const operators = words['operators'] === true
    const pattern = words['tensor'] as string | undefined
    const reads = words['statistics'] === true || pattern !== undefined
    if (reads && operators)
      throw new UsageError('--operators counts a graph, --statistics and --tensor read tensors; give one of them')
    let broken = 0
    let fitting = 0
    /** Formats whose readers find convolutions only. */
    const unlisted = new Set<string>()
    const driver = new InputDriver(await listInputs(words['inputs'] as string[]), {
      choice: 'all',
      hash: false,
      goesOnWithout: (_, inside) => inside,
    })
    try {
      for await (const event of driver.events()) {
        if (event.kind === 'warning') warn(event.text)
        else if (event.kind === 'failed') {
          complain(`${event.file}: ${event.error.problem}`)
          broken++
        } else {
          const { source } = event.input
          for (const { model } of event.input.models) {
            if (operators) {
              const counted = operatorCensus(model)
              if (json) entries.push(counted)
              else print(operatorView(counted))
              continue
            }
            if (reads) {
              const read = await statisticsOfModel(model, pattern)
              fitting += read.length
              if (!model.contents) unlisted.add(source.format)
              if (json) for (const entry of read) entries.push(entry)
              else if (read.length > 0) print(statisticsView(model, read))
              continue
            }
            const found = census(model)
            if (json) for (const entry of found) entries.push(entry)
            else print(`${wrapped(modelLine(source, model), '  ')}\n\n${censusTable(found)}\n${depthLine(model)}`)
          }
          await event.input.close()
        }
      }
    } finally {
      await driver.close()
    }
    const only = `of the tensors of ${[...unlisted].join(', ')} files convolutions alone are listed`
    if (reads && pattern !== undefined && fitting === 0 && broken === 0)
      throw new UsageError(
        `no tensor has a name that fits --tensor ${pattern}; ${unlisted.size > 0 ? only : 'inspect --statistics lists them all'}`,
      )
    if (reads && json && unlisted.size > 0) warn(only)
    if (json) print(JSON.stringify(entries, null, 2))
    return broken > 0 ? 1 : 0
  },
}

/** Operators and filters of a model, counted. */
interface OperatorCensus {
  readonly model: string
  /** By falling number; null where the file has no graph or its reader does not count. */
  readonly operators: Readonly<Record<string, number>> | null
  /** Of all convolutions, by falling number. */
  readonly filters: Readonly<Record<string, number>>
  /** Share of the 3×3 filters among all; null without any. */
  readonly share_3x3: number | null
}

function operatorCensus(model: SourceModel): OperatorCensus {
  const kernels = new Map<string, number>()
  for (const { shape } of model.convolutions) {
    const kernel = `${shape[2]}x${shape[3]}`
    kernels.set(kernel, (kernels.get(kernel) ?? 0) + shape[0] * shape[1])
  }
  const falling = (counts: Iterable<readonly [string, number]>): Record<string, number> =>
    Object.fromEntries([...counts].sort((p, q) => q[1] - p[1]))
  const all = [...kernels.values()].reduce((sum, n) => sum + n, 0)
  return {
    model: model.name,
    operators: model.operators ? falling(Object.entries(model.operators)) : null,
    filters: falling(kernels),
    share_3x3: all > 0 ? (kernels.get('3x3') ?? 0) / all : null,
  }
}

function operatorView({ model, operators, filters, share_3x3 }: OperatorCensus): string {
  const counted = (counts: Readonly<Record<string, number>>, shown: (name: string) => string): string =>
    Object.entries(counts)
      .map(([name, n]) => `${printable(shown(name))} ${count(n)}`)
      .join(', ')
  return `${pc.bold(printable(model))}
  operators  ${operators ? counted(operators, (name) => name) : 'not counted: no graph, or not of ONNX'}
  filters    ${counted(filters, (kernel) => kernel.replace('x', '×')) || 'none'}; 3×3: ${percent(share_3x3)}
`
}

function census(model: SourceModel): CensusEntry[] {
  const kept = model.convolutions.map((conv) => ({ ...convolutionEntry(conv), model: model.name }))
  const skipped = model.skipped.map(({ name, kind, shape, reason }) => ({
    model: model.name,
    name,
    node: null,
    kind,
    shape,
    dtype: null,
    groups: null,
    depth: null,
    conv_depth: null,
    conv_depth_norm: null,
    skipped_because: reason,
  }))
  return [...kept, ...skipped]
}

function convolutionEntry(conv: Convolution): Omit<CensusEntry, 'model'> {
  return {
    name: conv.layer,
    node: conv.node ?? null,
    kind: 'Conv',
    shape: conv.shape,
    dtype: conv.weights.dtype,
    groups: conv.groups,
    depth: conv.depth,
    conv_depth: conv.conv_depth,
    conv_depth_norm: conv.conv_depth_norm,
    skipped_because: null,
  }
}

function depthLine(model: SourceModel): string {
  const depth = model.convolutions.length > 0 ? depthNote([model]) : undefined
  return depth === undefined ? '' : `\n${wrapped(pc.dim(depth))}\n`
}

const weightsOfFilter = ([, , height, width]: readonly [number, number, number, number]): number => height * width

function modelLine(source: Source, model: SourceModel): string {
  const parts = [source.format, model.producer, model.opset === null ? null : `opset ${model.opset}`].filter(
    (part) => part !== null && part !== '',
  )
  const threes = model.convolutions.filter(({ shape }) => shape[2] === 3 && shape[3] === 3)
  const filters = threes.reduce((n, { shape }) => n + shape[0] * shape[1], 0)
  const ones = model.convolutions.filter(({ shape }) => weightsOfFilter(shape) < LEAST_TAPS).length
  const large = model.convolutions.filter(({ shape }) => weightsOfFilter(shape) > MOST_TAPS).length
  const others = model.convolutions.length - threes.length - ones - large
  const kinds = [
    `${plural(model.convolutions.length, 'convolution')}, ${count(threes.length)} of them 3×3 (${plural(filters, 'filter')})`,
    ...(others > 0 ? [`${count(others)} of another size, measured with --kernel all`] : []),
    ...(ones > 0 ? [`${count(ones)} of 1×1, which have no pattern to measure`] : []),
    ...(large > 0 ? [`${count(large)} of more than ${MOST_TAPS} weights a filter, which are not measured`] : []),
    ...(model.skipped.length > 0 ? [`${plural(model.skipped.length, 'tensor')} that cannot be measured`] : []),
  ]
  return `${pc.bold(printable(model.name))}   ${printable(parts.join(', '))}: ${kinds.join('; ')}`
}

function censusTable(entries: readonly CensusEntry[]): string {
  return terminalTable(
    [
      { title: 'tensor', isName: true },
      { title: 'shape', align: 'right' },
      { title: 'type', drop: 2 },
      { title: 'groups', align: 'right', drop: 1 },
      { title: 'depth', align: 'right', drop: 1 },
      { title: 'conv depth', align: 'right', drop: 3 },
      { title: 'remark', wraps: true },
    ],
    entries.map((entry) => [
      printable(entry.name),
      entry.shape.join('×'),
      entry.dtype ?? '',
      entry.groups === null ? '' : String(entry.groups),
      entry.depth === null ? '' : String(entry.depth),
      entry.conv_depth === null ? '' : `${entry.conv_depth} (${fixed(entry.conv_depth_norm, 2)})`,
      entry.skipped_because === null ? '' : pc.dim(`${entry.kind} left out: ${printable(entry.skipped_because)}`),
    ]),
  )
}
