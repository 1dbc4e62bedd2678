import { itemsOf } from '../pickle/builtins.ts'
import { NumpyArray } from '../pickle/numpy.ts'
import { PickleProblem, PyBuilt, PyObject, PyTuple, type PyValue } from '../pickle/values.ts'
import type { Placement, Skipped } from '../source.ts'
import type { Leaf } from './plan.ts'
import { type Masks, sparsifierMasks } from './sparsifier.ts'
import { TorchTensor } from './values.ts'

/** What a pickled module says about its weight. */
export interface ModuleFacts {
  /** "Conv2d", "ConvTranspose2d" … */
  readonly kind: string
  readonly groups: number
  readonly placement?: Placement
}

export interface FoundTensor {
  /** Its key in its own dict: "layer1.0.conv1.weight". */
  readonly name: string
  readonly leaf: Leaf
  readonly module?: ModuleFacts
}

/** The tensors of one dict or module. */
export interface Network {
  /** Where the checkpoint keeps it: "state_dict", "model.ema"; "" for the checkpoint itself. */
  readonly key: string
  /** True for a pickled module object, whose names are its attributes' and so have no wrapper to remove. */
  readonly isModule: boolean
  /** In the order of the dict, or of the module's own state_dict(). */
  readonly tensors: FoundTensor[]
}

export interface Found {
  readonly networks: Network[]
  readonly skipped: Skipped[]
  /** What a sparsifier beside them keeps. */
  readonly masks: Masks
}

const MOST_CONTAINERS = 1_000_000
const MOST_TENSORS = 200_000
const DEEPEST = 1000
/** Keys under which people keep a state dict, for those whose own keys have no dots. */
const KEEPERS =
  /^((\w+_)?(state_?dict|ema|model|net|network|weights)|params(_ema)?|module|ema\w*|generator|discriminator|g|d|g_ema|net[gd]|encoder|decoder|student|teacher|backbone|last|best)$/i
const QUANTISED = /\.quantized\.[\w.]{0,60}Conv\dd$/
const OPTIMISER =
  /optimi[sz]er|(^|[._-])optims?([._-]|\d|[a-z]?$)|(^|[._-])(\w{0,30}_)?(lr_?)?sched(uler)?s?([._-]|\d|$)|^opt(_\w*)?$|^scaler$|^amp$|^grad(ient)?s?$|^(max_)?exp_avgs?(_sqs?)?$|^momentum_buffers?$/i

/** Keys under which helpers of training keep an average with its settings. */
const AVERAGE = /ema|averag|swa|shadow/i

/** Keys of weights. */
const WEIGHT = /(^|[._])(weight|kernel)s?$/i

/** A path as its last key and the path before; null is the checkpoint itself. */
type Trail = { readonly key: string; readonly before: Trail; readonly length: number } | null

interface Visit {
  readonly value: PyValue
  readonly trail: Trail
  readonly home: Network | undefined
  /** Length of the home's own path. */
  readonly outer: number
  readonly module: ModuleFacts | undefined
}

/**
 * Every tensor of a checkpoint, by the dict or pickled module that it belongs to. Dicts, lists and the attributes of unknown
 * objects are walked; a module (an object with `_parameters` and `_modules`, or one of TorchScript's) is walked as its own
 * state_dict() would be. Optimiser states are recognised by their shape ("state" beside "param_groups") or their key, and left out.
 */
export function findNetworks(root: PyValue): Found {
  const skipped: Skipped[] = []
  const masks = new Map<string, Leaf>()
  const loose: Network = { key: '', isModule: false, tensors: [] }
  const networks: Network[] = [loose]
  const seen = new Set<PyValue>()
  const pending: Visit[] = [{ value: root, trail: null, home: undefined, outer: 0, module: undefined }]
  let tensors = 0

  for (let visit = pending.pop(); visit; visit = pending.pop()) {
    const { value, trail, module } = visit
    if (isLeaf(value)) {
      if (++tensors > MOST_TENSORS) throw new PickleProblem(`holds more than ${MOST_TENSORS} tensors`)
      const name = keysOf(trail, visit.outer).join('.')
      const home = visit.home ?? loose
      home.tensors.push({ name: name === '' ? 'tensor' : name, leaf: value, ...(module && { module }) })
      continue
    }
    if (seen.has(value) || (trail?.length ?? 0) > DEEPEST) continue
    seen.add(value)
    if (seen.size + pending.length > MOST_CONTAINERS) throw new PickleProblem(`holds more than ${MOST_CONTAINERS} objects`)
    if (isOptimiser(value, trail)) {
      const count = countTensors(value, seen)
      const name = keysOf(trail).join('.')
      if (count > 0) skipped.push({ name, kind: 'optimizer', shape: [], reason: `optimiser state (${count} tensors)` })
      continue
    }
    const kept = sparsifierMasks(value, isLeaf)
    if (kept) {
      for (const [name, mask] of kept) masks.set(name, mask)
      const reason = `masks of a sparsifier (${kept.size} tensors), which its weights are measured with`
      skipped.push({ name: keysOf(trail).join('.'), kind: 'sparsifier', shape: [], reason })
      continue
    }
    if (value instanceof PyObject && /(^|\.)_rebuild_\w+$/.test(value.typeName)) {
      const name = keysOf(trail, visit.outer).join('.')
      skipped.push({ name, kind: 'tensor', shape: [], reason: `built by ${value.typeName}, which is not imitated` })
      continue
    }
    const members = membersOf(value)
    if (value instanceof PyObject && trail && WEIGHT.test(trail.key) && members.length === 0) {
      const name = keysOf(trail, visit.outer).join('.')
      skipped.push({ name, kind: 'tensor', shape: [], reason: `what ${value.typeName} would make of it, which is not run` })
      continue
    }
    const home = visit.home ?? homeOf(value, members, trail)
    const isNew = home !== undefined && home !== visit.home
    if (isNew) networks.push(home)
    const outer = isNew ? (trail?.length ?? 0) : visit.outer
    // A stack: the last one pushed comes first.
    for (let k = members.length - 1; k >= 0; k--) {
      const { key, value, module } = members[k]!
      const below = key === undefined ? trail : { key, before: trail, length: (trail?.length ?? 0) + 1 }
      pending.push({ value, trail: below, home, outer, module })
    }
  }
  return { networks: networks.filter(({ tensors }) => tensors.length > 0), skipped, masks }
}

/** The keys of a path, from the outside in, without the first `skip`. */
function keysOf(trail: Trail, skip = 0): string[] {
  const keys: string[] = []
  for (let at = trail; at && at.length > skip; at = at.before) keys.push(at.key)
  return keys.reverse()
}

interface Member {
  /** Undefined for what does not add to the path. */
  readonly key: string | undefined
  readonly value: PyValue
  readonly module: ModuleFacts | undefined
}

/** Whatever may lead to tensors, in the order of the file; for a module in the order of its state_dict(). */
function membersOf(value: PyValue): Member[] {
  const members: Member[] = []
  const add = (key: PyValue | undefined, member: PyValue, module?: ModuleFacts): void => {
    if (member === null || typeof member !== 'object' || member instanceof Uint8Array) return
    if (member instanceof PyBuilt && !isLeaf(member)) return
    if (members.length >= MOST_CONTAINERS) throw new PickleProblem(`holds more than ${MOST_CONTAINERS} objects`)
    members.push({ key: key === undefined ? undefined : keyText(key), value: member, module })
  }
  const addAll = (map: PyValue | undefined, module?: ModuleFacts): void => {
    if (map instanceof Map) for (const [key, member] of map) add(key, member, module)
  }
  const addModule = (attributes: Map<PyValue, PyValue>, facts?: ModuleFacts): void => {
    addAll(attributes.get('_parameters'), facts)
    addAll(attributes.get('_buffers'))
    addAll(attributes.get('_modules'))
  }
  if (isModuleState(value)) addModule(value)
  else if (value instanceof Map) addAll(value)
  else if (value instanceof PyTuple || Array.isArray(value) || value instanceof Set)
    itemsOf(value as PyValue).forEach((member, k) => void add(k, member))
  if (!(value instanceof PyObject)) return members
  const { attributes } = value
  if (attributes && isScript(value)) {
    const module = factsOf(value, attributes)
    for (const [key, member] of attributes) if (isLeaf(member)) add(key, member, module)
    for (const [key, member] of attributes) if (!isLeaf(member)) add(key, member)
  } else if (attributes && isModule(value)) {
    addModule(attributes, factsOf(value, attributes))
  } else if (QUANTISED.test(value.typeName) && value.state instanceof PyTuple) {
    // A quantised convolution pickles as a tuple of its geometry, weight and bias.
    for (const part of value.state.items) if (part instanceof TorchTensor) add(part.quantiser ? 'weight' : 'bias', part)
  } else {
    if (attributes) addAll(attributes)
    else if (value.state !== undefined) add(undefined, value.state)
    addAll(value.entries)
    value.items?.forEach((member, k) => void add(k, member))
    for (const argument of value.args) add(undefined, argument)
  }
  return members
}

function keyText(key: PyValue): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key)
  return '?'
}

function isModule(value: PyValue): boolean {
  if (!(value instanceof PyObject)) return isModuleState(value)
  const attributes = value.attributes
  return attributes !== undefined && (isModuleState(attributes) || isScript(value))
}

/** A module's attributes on their own: what torch.fx keeps of a GraphModule. */
function isModuleState(value: PyValue): value is Map<PyValue, PyValue> {
  return value instanceof Map && value.get('_parameters') instanceof Map && value.get('_modules') instanceof Map
}

function isScript(value: PyObject): boolean {
  return value.typeName.startsWith('__torch__.')
}

/** Class and geometry of a convolution module; undefined for other modules. */
function factsOf(object: PyObject, attributes: Map<PyValue, PyValue>): ModuleFacts | undefined {
  const name = object.typeName.slice(object.typeName.lastIndexOf('.') + 1)
  const transposed = attributes.get('transposed')
  const dimensions = /^(?:Lazy)?(?:Standardi[sz]ed)?Conv(?:Transpose)?([123])d/.exec(name)?.[1]
  const kernel = itemsOf(attributes.get('kernel_size'))
  if (dimensions === undefined && !(typeof transposed === 'boolean' && kernel.length === 2)) return undefined
  const size = dimensions ?? '2'
  const kind = `${transposed === true || /Transpose/.test(name) ? 'ConvTranspose' : 'Conv'}${size}d`
  const groups = attributes.get('groups')
  const placement = placementOf(attributes)
  return { kind, groups: typeof groups === 'number' && groups > 0 ? groups : 1, ...(placement && { placement }) }
}

function placementOf(attributes: Map<PyValue, PyValue>): Placement | undefined {
  const two = (key: string): readonly [number, number] | undefined => {
    const [rows, columns] = itemsOf(attributes.get(key))
    return typeof rows === 'number' && typeof columns === 'number' ? [rows, columns] : undefined
  }
  const [strides, dilations, padding] = [two('stride'), two('dilation'), two('padding')]
  if (!strides || !dilations || !padding || attributes.get('padding_mode') !== 'zeros') return undefined
  return { strides, dilations, pads: [padding[0], padding[1], padding[0], padding[1]] }
}

/** The network that begins at this container, if one does. */
function homeOf(value: PyValue, members: readonly Member[], trail: Trail): Network | undefined {
  const network: Network = { key: keysOf(trail).join('.'), isModule: isModule(value), tensors: [] }
  if (network.isModule) return network
  if (!(value instanceof Map || value instanceof PyObject)) return undefined
  if (members.some(({ key, value: member }) => key?.includes('.') && isLeaf(member))) return network
  if (!trail || !KEEPERS.test(trail.key)) return undefined
  // {'model': {'state_dict': …}}: the inner one is the dict.
  const isOuter =
    members.some(({ key, value: member }) => key !== undefined && !isLeaf(member) && KEEPERS.test(key)) ||
    (AVERAGE.test(trail.key) && holdsOneDict(members))
  return isOuter || members.every(({ value: member }) => isModule(member)) ? undefined : network
}

/** {'ema': {'decay': 0.99, 'shadow': {…}}}: one dict or list of tensors beside numbers. */
function holdsOneDict(members: readonly Member[]): boolean {
  const [only, ...others] = members.filter(({ value }) => !isLeaf(value))
  return only !== undefined && others.length === 0 && members.every(({ value }) => !isLeaf(value) || value.shape.length === 0)
}

function isLeaf(value: PyValue): value is Leaf {
  return value instanceof TorchTensor || (value instanceof NumpyArray && value.objects === undefined)
}

function isOptimiser(value: PyValue, trail: Trail): boolean {
  const map = value instanceof Map ? value : value instanceof PyObject ? (value.entries ?? value.attributes) : undefined
  if (map?.has('state') && map.has('param_groups')) return true
  return trail !== null && trail.length <= 3 && OPTIMISER.test(trail.key) && !isModule(value)
}

function countTensors(root: PyValue, seen: Set<PyValue>): number {
  let count = 0
  const pending: PyValue[] = [root]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (isLeaf(value)) count++
    else if (value === root || !(value === null || typeof value !== 'object' || value instanceof PyBuilt || seen.has(value))) {
      seen.add(value)
      if (seen.size > MOST_CONTAINERS) return count
      for (const member of membersOf(value)) pending.push(member.value)
    }
  }
  return count
}
