import { resolve } from 'node:path'
import type { FirstStage } from '../activation/first-stage.ts'
import { spokenName } from '../database/spoken-name.ts'
import { requireChannels } from '../drawings/filters.ts'
import { UsageError } from '../errors.ts'
import { activationFigure } from '../figures/activation-figure.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { figureBytes } from '../report/figure-files.ts'
import { activationChoice, activationOf, activationOptions } from './activation.ts'
import type { Command, Words } from './command.ts'
import { figureEnding, figureFormat, figureLookOptions } from './figure-output.ts'
import { wholeNumbers } from './measuring-options.ts'
import { placeOutput, requireNoInput, writeOutput } from './output-file.ts'
import { print, say } from './talk.ts'
import { wrapped } from './terminal.ts'

/** Where the figure goes when nothing is said. */
const DEFAULT_OUTPUT = 'activation.svg'

export const activateCommand: Command = {
  options: (parser) =>
    figureLookOptions(activationOptions(parser))
      .positional('model', { type: 'string', demandOption: true, describe: 'model file' })
      .demandOption(['image', 'changed'])
      .option('output', { alias: 'o', type: 'string', describe: 'the figure: .svg, .png or .pdf (default: activation.svg)' })
      .option('channel', {
        type: 'string',
        describe: 'output channels to draw, from 0, separated by commas (default: those that change most)',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print how much the activations change' })
      .example(
        '$0 activate data/preact_w24_cifar10_normal.onnx --image data/automobile-clean.png --changed data/automobile-perturbed.png',
        '',
      ),
  async run(words) {
    const output = (words['output'] as string | undefined) ?? DEFAULT_OUTPUT
    const format = await figureFormat(words, figureEnding(output))
    const place = await placeOutput(output, '-o')
    await requireNoInput(
      [place],
      ['model', 'image', 'changed'].map((name) => words[name] as string),
    )
    const stage = await stageOf(words)
    const channels = wholeNumbers(words, 'channel', 0)
    requireChannels(channels ?? [], stage.activation.channels, spokenName(stage))
    const figure = activationFigure(stage, channels)
    const bytes = await figureBytes(figure, format)
    await writeOutput(place, bytes)
    if (words['json'] === true) print(JSON.stringify({ output, ...changeOf(stage) }, null, 2))
    else print(`${output}\n${wrapped(figure.caption)}`)
    if (words['output'] === undefined) say(`written to ${resolve(output)}; -o chooses another place`)
    return 0
  },
}

async function stageOf(words: Words): Promise<FirstStage> {
  const path = words['model'] as string
  const [found, ...others] = await listInputs([path])
  if (!found || others.length > 0) throw new UsageError(`${path}: give one model file`)
  return activationOf(found, activationChoice(words)!)
}

/** Mean and largest absolute activation, and of its change. */
function changeOf({ model, layer, activation, difference }: FirstStage): Record<string, string | number> {
  const mean = (values: Float32Array): number => values.reduce((sum, v) => sum + Math.abs(v), 0) / Math.max(1, values.length)
  const most = (values: Float32Array): number => values.reduce((top, v) => Math.max(top, Math.abs(v)), 0)
  return {
    model,
    layer,
    mean_activation: mean(activation.values),
    mean_absolute_change: mean(difference.values),
    largest_activation: most(activation.values),
    largest_absolute_change: most(difference.values),
  }
}
