import type { Argv } from 'yargs'
import { nearestName } from '../analysis/match-name.ts'
import { type DrawingName, drawingKinds } from '../drawings/kinds.ts'
import type { DrawingTask } from '../drawings/task.ts'
import { UsageError } from '../errors.ts'
import type { Figure } from '../figures/figure.ts'
import { type FoundInput, listInputs } from '../inputs/node-inputs.ts'
import type { Profile } from '../measure/profile.ts'
import { firstFew, list } from '../words.ts'
import { activationChoice, activationOf, activationOptions } from './activation.ts'
import type { Command, Words } from './command.ts'
import { figureEnding, figureFormat, figureLookOptions } from './figure-output.ts'
import { measuringOptions, measuringOptionsOf, numberOption, wholeNumbers } from './measuring-options.ts'
import { type OutputFile, placeOutput, requireNoInput, writeOutput } from './output-file.ts'
import { isResultsPlace, withResults } from './results-place.ts'
import { withInterrupt } from './run-control.ts'
import { print } from './talk.ts'
import { wrapped } from './terminal.ts'

/** Every figure of models. */
const kinds: readonly string[] = [...Object.keys(drawingKinds), 'activations']

export const figureCommand: Command = {
  options: (parser) =>
    figureOptions(parser)
      .positional('kind', {
        type: 'string',
        demandOption: true,
        describe: `${list([...kinds], 'or')}; of results: a figure of its report, by name`,
      })
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'models, or a folder of results' })
      .example('$0 figure grid net.onnx --layer -1 -o last.pdf', 'filters of the last layer')
      .example('$0 figure rgb resnet50.pth -o stem.svg', 'the 7×7 stem in colour')
      .example('$0 figure bases a.onnx b.onnx -o bases.png --width 1200px', '')
      .example('$0 figure density net.onnx --components 1,3', '')
      .example('$0 figure activations normal.onnx robust.onnx --image a.png --changed b.png --channel 0,3,7', '')
      .example('$0 figure shift-by-depth results --width 84mm -o shift.pdf', 'a figure of the report'),
  async run(words) {
    const kind = words['kind'] as string
    const output = (words['output'] as string | undefined) ?? `${kind}.svg`
    const format = await figureFormat(words, figureEnding(output))
    const place = await placeOutput(output, '-o')
    const images = [words['image'], words['changed']].filter((path) => path !== undefined)
    await requireNoInput([place], [...(words['inputs'] as string[]), ...(images as string[])])
    const figure = await withInterrupt(
      () => 'nothing was written',
      (signal) => figureOf(kind, words, { signal, place }),
    )
    const { figureBytes } = await import('../report/figure-files.ts')
    const bytes = await figureBytes(figure, format)
    await writeOutput(place, bytes)
    print(`${output}\n${wrapped(figure.caption)}`)
    return 0
  },
}

function figureOptions(parser: Argv): Argv {
  const group = 'What is drawn:'
  return figureLookOptions(activationOptions(measuringOptions(parser)))
    .default('kernel', undefined)
    .option('output', {
      alias: 'o',
      type: 'string',
      describe: 'the figure: a name that ends in .svg, .png or .pdf (default: <kind>.svg)',
      group: 'Figures:',
    })
    .option('model', { type: 'string', describe: 'of inputs that hold several models: those with this in their name', group })
    .option('layer', {
      type: 'string',
      describe: 'a layer: its name, a part that no other holds, or its number from 0 (-1: the last)',
      group,
    })
    .option('channel', { type: 'string', describe: 'output channels, from 0, separated by commas', group })
    .option('first', { describe: 'at most so many filters', group })
    .option('components', { type: 'string', describe: 'density: two components, from 1 (default: 1,2)', group })
}

/** The models that paths stand for, none of which the figure is to be written over. @throws InputError, UsageError */
async function modelsFor(place: OutputFile, paths: readonly string[]): Promise<FoundInput[]> {
  const found = await listInputs(paths)
  await requireNoInput(
    [place],
    found.map(({ location }) => location),
  )
  return found
}

async function figureOf(
  kind: string,
  words: Words,
  { signal, place }: { readonly signal: AbortSignal; readonly place: OutputFile },
): Promise<Figure> {
  const paths = words['inputs'] as string[]
  await requireKnown(kind, paths)
  requireTaken(kind, words)
  if (kind === 'activations') return activations(words, await modelsFor(place, paths))
  if (!Object.hasOwn(drawingKinds, kind)) return ofReport(kind, paths)
  const { kernel, profile, threshold, workers } = measuringOptionsOf({ ...words, kernel: words['kernel'] ?? '3x3' })
  return drawingKinds[kind as DrawingName].draw({
    inputs: await modelsFor(place, paths),
    model: words['model'] as string | undefined,
    layer: words['layer'] as string | undefined,
    kernel: words['kernel'] === undefined ? undefined : kernel,
    profile: profile as Profile,
    threshold,
    channels: wholeNumbers(words, 'channel', 0),
    first: numberOption(words, 'first', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0),
    components: pairOf(wholeNumbers(words, 'components', 1)),
    workers,
    signal,
  } satisfies DrawingTask)
}

/** The options that choose what a figure shows, by what a drawing calls them. */
const choices = { layer: 'layer', channels: 'channel', first: 'first', components: 'components' } as const
const ofImages = ['image', 'changed', 'normalise', 'mean', 'std'] as const

/** @throws UsageError for what is no figure of models, where no results are given that may have one of that name */
async function requireKnown(kind: string, paths: readonly string[]): Promise<void> {
  const [first = ''] = paths
  if (kinds.includes(kind) || (await isResultsPlace(first))) return
  if (kinds.includes(first)) throw new UsageError(`figure ${kind}: what is drawn comes first: filterlens figure ${first} ${kind}`)
  const near = nearestName(kind, kinds)
  if (near !== undefined) throw new UsageError(`figure ${kind}: there is no such figure; did you mean ${near}?`)
}

/** @throws UsageError for an option that says nothing about a kind */
function requireTaken(kind: string, words: Words): void {
  const taken: readonly string[] = Object.hasOwn(drawingKinds, kind)
    ? ['model', ...drawingKinds[kind as DrawingName].takes.map((option) => choices[option])]
    : kind === 'activations'
      ? ['channel', ...ofImages]
      : []
  const idle = ['model', ...Object.values(choices), ...ofImages].find(
    (name) => words[name] !== undefined && !taken.includes(name),
  )
  if (idle !== undefined) throw new UsageError(`--${idle} says nothing about figure ${kind}; leave it out`)
  if (kind === 'grid' && words['channel'] !== undefined && words['layer'] === undefined)
    throw new UsageError('--channel is of one layer: name it with --layer')
}

function pairOf(numbers: number[] | undefined): [number, number] | undefined {
  if (!numbers) return undefined
  if (numbers.length !== 2) throw new UsageError(`--components ${numbers.join(',')}: give two of them, such as 1,2`)
  return numbers as [number, number]
}

/** The first convolutions of one or more models on an image and on a changed copy. @throws UsageError, InputError */
async function activations(words: Words, models: readonly FoundInput[]): Promise<Figure> {
  const choice = activationChoice(words)
  if (!choice) throw new UsageError('figure activations needs --image and --changed')
  const stages = []
  for (const input of models) stages.push(await activationOf(input, choice))
  const channels = wholeNumbers(words, 'channel', 0)
  const { requireChannels } = await import('../drawings/filters.ts')
  for (const { layer, activation } of stages) requireChannels(channels ?? [], activation.channels, layer)
  const { activationFigure } = await import('../figures/activation-figure.ts')
  return activationFigure(stages, channels)
}

/** A figure of the report of results. @throws UsageError when there is none of that name */
async function ofReport(kind: string, [results, ...more]: readonly string[]): Promise<Figure> {
  if (more.length > 0)
    throw new UsageError(`figure ${kind}: there is ${list(kinds)}; a figure of a report takes one folder of results`)
  const { reportFigures } = await import('../report/report-figures.ts')
  const { withReportInput } = await import('../results/report-input.ts')
  const figures = await withResults(results!, (folder) => withReportInput(folder, results!, reportFigures))
  const found = figures.find(({ figure }) => figure.id === kind)
  if (!found)
    throw new UsageError(
      `figure ${kind}: there is ${list(kinds)}; the report of ${results} has ${firstFew(
        figures.map(({ figure }) => figure.id),
        20,
      )}`,
    )
  return found.figure
}
