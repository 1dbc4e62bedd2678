import { convKernel } from '../hwio.ts'
import type { HwioTensor, KernelRole } from '../hwio-census.ts'
import { type HwioNetworks, hwioNetworks } from '../hwio-networks.ts'
import { inCell, recurrentPart } from '../keras/topology.ts'
import type { Skipped } from '../source.ts'
import { orderByNames } from '../state-dict/order.ts'
import type { BundleTensor } from './bundle.ts'
import { pathOf } from './checkpoint-names.ts'
import type { NamedBundle } from './graph-model.ts'

/**
 * The networks of a checkpoint without a graph, by names and shapes: kernels are (rows, columns, in, out), and what an optimiser keeps
 * beside them is left out. Where several objects of the program had kernels, names begin with theirs. @throws InputError
 */
export async function checkpointNetworks(
  { bundle, names }: NamedBundle,
  about: Parameters<typeof hwioNetworks>[1],
): Promise<HwioNetworks> {
  const skipped: Skipped[] = []
  const tensors: (HwioTensor & { readonly path: string })[] = []
  const biases = new Map<string, number>()
  const seen = new Map<string, BundleTensor>()
  const kernels = bundle.tensors.filter(({ key, shape }) => shape.length === 4 && !names.isSlot(key))
  const owners = names.ownersOf(kernels.map(({ key }) => key))
  for (const tensor of inOrder(bundle.tensors, names.objects.length > 0)) {
    const owner = owners?.get(tensor.key)
    let name = (owner === undefined ? '' : `${owner}/`) + names.nameOf(tensor.key)
    if (names.isSlot(tensor.key)) {
      if (tensor.shape.length >= 3) skipped.push({ name, kind: 'Variable', shape: tensor.shape, reason: 'optimiser state' })
      continue
    }
    const path = pathOf(tensor.key)
    if (tensor.shape.length === 1) for (const each of [path, name]) if (!biases.has(each)) biases.set(each, tensor.shape[0]!)
    const known = seen.get(name)
    if (known && isSame(known, tensor)) {
      if (tensor.shape.length >= 3)
        skipped.push({ name: tensor.key, kind: 'Variable', shape: tensor.shape, reason: `saved once more as ${known.key}` })
      continue
    }
    // Keras 3 gives layers that a subclass makes, and does not name, variables of one name.
    if (known) name = tensor.key
    seen.set(name, tensor)
    const stored = tensor.shape.length === 4 ? await bundle.stored(tensor) : { unsupported: tensor.type }
    tensors.push({ name, path, shape: tensor.shape, stored })
  }
  const { models, warnings } = await hwioNetworks(
    tensors.map(({ path, ...tensor }) => ({ ...tensor, role: roleOf(tensor, path, biases) })),
    about,
  )
  const [first, ...others] = models
  return {
    models: [{ ...first!, skipped: [...first!.skipped, ...skipped], tensors: bundle.tensors.length }, ...others],
    warnings,
  }
}

/** Of the same shape and, by the CRC of their bytes, the same values. */
function isSame(a: BundleTensor, b: BundleTensor): boolean {
  return a.shape.join() === b.shape.join() && a.type === b.type && a.crc === b.crc
}

/** Objects are numbered as their program lists them (layer_with_weights-2); other names are read as every state dict's are. */
function inOrder(tensors: readonly BundleTensor[], areObjects: boolean): readonly BundleTensor[] {
  if (areObjects) return [...tensors].sort((a, b) => natural(a.key, b.key))
  const named = tensors.map(({ key, shape }) => ({ name: key, shape: shape.length === 4 ? convKernel(shape).shape : shape }))
  return orderByNames(named).map((k) => tensors[k]!)
}

/** What a kernel's name and its bias tell: a depthwise kernel (rows, columns, C, M) has C·M biases. */
function roleOf({ name, shape }: HwioTensor, path: string, biases: ReadonlyMap<string, number>): KernelRole | undefined {
  const cell = shape.length > 2 ? recurrentPart(name) : undefined
  if (cell !== undefined) return inCell(cell)
  if (shape.length !== 4) return undefined
  const [, , channels, last] = shape as [number, number, number, number]
  if (/(^|[/._])depthwise_?(kernel|weights?|filter)?$/i.test(name)) return { use: 'depthwise' }
  const [around, stem] = [path, name].map((text) => text.slice(0, Math.max(text.lastIndexOf('/'), text.lastIndexOf('.')) + 1))
  // Its own layer's, by the path of attributes: layers may share a name.
  const bias = [`${around}bias`, `${stem}bias`, `${stem}biases`]
    .map((each) => biases.get(each))
    .find((count) => count !== undefined)
  const isNamed = /depthwise|(^|[/_])dw(_?conv\w*)?([/_\d]|$)/i.test(stem ?? '')
  if (channels > 1 && last < channels && (bias === channels * last || (bias === undefined && last === 1 && isNamed)))
    return { use: 'depthwise' }
  return undefined
}

/** Numbers inside names count as numbers: layer2 comes before layer10. */
function natural(a: string, b: string): number {
  const one = a.split(/(\d+)/)
  const other = b.split(/(\d+)/)
  for (let k = 0; k < Math.min(one.length, other.length); k++) {
    const [x, y] = [one[k]!, other[k]!]
    if (x === y) continue
    const difference = k % 2 === 1 ? Number(x) - Number(y) : 0
    return difference !== 0 ? difference : x < y ? -1 : 1
  }
  return one.length - other.length
}
