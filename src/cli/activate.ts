import { basename, dirname } from 'node:path'
import { type FirstStage, type Normalisation, normalisations, runFirstStage } from '../activation/first-stage.ts'
import { readImage } from '../activation/image.ts'
import { InputError, UsageError } from '../errors.ts'
import { activationFigure } from '../figures/activation-figure.ts'
import { standalone } from '../figures/figure.ts'
import { figureToPng } from '../figures/png.ts'
import { openFile } from '../io/node.ts'
import { readResvgWasm } from '../io/node-resvg.ts'
import { writeFile } from '../io/sink.ts'
import { openSource } from '../sources/open.ts'
import { type Kernel, openKernel } from '../wasm.ts'
import type { Command, Words } from './command.ts'
import { listInputs, openOutput } from './run-control.ts'
import { print } from './talk.ts'

export const activateCommand: Command = {
  options: (parser) =>
    parser
      .positional('model', { type: 'string', demandOption: true, describe: 'model file' })
      .option('image', { type: 'string', demandOption: true, describe: 'PNG, JPEG or .npy' })
      .option('changed', { type: 'string', demandOption: true, describe: 'the same image, changed: an adversarial example' })
      .option('normalise', {
        choices: ['none', 'cifar10', 'imagenet'] as const,
        describe: 'mean and standard deviation that are taken off first (default: cifar10)',
      })
      .option('mean', { type: 'string', describe: 'means of the channels (pixels from 0 to 1), separated by commas' })
      .option('std', { type: 'string', describe: 'standard deviations of the channels' })
      .option('output', { alias: 'o', type: 'string', default: 'activation.svg', describe: 'the figure: .svg or .png' })
      .option('json', { type: 'boolean', default: false, describe: 'print how much the activations change' })
      .example(
        '$0 activate data/preact_w24_cifar10_normal.onnx --image data/automobile-clean.png --changed data/automobile-perturbed.png',
        '',
      ),
  async run(words) {
    const output = words['output'] as string
    if (!/\.(svg|png)$/i.test(output)) throw new UsageError(`-o ${output}: give a name that ends in .svg or .png`)
    const normalisation = normalisationOf(words)
    const kernel = await openKernel()
    const stage = await firstStage(kernel, words, normalisation)
    const figure = activationFigure(stage)
    const bytes = /\.png$/i.test(output) ? await figureToPng(figure, readResvgWasm) : new TextEncoder().encode(standalone(figure))
    const { folder } = await openOutput(dirname(output))
    await writeFile(folder, basename(output), bytes)
    if (words['json'] === true) print(JSON.stringify({ output, ...changeOf(stage) }, null, 2))
    else print(`${output}\n${figure.caption}`)
    return 0
  },
}

async function firstStage(kernel: Kernel, words: Words, normalisation: Normalisation): Promise<FirstStage> {
  const path = words['model'] as string
  const [found, ...others] = await listInputs([path])
  if (!found || others.length > 0) throw new UsageError(`${path}: give one model file`)
  const image = await imageOf(kernel, words['image'] as string)
  const changed = await imageOf(kernel, words['changed'] as string)
  const source = await openSource(await found.open())
  try {
    const [model] = source.models
    if (!model) throw new InputError(path, 'holds no model')
    return await runFirstStage(kernel, model, image, changed, { normalisation })
  } finally {
    await source.close()
  }
}

async function imageOf(kernel: Kernel, path: string): ReturnType<typeof readImage> {
  const access = await openFile(path)
  try {
    return await readImage(kernel, path, await access.read(0, access.byteLength))
  } finally {
    await access.close?.()
  }
}

function normalisationOf(words: Words): Normalisation {
  const named = words['normalise'] as keyof typeof normalisations | undefined
  const { mean, std } = words
  if (mean === undefined && std === undefined) return normalisations[named ?? 'cifar10']
  if (named !== undefined) throw new UsageError('give --normalise, or --mean and --std, not both')
  if (mean === undefined || std === undefined) throw new UsageError('--mean and --std belong together; give both')
  return { mean: numbersOf('mean', String(mean)), std: numbersOf('std', String(std)) }
}

function numbersOf(name: string, text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!values.every(Number.isFinite)) throw new UsageError(`--${name} ${text}: give numbers separated by commas, one a channel`)
  return values
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
