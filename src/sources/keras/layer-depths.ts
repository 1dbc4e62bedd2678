import { isRecord } from '../json-file.ts'
import type { Convolution } from '../source.ts'
import { isPointwise, isSeparable } from './topology.ts'

const MOST_PASSES = 16
const DEEPEST = 32

/** The depth of a kernel by the layer that it belongs to; undefined for one of no layer of the configuration. */
export type KernelDepth = (kernel: Pick<Convolution, 'layer' | 'node'>) => number | undefined

/**
 * For the kernels of a Keras configuration's layers, the longest path from an input to where the layer is first called: a layer that
 * takes an input lies at 0, every layer counts 1, a separable one 2 (its pointwise kernel lies behind its depthwise one, as in the
 * graphs that Keras exports), a model inside the model as many as its own longest path. Undefined when the configuration is
 * none of a Functional or Sequential model, does not lead from an input to every layer, or gives two layers with kernels one name (in
 * models inside the model).
 */
export function kernelDepths(configuration: unknown): KernelDepth | undefined {
  const depths = new LayerPlaces()
  const model = isRecord(configuration) && isRecord(configuration['model_config']) ? configuration['model_config'] : configuration
  if (place(model, 0, depths, 0) === undefined || depths.isAmbiguous) return undefined
  return ({ layer, node }) => {
    const at = node === undefined ? undefined : depths.byName.get(node)
    return at !== undefined && depths.separable.has(node!) && isPointwise(layer) ? at + 1 : at
  }
}

class LayerPlaces {
  readonly byName = new Map<string, number>()
  readonly separable = new Set<string>()
  isAmbiguous = false
  readonly #owners = new Map<string, unknown>()

  set(layer: Readonly<Record<string, unknown>>, at: number): void {
    const name = nameOf(layer)
    const owner = this.#owners.get(name)
    if (owner !== undefined && owner !== layer && /conv/i.test(String(layer['class_name']))) this.isAmbiguous = true
    this.#owners.set(name, layer)
    if (isSeparable(String(layer['class_name']))) this.separable.add(name)
    this.byName.set(name, Math.min(this.byName.get(name) ?? Number.POSITIVE_INFINITY, at))
  }
}

/** A call that is none. */
const UNREACHED = ''
/** What a layer keeps the layers in that it wraps. */
const WRAPPED = ['layer', 'forward_layer', 'backward_layer', 'cell']

/** Places a model's layers from a depth on. @returns the depth behind it */
function place(model: unknown, from: number, depths: LayerPlaces, nesting: number): number | undefined {
  if (!isRecord(model) || !isRecord(model['config']) || nesting > DEEPEST) return undefined
  const layers = model['config']['layers']
  if (!Array.isArray(layers)) return undefined
  return model['class_name'] === 'Sequential' ? inTurn(layers, from, depths, nesting) : byCalls(layers, from, depths, nesting)
}

function inTurn(layers: readonly unknown[], from: number, depths: LayerPlaces, nesting: number): number | undefined {
  let at: number | undefined = from
  for (const layer of layers) {
    at = isInput(layer) ? at : pass(layer, at, depths, nesting)
    if (at === undefined) return undefined
  }
  return at
}

/** A Functional model: every call of a layer says which calls it takes the outputs of. */
function byCalls(layers: readonly unknown[], from: number, depths: LayerPlaces, nesting: number): number | undefined {
  const behind = new Map<string, number>()
  let waiting = layers.flatMap((layer) => callsOf(layer))
  // Layers stand in the order in which they run, so that one pass is enough but for layers that are called again later.
  for (let passes = 0; waiting.length > 0 && passes < MOST_PASSES; passes++) {
    waiting = waiting.filter(({ layer, name, call, takes }) => {
      const ends = takes.map((key) => behind.get(key))
      if (ends.includes(undefined)) return true
      const at = Math.max(from, ...(ends as number[]))
      const end = isInput(layer) ? from : pass(layer, at, depths, nesting)
      if (end !== undefined) behind.set(keyOf(name, call), end)
      return end === undefined
    })
  }
  return waiting.length > 0 || behind.size === 0 ? undefined : Math.max(...behind.values())
}

/** A layer, or a model inside the model, at a depth. @returns the depth behind it */
function pass(layer: unknown, at: number, depths: LayerPlaces, nesting: number): number | undefined {
  if (!isRecord(layer) || !isRecord(layer['config'])) return undefined
  if (Array.isArray(layer['config']['layers'])) return place(layer, at, depths, nesting + 1)
  depths.set(layer, at)
  let behind = at + (isSeparable(String(layer['class_name'])) ? 2 : 1)
  for (const part of WRAPPED) {
    const inner = layer['config'][part]
    if (isRecord(inner) && nesting < DEEPEST) behind = Math.max(behind, pass(inner, at, depths, nesting + 1) ?? behind)
  }
  return behind
}

interface LayerCall {
  readonly layer: unknown
  readonly name: string
  readonly call: number
  /** Keys of the calls whose outputs it takes. */
  readonly takes: readonly string[]
}

function callsOf(layer: unknown): LayerCall[] {
  if (!isRecord(layer)) return []
  const name = nameOf(layer)
  const calls = Array.isArray(layer['inbound_nodes']) ? layer['inbound_nodes'] : []
  // A layer that is called nowhere is behind nothing that is ever placed.
  if (calls.length === 0) return [{ layer, name, call: 0, takes: isInput(layer) ? [] : [UNREACHED] }]
  return calls.map((call: unknown, k) => ({ layer, name, call: k, takes: [...takenBy(call, 0)] }))
}

/** ["conv", 0, 0, {…}] of Keras 2, and of Keras 3 inside a tensor's keras_history. */
function* takenBy(value: unknown, depth: number): Generator<string> {
  if (depth > DEEPEST) return
  if (Array.isArray(value)) {
    const [name, call] = value as unknown[]
    if (typeof name === 'string' && typeof call === 'number') yield keyOf(name, call)
    else for (const item of value) yield* takenBy(item, depth + 1)
  } else if (isRecord(value)) for (const item of Object.values(value)) yield* takenBy(item, depth + 1)
}

function isInput(layer: unknown): boolean {
  return isRecord(layer) && layer['class_name'] === 'InputLayer'
}

function nameOf(layer: Readonly<Record<string, unknown>>): string {
  const config = layer['config']
  const name = layer['name'] ?? (isRecord(config) ? config['name'] : undefined)
  return typeof name === 'string' ? name : ''
}

function keyOf(name: string, call: number): string {
  return `${name}\n${call}`
}
