import type { Hdf5File, Hdf5Group } from '../../hdf5/file.ts'
import type { HwioTensor, KernelRole } from '../hwio-census.ts'
import { singleLayers, variableRoles } from './topology.ts'
import { groupAt, tensorOf, textList } from './variables.ts'

// Keras 1 and 2, and Keras 3 when asked for .h5: a group per layer in the order of layer_names, and in each the variables
// that its weight_names list, by paths of their own.
//
//   /model_weights                  layer_names = [conv1, …]       (the root itself in a file of weights only)
//   /model_weights/conv1            weight_names = [conv1/kernel:0, conv1/bias:0]
//   /model_weights/conv1/conv1/kernel:0

const MISSING = 'nothing: the file names it and does not hold it, or links to where nothing is'
const missing: KernelRole = { use: 'none', kind: 'variable', reason: `stored as ${MISSING}` }

/**
 * The tensors of a weights file with names, in the model's order. `isCertain` is false where a layer that is neither a model nor a wrapper
 * holds kernels of several modules: nothing says in which order these run.
 */
export async function namedTensors(
  file: Hdf5File,
  path: string,
  group: Hdf5Group,
  configuration: unknown,
): Promise<{ tensors: HwioTensor[]; isCertain: boolean }> {
  const single = singleLayers(configuration)
  const modulesOf = new Map<string, Set<string>>()
  const roleOf = variableRoles(configuration)
  const tensors: HwioTensor[] = []
  const layers = [...(textList(group, 'layer_names') ?? []), 'top_level_model_weights']
  for (const layer of layers) {
    const members = group.keys.includes(layer.split('/')[0]!) ? await groupAt(file, `${path}/${layer}`) : undefined
    for (const weight of (members && textList(members, 'weight_names')) ?? []) {
      const at = `${path}/${layer}/${weight}`
      const dataset = await file.describe(at)
      const name = weight.replace(/:\d+$/, '')
      if (dataset?.kind !== 'dataset') {
        tensors.push({ name, shape: [], stored: { unsupported: MISSING }, role: missing })
        continue
      }
      const role = roleOf(name, dataset.shape.length)
      tensors.push(await tensorOf(file, { path: at, dataset }, { name, role }))
      if (dataset.shape.length !== 4 || role?.use === 'none') continue
      const module = name.split('/').slice(0, -1)
      // Of a class that does not say how it is made, the configuration does not name the layer.
      const isNameless = configuration !== undefined && !single.has(layer)
      const around = isNameless ? layer : [layer, ...module].find((part) => single.get(part))
      if (around === undefined) continue
      const key = `${layer} ${around}`
      modulesOf.set(key, (modulesOf.get(key) ?? new Set()).add(module.join('/')))
    }
  }
  // A layer of a class of its own lists what it holds in the order in which it was made.
  return { tensors, isCertain: [...modulesOf.values()].every(({ size }) => size < 2) }
}
