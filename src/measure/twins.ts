import { createSha256 } from '#io'
import { depthSources } from '../database/provenance.ts'
import { InputError } from '../errors.ts'
import type { SourceModel } from '../sources/source.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import { weightReader } from '../weights/reader.ts'
import type { SelectedLayer } from './select.ts'

/** A model of it, with its layers selected. */
export interface FamilyModel {
  readonly model: SourceModel
  readonly layers: readonly SelectedLayer[]
}

/** A file of a family: files of one folder that may be one network in several formats. */
export interface FamilyFile {
  readonly path: string
  readonly models: readonly FamilyModel[]
}

/** A file that holds what another one of its folder holds. */
export interface Twin {
  readonly path: string
  /** The file that is measured. */
  readonly of: string
}

/** Weights of a layer that are compared, from its first filter on: a layer of 29,000 3×3 filters is compared whole. */
const COMPARED = 1 << 18

/** Files of a family that are compared: they are open at one time. */
export const MOST_OF_A_FAMILY = 16

/**
 * Which files of a family hold the same filters as another: layers of the same shapes with the same float32 weights, bit for bit, in
 * whatever order and under whatever names. safetensors is kept first, then the file whose depths are surest, then the first.
 * A file that cannot be read is no twin: what is wrong with it is said when it is measured.
 * @throws the signal's reason
 */
export async function twinsOf(family: readonly FamilyFile[], signal?: AbortSignal): Promise<Twin[]> {
  const kept: { readonly file: FamilyFile; readonly shapes: string; print: string | undefined }[] = []
  const twins: Twin[] = []
  let wasm: WasmInstance | undefined
  const printOf = async ({ models }: FamilyFile): Promise<string | undefined> => {
    wasm ??= await openInstance()
    try {
      const prints: string[] = []
      for (const layer of layersOf(models)) {
        signal?.throwIfAborted()
        prints.push(await printOfLayer(wasm, layer))
      }
      return prints.sort().join(' ')
    } catch (error) {
      if (error instanceof InputError) return undefined
      throw error
    }
  }
  for (const file of [...family].sort((a, b) => preference(a) - preference(b))) {
    const layers = layersOf(file.models)
    const shapes = layers
      .map(({ convolution }) => convolution.shape.join('x'))
      .sort()
      .join(' ')
    let print: string | undefined
    let original: string | undefined
    for (const other of layers.length === 0 ? [] : kept) {
      if (other.shapes !== shapes) continue
      other.print ??= await printOf(other.file)
      print ??= await printOf(file)
      if (print !== undefined && print === other.print) original = other.file.path
      if (original !== undefined) break
    }
    if (original === undefined) kept.push({ file, shapes, print })
    else twins.push({ path: file.path, of: original })
  }
  return twins
}

/** What is said of a file that is left out. */
export function twinText({ path, of }: Twin): string {
  return `${path} holds the same filters as ${of}: one network in two files, counted once`
}

function layersOf(models: readonly FamilyModel[]): SelectedLayer[] {
  return models.flatMap(({ layers }) => layers)
}

function preference({ models }: FamilyFile): number {
  if (models.every(({ model }) => model.format === 'safetensors')) return -1
  return Math.max(...models.map(({ model }) => depthSources.indexOf(model.depth_source)))
}

/** Tells the first weights of a layer from others. @throws InputError when they cannot be read */
async function printOfLayer(wasm: WasmInstance, { convolution: { weights, shape } }: SelectedLayer): Promise<string> {
  const reader = weightReader(weights, shape)
  const count = Math.min(reader.filters, Math.max(1, Math.floor(COMPARED / reader.taps)))
  const bytes = count * reader.taps * 4
  const address = wasm.reserve(bytes + reader.scratchBytes + 64)
  await reader.read(wasm, address, address + bytes, 0, count)
  const hash = await createSha256()
  hash.update(wasm.u8(address, bytes))
  return `${shape.join('x')}:${hash.hex()}`
}
