import type { RandomAccess } from '../../io/random-access.ts'
import { readScalar } from '../scalar.ts'
import type { Training } from '../source.ts'
import { trainingNames, trainingOf } from '../training-of.ts'
import { AGGREGATE, MANIFEST_FILE, METADATA, type OrbaxArray } from './item.ts'
import type { ZarrArray } from './zarr-metadata.ts'

const FILES = new Set([METADATA, MANIFEST_FILE, AGGREGATE])
/** What a checkpoint manager calls the parts of a step. */
const ITEMS = new Set(['default', 'state', 'params', 'train_state', 'model', 'items', 'pytree'])

/** Items of a step that hold what an optimiser keeps, and no weights. */
const OPTIMISER = /^(opt|optim|optimi[sz]er|tx)(_?states?)?$/i

const isItem = (folder: string): boolean => ITEMS.has(folder) || OPTIMISER.test(folder)

/** Whether the part of a step in this folder is an optimiser's. */
export function isOptimiserItem(path: string): boolean {
  return OPTIMISER.test(foldersOf(path).at(-1) ?? '')
}

function foldersOf(path: string): string[] {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
  return FILES.has(parts.at(-1) ?? '') && parts.length > 1 ? parts.slice(0, -1) : parts
}

/** A checkpoint is called as its folder; a part of a step with the step before it. */
export function itemName(path: string): string {
  const parts = foldersOf(path)
  const last = parts.at(-1) ?? 'checkpoint'
  return parts.length > 1 && isItem(last) ? `${parts.at(-2)}/${last}` : last
}

/**
 * How far a training was: a number in the tree that is called so, else the number of the step's folder ("1000/default", "checkpoint_1000").
 * @param file the checkpoint's file as a person named it, which may tell more folders than `path`
 * @throws InputError when the number cannot be read
 */
export async function itemTraining(
  path: string,
  file: string,
  arrays: readonly OrbaxArray[],
  openArray: (key: string, zarr: ZarrArray) => Promise<RandomAccess>,
): Promise<Training | undefined> {
  const values = new Map<string, number | null>()
  for (const { name, shape, dtype, stored } of arrays) {
    const last = name.slice(name.lastIndexOf('/') + 1)
    if (!stored || !trainingNames.has(last) || values.has(last) || shape.some((size) => size !== 1)) continue
    values.set(last, await readScalar(await openArray(stored.key, stored.zarr), 0, dtype))
  }
  const said = trainingOf((name) => values.get(name))
  if (said) return said
  for (const whole of [path, file]) {
    const parts = foldersOf(whole)
    const folder = isItem(parts.at(-1) ?? '') ? parts.at(-2) : parts.at(-1)
    const [, step] = /^(?:\w{0,40}[_-])?(\d{1,15})$/.exec(folder ?? '') ?? []
    if (step !== undefined) return { epoch: null, step: Number(step) }
  }
  return undefined
}
