import type { Hdf5File } from '../../hdf5/file.ts'
import { headerAddresses } from '../../hdf5/order.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { HwioTensor, KernelRole } from '../hwio-census.ts'
import { isRecord } from '../json-file.ts'
import { classOfGroup, type KerasLayer, kernelRole, snakeCase, variableNames } from './topology.ts'
import { numberedVariables, tensorOf } from './variables.ts'

// Keras 3 (and 2.13 on): a group per layer, named after its class and numbered among its siblings in the model's order;
// its variables are numbered too.
//
//   /layers/conv2d/vars/0                 kernel (rows, columns, in, out)
//   /layers/conv2d/vars/1                 bias
//   /layers/functional/layers/conv2d_1/…  a model inside the model
//   /_layer_checkpoint_dependencies/…     the same in 2.13

/** A layer of the configuration and the group that holds its variables. */
interface Placed {
  readonly layer: KerasLayer
  /** Names of the models around it and its own. */
  readonly path: string
}

/** The group of every layer of a configuration, in the model's order. */
export function groupsOf(configuration: unknown): Map<string, Placed> {
  const groups = new Map<string, Placed>()
  const enter = (value: unknown, group: string, around: string, depth: number): void => {
    if (!isRecord(value) || depth > 64) return
    const { class_name: className, config } = value
    if (typeof className !== 'string' || !isRecord(config)) return
    const name = typeof config['name'] === 'string' ? config['name'] : className
    const path = around === '' ? name : `${around}/${name}`
    groups.set(group, { layer: { name, className, config }, path })
    members(config, `${group}/`, path, depth)
    for (const part of ['layer', 'forward_layer', 'backward_layer', 'cell'])
      enter(config[part], `${group}/${part}`, path, depth + 1)
  }
  const members = (config: Record<string, unknown>, prefix: string, around: string, depth: number): void => {
    if (!Array.isArray(config['layers'])) return
    const used = new Map<string, number>()
    for (const layer of config['layers']) {
      const className = isRecord(layer) && typeof layer['class_name'] === 'string' ? layer['class_name'] : 'layer'
      const name = snakeCase(className.slice(className.lastIndexOf('>') + 1))
      const count = used.get(name) ?? 0
      used.set(name, count + 1)
      enter(layer, `${prefix}layers/${name}${count === 0 ? '' : `_${count}`}`, around, depth + 1)
    }
  }
  if (isRecord(configuration) && isRecord(configuration['config'])) members(configuration['config'], '', '', 0)
  return groups
}

/**
 * The tensors of a weights file whose variables are numbered: in the configuration's order, else in the order in which
 * their groups were made, else by their numbers.
 */
export async function numberedTensors(file: Hdf5File, access: RandomAccess, configuration: unknown): Promise<HwioTensor[]> {
  const made = configuration === undefined ? await headerAddresses(access) : undefined
  const placed = groupsOf(configuration)
  const rank = new Map([...placed.values()].map((layer, k) => [layer, k]))
  const named = uniqueNames(placed)
  const found: { rank: number; made: number; tensors: HwioTensor[] }[] = []
  for (const { group, title, variables } of await numberedVariables(file)) {
    const last = group.slice(group.lastIndexOf('/') + 1)
    const usual = group.replaceAll('_layer_checkpoint_dependencies', 'layers')
    // Newer versions write the layer's name beside its variables, or call the group after it.
    const known = (title === undefined ? undefined : named.get(title)) ?? placed.get(usual) ?? named.get(last)
    const className = known?.layer.className ?? classOfGroup(last) ?? (title === undefined ? undefined : classOfGroup(title))
    const names = className === undefined ? ['kernel', 'bias'] : variableNames(className)
    const tensors: HwioTensor[] = []
    for (const [k, variable] of variables.entries()) {
      const { shape } = variable.dataset
      const word = names[k] ?? String(k)
      const stem = known ? `${known.path}/` : `${group}/vars/`
      let role: KernelRole | undefined
      if (className !== undefined && shape.length >= 3) {
        const layer: KerasLayer = known?.layer ?? { name: title ?? last, className, config: {} }
        role = kernelRole(layer, word, stem, shape.length)
        if (role && 'bias' in role) role = { ...role, bias: known ? role.bias! : `${stem}${names.indexOf('bias')}` }
      }
      const name = known && names[k] !== undefined ? stem + word : `${group}/vars/${k}`
      // Without a class the first variable is judged as a kernel and a 1-D second one as its bias.
      const ruleName = `${group}/${shape.length === (k === 0 ? 4 : 1) ? word : `vars/${k}`}`
      tensors.push(await tensorOf(file, variable, { name, role, ruleName }))
    }
    found.push({ rank: known ? rank.get(known)! : Number.MAX_SAFE_INTEGER, made: made?.get(`/${group}`) ?? 0, tensors })
  }
  found.sort((a, b) => a.rank - b.rank || a.made - b.made || naturally(a.tensors[0]!.name, b.tensors[0]!.name))
  return found.flatMap(({ tensors }) => tensors)
}

/** The layers whose names no other layer has. */
function uniqueNames(placed: ReadonlyMap<string, Placed>): Map<string, Placed> {
  const named = new Map<string, Placed>()
  const twice = new Set<string>()
  for (const found of placed.values()) {
    if (named.has(found.layer.name)) twice.add(found.layer.name)
    named.set(found.layer.name, found)
  }
  for (const name of twice) named.delete(name)
  return named
}

/** conv2d, conv2d_2, conv2d_10. */
function naturally(a: string, b: string): number {
  const split = (name: string): string[] => name.split(/(\d+)/)
  const [x, y] = [split(a), split(b)]
  for (let k = 0; k < Math.min(x.length, y.length); k++) {
    if (x[k] === y[k]) continue
    const numbers = k % 2 === 1 ? Number(x[k]) - Number(y[k]) : 0
    return numbers || (x[k]! < y[k]! ? -1 : 1)
  }
  return x.length - y.length
}
