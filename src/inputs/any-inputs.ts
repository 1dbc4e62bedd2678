import { pathInputs } from '#paths'
import { UsageError } from '../errors.ts'
import { openBlob } from '../io/blob.ts'
import { emptyFolder, type Input, type LazyInput, memoryAccess } from '../io/random-access.ts'
import { fileInputs } from './given-inputs.ts'

/** The bytes of a model's file. */
export type ModelBytes = Uint8Array | ArrayBuffer

/** One thing that is to be measured: in Node a path, a folder, a pattern or an address; everywhere a File, a Blob, bytes, or an input. */
export type AnyInput = string | Blob | ModelBytes | Input | LazyInput

type InputStream = AsyncIterable<Input | LazyInput>

/** What `analyze` takes: one thing, a list, or a stream of inputs (`findInputs`). */
export type AnyInputs = AnyInput | Iterable<AnyInput> | InputStream

/**
 * Inputs from whatever was given, in its order. Files that stand next to one another belong together (shards, external data), and so do
 * paths; a Blob and bytes have no name and are called "input 1" after their place.
 * @throws UsageError for what is none of these: the sentence names it
 */
export async function inputsFrom(given: AnyInputs): Promise<(Input | LazyInput)[] | InputStream> {
  if (given !== null && typeof given === 'object' && Symbol.asyncIterator in given) return given
  const isOne = typeof given === 'string' || !isIterable(given) || isBytes(given)
  const items = isOne ? [given as AnyInput] : [...(given as Iterable<AnyInput>)]
  const where = (k: number): string => (isOne ? 'inputs' : `inputs[${k}]`)
  const inputs: (Input | LazyInput)[] = []
  for (let k = 0; k < items.length; ) {
    const item: unknown = items[k]
    const alike = (is: (other: unknown) => boolean): AnyInput[] => {
      const end = items.findIndex((other, at) => at > k && !is(other))
      return items.slice(k, end < 0 ? items.length : end)
    }
    if (typeof item === 'string') {
      if (item === '') throw new UsageError(`${where(k)} is an empty text; give the path of a model`)
      const paths = alike((other) => typeof other === 'string' && other !== '') as string[]
      for (const input of await pathInputs(paths)) inputs.push(input)
      k += paths.length
    } else if (isFile(item)) {
      const files = alike(isFile) as File[]
      for (const input of await fileInputs(files)) inputs.push(input)
      k += files.length
    } else {
      inputs.push(inputFrom(item, where(k), `input ${k + 1}`))
      k++
    }
  }
  return inputs
}

function inputFrom(item: unknown, where: string, path: string): Input | LazyInput {
  if (item instanceof Blob) return { path, open: async () => ({ path, access: openBlob(item, path), folder: emptyFolder }) }
  if (isBytes(item)) {
    const bytes = item instanceof ArrayBuffer ? new Uint8Array(item) : item
    return { path, access: memoryAccess(path, bytes), folder: emptyFolder }
  }
  if (typeof item === 'object' && item !== null && 'path' in item && ('open' in item || 'access' in item)) return item as Input
  throw new UsageError(`${where} is ${kindOf(item)}; give a path, a File, a Blob, bytes, or what listInputs and fileInputs give`)
}

const isFile = (item: unknown): item is File => typeof File !== 'undefined' && item instanceof File
const isBytes = (item: unknown): item is ModelBytes => item instanceof Uint8Array || item instanceof ArrayBuffer
const isIterable = (item: unknown): boolean => typeof item === 'object' && item !== null && Symbol.iterator in item

function kindOf(item: unknown): string {
  if (item === undefined || item === null) return String(item)
  if (item instanceof Promise) return 'a Promise (await it)'
  if (typeof item !== 'object') return `a ${typeof item}`
  const name = item.constructor?.name ?? 'Object'
  return name === 'Object' ? 'an object without path' : `of the kind ${name}`
}
