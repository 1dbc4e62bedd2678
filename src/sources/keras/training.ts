import type { Hdf5File, Hdf5Group } from '../../hdf5/file.ts'
import type { Training } from '../source.ts'
import { trainingOf } from '../training-of.ts'
import { groupAt, textList } from './variables.ts'

/** Where Keras 3 keeps the iterations of its optimizer. */
const ITERATIONS = '/optimizer/vars/0'

/** How far a training was: attributes of the file, else the iterations of the optimizer that was saved with the model. */
export async function kerasTraining(file: Hdf5File, root: Hdf5Group): Promise<Training | undefined> {
  const said = trainingOf((name) => root.attributes[name])
  if (said) return said
  for (const path of await iterationsIn(file, root)) {
    const found = await file.describe(path)
    if (found?.kind !== 'dataset' || found.shape.some((size) => size !== 1)) continue
    if (found.type.kind !== 'int' && found.type.kind !== 'uint') continue
    const value = await file.value(path)
    const training = trainingOf((name) => (name === 'iterations' ? value : undefined))
    if (training) return training
  }
  return undefined
}

async function iterationsIn(file: Hdf5File, root: Hdf5Group): Promise<string[]> {
  if (root.keys.includes('optimizer')) return [ITERATIONS]
  const group = root.keys.includes('optimizer_weights') ? await groupAt(file, '/optimizer_weights') : undefined
  const names = (group && textList(group, 'weight_names')) ?? []
  return names.filter((name) => /(^|[/_])iter(ations?)?(:\d+)?$/.test(name)).map((name) => `/optimizer_weights/${name}`)
}
