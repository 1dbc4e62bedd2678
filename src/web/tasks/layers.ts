import { InputError } from '../../errors.ts'
import { findGivenInputs, folderOf, type GivenFile, givenFolder, openGiven } from '../../inputs/given-inputs.ts'
import { findFormat, openSource } from '../../sources/open.ts'
import type { Source, SourceModel } from '../../sources/source.ts'
import { openInstance, type WasmInstance } from '../../wasm/module.ts'
import { type WeightReader, weightReader } from '../../weights/reader.ts'
import { describeLayer, filterPieces, SORTABLE_WEIGHTS } from './layer-detail.ts'
import { type ContentsGiven, type LayerDetail, type LayerInFiles, TILE, type WantedFilters } from './protocol.ts'

/** The layer that was opened last: its reader, what is known of it, and its weights where they are held. */
interface OpenLayer {
  readonly key: string
  /** Key of the source that it reads from. */
  readonly source: string
  readonly reader: WeightReader
  readonly detail: LayerDetail
  readonly weights: Float32Array | null
}

// One thing at a time: the module's memory is one arena.
let queue: Promise<unknown> = Promise.resolve()
let wasm: WasmInstance | undefined
// Two of each: what a comparison shows.
const sources = new Map<string, Source>()
const layers = new Map<string, OpenLayer>()
const MOST = 2

/** One after another: what uses the module's memory, or the sources that are open. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = queue.then(work, work)
  queue = next.catch(() => undefined)
  return next
}

/** Files of one path can come with several drops: the number of the drop tells them apart. */
const sourceKeyOf = ({ drop, input }: Pick<ContentsGiven, 'drop' | 'input'>): string => `${drop}/${input}`

const keyOf = (place: LayerInFiles): string =>
  JSON.stringify([sourceKeyOf(place), place.model, place.layer_id, place.layer, place.facts.limit])

async function sourceOf(place: ContentsGiven): Promise<Source> {
  const key = sourceKeyOf(place)
  const found = sources.get(key)
  if (found) {
    sources.delete(key)
    sources.set(key, found)
    return found
  }
  for (const [oldKey, old] of sources) {
    if (sources.size < MOST) break
    sources.delete(oldKey)
    // Its layers read from it as long as their weights are not held.
    for (const [layerKey, layer] of layers) if (layer.source === oldKey) layers.delete(layerKey)
    await old.close()
  }
  const input = (await findGivenInputs(place.files)).find(({ path }) => path === place.input)
  if (!input) throw new InputError(place.input, 'is not among the files of this page; drop it again')
  const opened = await openSource(await input.open())
  sources.set(key, opened)
  return opened
}

/** The model as its reader gives it. @throws InputError when its file is not there, or does not hold it any more */
export async function modelInFile(place: ContentsGiven): Promise<SourceModel> {
  const { models } = await sourceOf(place)
  // A run may name a model after its folder ("runs/a"), so that the last part has to do.
  const model =
    models.length === 1
      ? models[0]
      : (models.find(({ name }) => name === place.model) ?? models.find(({ name }) => place.model.endsWith(`/${name}`)))
  if (!model) throw new InputError(place.input, `has no model ${place.model} any more; drop it again`)
  return model
}

/** A reader of the layer's weights. */
async function readerOf(place: LayerInFiles): Promise<WeightReader> {
  const model = await modelInFile(place)
  const named = model.convolutions.filter(({ layer }) => layer === place.layer)
  const convolution = named.length > 1 ? (named.find(({ layer_id }) => layer_id === place.layer_id) ?? named[0]) : named[0]
  if (!convolution) throw new InputError(place.input, `has no layer ${place.layer} any more; drop it again`)
  return weightReader(convolution.weights, convolution.shape)
}

/** Opens the module, and loads the reader of the first of these files. Nothing else of them is read. */
export function prepareFor(files: readonly GivenFile[]): Promise<null> {
  return inTurn(async () => {
    wasm ??= await openInstance()
    const first = files.find((file) => !file.beside && 'blob' in file)
    if (!first) return null
    const access = await openGiven(first)
    try {
      await findFormat({ path: first.path, access, folder: givenFolder(files, folderOf(first.path)) })
    } finally {
      await access.close?.()
    }
    return null
  })
}

/** Reads a layer for the layer view. */
export function describeLayerInFiles(place: LayerInFiles, signal: AbortSignal): Promise<LayerDetail> {
  return inTurn(async () => (await layerOf(place, signal)).detail)
}

async function layerOf(place: LayerInFiles, signal: AbortSignal): Promise<OpenLayer> {
  const key = keyOf(place)
  const found = layers.get(key)
  if (found) return found
  signal.throwIfAborted()
  wasm ??= await openInstance()
  const reader = await readerOf(place)
  const weights = reader.filters * reader.taps <= SORTABLE_WEIGHTS ? await heldWeights(wasm, reader) : null
  const detail = await describeLayer(wasm, reader, weights, place.facts, signal)
  const open: OpenLayer = { key, source: sourceKeyOf(place), reader, detail, weights }
  layers.set(key, open)
  for (const oldest of layers.keys()) {
    if (layers.size <= MOST) break
    layers.delete(oldest)
  }
  return open
}

async function heldWeights(wasm: WasmInstance, reader: WeightReader): Promise<Float32Array> {
  const weights = new Float32Array(reader.filters * reader.taps)
  let at = 0
  for await (const { values } of filterPieces(wasm, reader)) {
    weights.set(values, at)
    at += values.length
  }
  return weights
}

/** The weights of some filters, in the order asked for. */
export function readWeights(place: LayerInFiles, wanted: WantedFilters): Promise<Float32Array> {
  return inTurn(async () => {
    const { reader, weights } = await layerOf(place, new AbortController().signal)
    const { taps } = reader
    const out = new Float32Array((wanted instanceof Int32Array ? wanted.length : wanted.count) * taps)
    let at = 0
    for (const { from, end } of runsOf(wanted)) {
      if (weights) out.set(weights.subarray(from * taps, end * taps), at)
      else {
        let within = at
        for await (const { values } of filterPieces(wasm!, reader, Math.min(TILE, end - from), from, end)) {
          out.set(values, within)
          within += values.length
        }
      }
      at += (end - from) * taps
    }
    return out
  })
}

/** Neighbours are read together. */
function runsOf(wanted: WantedFilters): { from: number; end: number }[] {
  if (!(wanted instanceof Int32Array)) return [{ from: wanted.from, end: wanted.from + wanted.count }]
  const runs: { from: number; end: number }[] = []
  for (const index of wanted) {
    const last = runs.at(-1)
    if (last?.end === index) last.end++
    else runs.push({ from: index, end: index + 1 })
  }
  return runs
}
