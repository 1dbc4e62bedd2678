import type { Hdf5File } from '../../hdf5/file.ts'
import { headerAddresses } from '../../hdf5/order.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { HwioTensor, KernelRole } from '../hwio-census.ts'
import { isRecord } from '../json-file.ts'
import { creationOrder } from './creation-order.ts'
import { classOfGroup, isRecurrent, type KerasLayer, kernelRole, snakeCase, variableNames } from './topology.ts'
import { numberedVariables, tensorOf, type Variable } from './variables.ts'

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

/** A file with numbered variables, and where in the order of writing a group of it stands, where that is known. */
export interface NumberedFile {
  readonly file: Hdf5File
  made(group: string): number
}

/** A file alone: the last address among a group's headers tells. */
export async function numberedFile(file: Hdf5File, access: RandomAccess): Promise<NumberedFile> {
  const addresses = (await headerAddresses(access))?.addresses ?? new Map<string, number>()
  const last = new Map<string, number>()
  for (const [path, address] of addresses) {
    // "/layers/conv2d/vars/0" and "/layers/conv2d/vars" belong to "layers/conv2d".
    const end = path.lastIndexOf('/vars')
    const group = (end < 0 ? path : path.slice(0, end)).slice(1)
    last.set(group, Math.max(last.get(group) ?? 0, address))
  }
  return { file, made: (group) => last.get(group) ?? 0 }
}

interface Group {
  readonly group: string
  readonly title: string | undefined
  readonly variables: readonly Variable[]
  readonly file: Hdf5File
  readonly made: number
  readonly isKernel: boolean
}

/**
 * The tensors of weights files whose variables are numbered: in the configuration's order, else as they were written.
 * `isCertain` is false when layers are attributes of a model of its own class: creation-order.ts.
 */
export async function numberedTensors(
  files: readonly NumberedFile[],
  configuration: unknown,
): Promise<{ tensors: HwioTensor[]; isCertain: boolean }> {
  const placed = groupsOf(configuration)
  const rank = new Map([...placed.values()].map((layer, k) => [layer, k]))
  const named = uniqueNames(placed)
  const groups: Group[] = []
  for (const { file, made } of files)
    for (const { group, title, variables } of await numberedVariables(file)) {
      const isKernel =
        variables.some(({ dataset }) => dataset.shape.length === 4) && cellClass(group, title, placed) === undefined
      groups.push({ group, title, variables, file, made: made(group), isKernel })
    }
  // Newer versions write the layer's name beside its variables, or call the group after it.
  const knownAs = ({ group, title }: Pick<Group, 'group' | 'title'>): Placed | undefined =>
    (title === undefined ? undefined : named.get(title)) ??
    placed.get(group.replaceAll('_layer_checkpoint_dependencies', 'layers')) ??
    named.get(group.slice(group.lastIndexOf('/') + 1))
  const titles = new Map(groups.map(({ group, title }) => [group, title]))
  const rankOf = (group: string): number => {
    const at = ancestorOf(group, (one) => knownAs({ group: one, title: titles.get(one) }) !== undefined)
    return at === undefined ? Number.MAX_SAFE_INTEGER : rank.get(knownAs({ group: at, title: titles.get(at) })!)!
  }
  const { order, isCertain } = creationOrder(groups)
  const inner = new Map<string, Group[]>()
  for (const one of groups) {
    const around = ancestorOf(one.group, (at) => knownAs({ group: at, title: titles.get(at) }) !== undefined)
    if (around !== undefined && around !== one.group) inner.set(around, [...(inner.get(around) ?? []), one])
  }
  const found: { rank: number; tensors: HwioTensor[] }[] = []
  for (const one of order) {
    const tensors = await tensorsOf(one, knownAs(one), cellClass(one.group, one.title, placed))
    found.push({ rank: rankOf(one.group), tensors })
  }
  // What the configuration does not name keeps the order in which it was written.
  found.sort((a, b) => a.rank - b.rank)
  // A configuration orders its layers, not what a layer of a class of its own keeps as attributes.
  const isOrdered = isCertain || (placed.size > 0 && [...inner.values()].every((own) => creationOrder(own).isCertain))
  return { tensors: found.flatMap(({ tensors }) => tensors), isCertain: isOrdered }
}

async function tensorsOf(
  { group, title, variables, file }: Group,
  known: Placed | undefined,
  cell: string | undefined,
): Promise<HwioTensor[]> {
  const last = group.slice(group.lastIndexOf('/') + 1)
  const className =
    cell ?? known?.layer.className ?? classOfGroup(last) ?? (title === undefined ? undefined : classOfGroup(title))
  const names = className === undefined ? ['kernel', 'bias'] : variableNames(className)
  const tensors: HwioTensor[] = []
  for (const [k, variable] of variables.entries()) {
    const { shape } = variable.dataset
    const word = names[k] ?? String(k)
    const stem = known ? `${known.path}/` : `${group}/vars/`
    let role: KernelRole | undefined
    if (className !== undefined && shape.length >= 3) {
      const layer: KerasLayer = { name: title ?? last, config: {}, ...known?.layer, className }
      role = kernelRole(layer, word, stem, shape.length)
      if (role && 'bias' in role) role = { ...role, bias: known ? role.bias! : `${stem}${names.indexOf('bias')}` }
    }
    const name = known && names[k] !== undefined ? stem + word : `${group}/vars/${k}`
    // Without a class the first variable is judged as a kernel and a 1-D second one as its bias.
    const ruleName = `${group}/${shape.length === (k === 0 ? 4 : 1) ? word : `vars/${k}`}`
    tensors.push(await tensorOf(file, variable, { name, role, ruleName }))
  }
  return tensors
}

/** What says that a group belongs to a recurrent layer: its own name ("conv_lstm_cell"), or the class of a layer around it. */
function cellClass(group: string, title: string | undefined, placed: ReadonlyMap<string, Placed>): string | undefined {
  const plain = title?.replaceAll('_', '')
  if (plain !== undefined && isRecurrent(plain)) return classOfGroup(title!) ?? plain
  for (let at = parentOf(group); at !== ''; at = parentOf(at)) {
    const around = placed.get(at)?.layer.className ?? classOfGroup(at.slice(at.lastIndexOf('/') + 1))
    if (around !== undefined && isRecurrent(around)) return around
  }
  return undefined
}

/** The nearest group around one, or itself, that is known. */
function ancestorOf(group: string, isKnown: (at: string) => boolean): string | undefined {
  for (let at = group; at !== ''; at = parentOf(at)) if (isKnown(at)) return at
  return undefined
}

/** "layers/bidirectional" of "layers/bidirectional/forward_layer"; "" at the top. */
function parentOf(group: string): string {
  return group.slice(0, Math.max(0, group.lastIndexOf('/')))
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
