import type { Argv } from 'yargs'
import { type FirstStage, type Normalisation, normalisations, runFirstStage } from '../activation/first-stage.ts'
import type { readImage } from '../activation/image.ts'
import { InputError, UsageError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import type { LazyInput } from '../io/random-access.ts'
import { requireSameFiles, withNamedFolder } from '../measure/named-folder.ts'
import { openSource } from '../sources/open.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import type { Words } from './command.ts'

/** Two images, and what is taken off them before the first convolution. */
export interface ActivationChoice {
  readonly image: string
  readonly changed: string
  readonly normalisation: Normalisation
}

/** Adds the options to a command. */
export function activationOptions(parser: Argv): Argv {
  const group = 'First convolution on an image:'
  return parser
    .option('image', { type: 'string', describe: 'PNG, JPEG or .npy', group })
    .option('changed', { type: 'string', describe: 'the same image, changed: an adversarial example', group })
    .option('normalise', {
      choices: ['none', 'cifar10', 'imagenet'] as const,
      describe: 'mean and standard deviation that are taken off first (default: cifar10)',
      group,
    })
    .option('mean', { type: 'string', describe: 'means of the channels (pixels from 0 to 1), separated by commas', group })
    .option('std', { type: 'string', describe: 'standard deviations of the channels', group })
}

/** Reads them back; undefined when no image is given. @throws UsageError */
export function activationChoice(words: Words): ActivationChoice | undefined {
  const { image, changed } = words as { image?: string; changed?: string }
  if (image === undefined && changed === undefined) return undefined
  if (image === undefined || changed === undefined) throw new UsageError('--image and --changed belong together; give both')
  return { image, changed, normalisation: normalisationOf(words) }
}

/** Runs the first convolution of an input's first model on both images. @throws InputError, UsageError */
export async function activationOf(input: LazyInput, choice: ActivationChoice): Promise<FirstStage> {
  const wasm = await openInstance()
  const image = await imageOf(wasm, choice.image)
  const changed = await imageOf(wasm, choice.changed)
  const files = withNamedFolder(await input.open())
  const source = await openSource(files)
  try {
    const [model] = source.models
    if (!model) throw new InputError(input.path, 'holds no model')
    const stage = await runFirstStage(wasm, model, image, changed, { normalisation: choice.normalisation })
    requireSameFiles(files)
    return stage
  } finally {
    await source.close()
  }
}

async function imageOf(wasm: WasmInstance, path: string): ReturnType<typeof readImage> {
  const access = await openFile(path)
  try {
    const { readImage } = await import('../activation/image.ts')
    const bytes = await access.read(0, access.byteLength)
    access.watch?.requireSame()
    return await readImage(wasm, path, bytes)
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
