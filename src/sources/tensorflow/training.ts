import type { Training } from '../source.ts'
import { trainingNames, trainingOf } from '../training-of.ts'
import type { Bundle } from './bundle.ts'

/** How far a training was: global_step, a step or the iterations of the optimiser, else how often it was saved. @throws InputError */
export async function bundleTraining(bundle: Bundle): Promise<Training | undefined> {
  const values = new Map<string, number | null>()
  for (const { key, shape } of bundle.tensors) {
    const path = key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, '')
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/^_/, '')
    if (!trainingNames.has(name) || values.has(name) || shape.some((size) => size !== 1)) continue
    values.set(name, await bundle.number(key))
  }
  return trainingOf((name) => values.get(name))
}
