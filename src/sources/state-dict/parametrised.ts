import { type Effect, effectivePlan } from '../../weights/effective.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import type { Skipped } from '../source.ts'
import type { NamedTensor } from './named-tensor.ts'

/** A state dict in which every weight stands as the network uses it. */
export interface Effective {
  readonly tensors: NamedTensor[]
  /** Weights of which only parts are stored, and how they are put together is not known. */
  readonly skipped: Skipped[]
}

/** A tensor of four dimensions, as `effectivePlan` takes it, or a small one. */
type Stored = NamedTensor & { readonly weights: WeightPlan }

/**
 * Puts weights together that a network keeps in parts: pruning's `weight_orig` and `weight_mask`; weight normalisation's `weight_g` and
 * `weight_v`; spectral normalisation's `weight_orig`, `weight_u` and, since torch 1.0, `weight_v`; and the same under `parametrizations.weight.`, in the
 * order in which they are numbered there. The whole takes the place of its main part and the name that it has without them. Any other
 * parametrisation is refused by name.
 */
export function effectiveWeights(tensors: readonly NamedTensor[]): Effective {
  const parts = new Parts(tensors)
  for (const { name } of tensors) pruned(parts, name)
  for (const { name } of [...parts.tensors()]) normalised(parts, name)
  const unscaled = [...parts.tensors()].flatMap(({ name }) => scaled(parts, name) ?? [])
  const skipped = [...unscaled, ...parametrisations(tensors).flatMap((one) => parametrised(parts, one) ?? [])]
  return { tensors: [...parts.tensors()], skipped }
}

class Parts {
  /** By the name of the tensor that stood there first, in the order of the dict. */
  readonly #places: Map<string, NamedTensor>
  /** Wholes by their own names: where they stand. */
  readonly #wholes = new Map<string, string>()
  constructor(tensors: readonly NamedTensor[]) {
    this.#places = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  }
  tensors(): Iterable<NamedTensor> {
    return this.#places.values()
  }
  get(name: string): NamedTensor | undefined {
    const tensor = this.#places.get(this.#wholes.get(name) ?? name)
    return tensor?.name === name ? tensor : undefined
  }
  remove(name: string): void {
    this.#places.delete(this.#wholes.get(name) ?? name)
  }
  /** A tensor at its own place, without its other parts. */
  set(tensor: NamedTensor, others: readonly string[]): void {
    this.#places.set(this.#wholes.get(tensor.name) ?? tensor.name, tensor)
    for (const name of others) this.remove(name)
  }
  /** The whole at the place of `main`, unless the dict holds it already; the other parts go. */
  replace(main: string, whole: NamedTensor, others: readonly string[]): void {
    const place = this.#wholes.get(main) ?? main
    if (this.get(whole.name)) this.#places.delete(place)
    else {
      this.#places.set(place, whole)
      this.#wholes.set(whole.name, place)
    }
    for (const name of others) this.remove(name)
  }
}

function isStored(tensor: NamedTensor | undefined): tensor is Stored {
  return tensor !== undefined && !('unsupported' in tensor.weights)
}

function isComputable(tensor: NamedTensor | undefined): tensor is Stored {
  return isStored(tensor) && tensor.shape.length === 4 && !tensor.shape.includes(0) && !tensor.weights.dequantise
}

const sameShape = (a: NamedTensor, b: NamedTensor): boolean => a.shape.join() === b.shape.join()

function applied(name: string, main: Stored, effects: readonly Effect[]): NamedTensor {
  const shape = main.shape as unknown as ConvShape
  const title = `${main.weights.access.name}/${name}`
  const weights = effects.reduce((plan, effect) => effectivePlan(title, shape, plan, effect), main.weights)
  return { ...main, name, weights }
}

function pruned(parts: Parts, name: string): void {
  const whole = /^(.*)_orig$/.exec(name)?.[1]
  const [main, mask] = [parts.get(name), parts.get(`${whole}_mask`)]
  if (whole === undefined || !isComputable(main) || !isComputable(mask) || !sameShape(main, mask)) return
  parts.replace(name, applied(whole, main, [{ kind: 'mask', mask: mask.weights }]), [`${whole}_mask`])
}

/** What the name of a scale has before and behind the name of its weight. */
const SCALES = [
  ['', '_scale'],
  ['', '_scale_inv'],
  ['scale_', ''],
] as const

/** True for the last part of a name that a scale may have. */
export function isScaleName(last: string): boolean {
  return SCALES.some(([before, behind]) => last.startsWith(before) && last.endsWith(behind))
}

/**
 * An eight-bit float is stored divided by a scale that lies beside it: `weight_scale` of compressed-tensors and torchao's dicts, `weight_scale_inv`
 * (which is multiplied all the same), `scale_weight` of ComfyUI. Other types need none.
 * @returns why the weight cannot be computed, when its scale is neither one nor one for each output channel
 */
function scaled(parts: Parts, name: string): Skipped | undefined {
  const main = parts.get(name)
  if (!isComputable(main) || !main.weights.dtype.startsWith('float8')) return undefined
  const at = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1
  const [module, own] = [name.slice(0, at), name.slice(at)]
  const given = SCALES.map(([before, behind]) => parts.get(module + before + own + behind)).find((one) => one)
  if (!given) return undefined
  const { name: scale } = given
  const [out, ...others] = given.shape
  const isOne = given.shape.every((size) => size === 1)
  const fits =
    isOne || ((given.shape.length === 1 || given.shape.length === 4) && out === main.shape[0] && others.every((n) => n === 1))
  if (fits && isStored(given) && !given.weights.dequantise && given.weights.dtype.includes('float')) {
    const effect = { kind: 'scale', scale: given.weights, axis: isOne ? undefined : 0 } as const
    parts.set(applied(name, main, [effect]), [scale])
    return undefined
  }
  for (const one of [name, scale]) parts.remove(one)
  const reason = `stored as ${main.weights.dtype} with the scale ${scale} (${given.shape.join('×')}), which is neither one nor one for each output channel`
  return { name, kind: 'Conv', shape: main.shape, reason }
}

function normalised(parts: Parts, name: string): void {
  const ofNorm = /^(.*)_v$/.exec(name)?.[1]
  const main = parts.get(name)
  if (ofNorm !== undefined && isComputable(main)) {
    const effect = weightNorm(parts.get(`${ofNorm}_g`), main)
    if (effect) parts.replace(name, applied(ofNorm, main, [effect]), [`${ofNorm}_g`])
    return
  }
  // weight_bar is what codes from before torch had spectral normalisation call it.
  const ofSpectral = /^(.*)_(orig|bar)$/.exec(name)?.[1]
  if (ofSpectral === undefined || !isComputable(main)) return
  const effect = spectralNorm(parts.get(`${ofSpectral}_u`), parts.get(`${ofSpectral}_v`), main)
  if (effect) parts.replace(name, applied(ofSpectral, main, [effect]), [`${ofSpectral}_u`, `${ofSpectral}_v`])
}

/** The axis is the one along which the gains run. */
function weightNorm(gain: NamedTensor | undefined, { shape }: Stored): Effect | undefined {
  if (!isStored(gain) || gain.weights.dequantise) return undefined
  const count = gain.shape.reduce((product, size) => product * size, 1)
  const axes = gain.shape.flatMap((size, axis) => (size === 1 ? [] : [axis]))
  if (count === 1) return { kind: 'norm', gain: gain.weights, axis: shape[0] === 1 && gain.shape.length === 4 ? 0 : undefined }
  const [axis] = axes
  if (gain.shape.length !== 4 || axes.length !== 1 || (axis !== 0 && axis !== 1) || count !== shape[axis]) return undefined
  return { kind: 'norm', gain: gain.weights, axis }
}

/**
 * The rows are output channels; input channels (`dim=1`) where just these fit the vectors. `v` is not stored before torch 1.0, and follows
 * from u.
 */
function spectralNorm(u: NamedTensor | undefined, v: NamedTensor | undefined, { shape }: Stored): Effect | undefined {
  const count = shape.reduce((product, size) => product * size, 1)
  for (const axis of [0, 1] as const) {
    if (!isVector(u, shape[axis]!)) continue
    if (v === undefined) return { kind: 'spectral', u: u.weights, v: undefined, axis }
    if (isVector(v, count / shape[axis]!)) return { kind: 'spectral', u: u.weights, v: v.weights, axis }
  }
  return undefined
}

/** A vector of this length, also as a matrix of one row or column. */
function isVector(tensor: NamedTensor | undefined, length: number): tensor is Stored {
  if (!isStored(tensor) || tensor.weights.dequantise) return false
  return tensor.shape.length <= 2 && tensor.shape.includes(length) && tensor.shape.reduce((a, b) => a * b, 1) === length
}

interface Parametrisation {
  /** "conv1.weight" */
  readonly whole: string
  /** "conv1.parametrizations.weight." */
  readonly prefix: string
  /** Names below the prefix: "original", "0.mask". */
  readonly below: string[]
}

function parametrisations(tensors: readonly NamedTensor[]): Parametrisation[] {
  const found = new Map<string, Parametrisation>()
  for (const { name } of tensors) {
    const at = `.${name}`.lastIndexOf('.parametrizations.')
    if (at < 0) continue
    const module = name.slice(0, at)
    const [parameter = '', ...rest] = name.slice(at + 'parametrizations.'.length).split('.')
    const below = rest.join('.')
    if (parameter === '' || below === '') continue
    const prefix = `${module}parametrizations.${parameter}.`
    const one = found.get(prefix) ?? { whole: module + parameter, prefix, below: [] }
    found.set(prefix, one)
    one.below.push(below)
  }
  return [...found.values()]
}

/** @returns why it cannot be put together, for a weight of three and more dimensions */
function parametrised(parts: Parts, { whole, prefix, below }: Parametrisation): Skipped | undefined {
  const at = (name: string): NamedTensor | undefined => parts.get(prefix + name)
  const main = at('original') ?? at('original1')
  const steps = new Map<number, string[]>()
  for (const name of below) {
    const step = /^(\d+)\.(.+)$/.exec(name)
    if (step) steps.set(Number(step[1]), [...(steps.get(Number(step[1])) ?? []), step[2]!])
  }
  const refuse = (what: string): Skipped | undefined => {
    for (const name of below) parts.remove(prefix + name)
    if (!main || main.shape.length < 3) return undefined
    const reason = `parametrised by ${what}; save the model after torch.nn.utils.parametrize.remove_parametrizations`
    return { name: whole, kind: 'Conv', shape: main.shape, reason }
  }
  if (!isComputable(main)) return refuse('something that is not computed')
  const effects: Effect[] = []
  if (at('original0')) {
    const effect = below.includes('original2') ? undefined : weightNorm(at('original0'), main)
    if (!effect) return refuse('a function of several tensors, which is not computed')
    effects.push(effect)
  }
  for (const [number, names] of [...steps].sort(([a], [b]) => a - b)) {
    const own = (name: string): NamedTensor | undefined => at(`${number}.${name}`)
    const mask = own('mask')
    const effect =
      names.length === 1 && isComputable(mask) && sameShape(mask, main)
        ? ({ kind: 'mask', mask: mask.weights } as const)
        : names.length === 2
          ? spectralNorm(own('_u'), own('_v'), main)
          : undefined
    if (!effect) {
      const kept = names.map((name) => `${number}.${name}`).join(' and ')
      // torch.nn.utils.parametrizations.orthogonal is the one of torch that keeps a base.
      return refuse(names.join() === 'base' ? `orthogonal (${kept}), which is not computed` : `${kept}, which is not computed`)
    }
    effects.push(effect)
  }
  if (effects.length === 0)
    return refuse('something of which the file holds nothing (masks of torch.ao.pruning are kept by the sparsifier)')
  const name = prefix + (at('original') ? 'original' : 'original1')
  parts.replace(
    name,
    applied(whole, main, effects),
    below.map((one) => prefix + one).filter((one) => one !== name),
  )
  return undefined
}
