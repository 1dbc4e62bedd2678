import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { readText } from '../json-file.ts'

// https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure
//
//   7767517
//   layers blobs
//   type name inputs outputs input … output … key=value …
//
// A key of -23300 - k is a list: its length, then its elements, with commas between them.

const MOST_LAYERS = 200_000
/** The longest lists of layers have a few hundred kilobytes. */
const LONGEST_LIST = 1 << 25
const LIST_KEYS = -23300

export interface NcnnLayer {
  readonly type: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Numbers by their keys; lists are left out, for nothing here asks for one. */
  readonly values: ReadonlyMap<number, number>
}

/** Whether a text is a list of ncnn's layers; pnnx's begins alike, and calls its own by names with dots. */
export function looksLikeParam(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head)
  return /^7767517\s/.test(text) && !/^(pnnx\.|nn\.|F\.|torch\.|Tensor\.)/m.test(text)
}

/** @throws InputError when a line is none of a layer, or there are not as many as the file says */
export async function readParam(access: RandomAccess): Promise<NcnnLayer[]> {
  if (access.byteLength > LONGEST_LIST)
    throw new InputError(
      access.name,
      `is an ncnn network of ${access.byteLength} bytes of text, more than the ${LONGEST_LIST} that are read`,
    )
  const lines = (await readText(access)).split(/\r?\n/).filter((line) => line.trim() !== '')
  const [layers, blobs] = (lines[1] ?? '').trim().split(/\s+/).map(Number)
  if (!Number.isSafeInteger(layers) || !Number.isSafeInteger(blobs) || layers! > MOST_LAYERS)
    throw new InputError(access.name, 'is an ncnn network whose second line does not count layers and blobs; get it again')
  if (lines.length - 2 < layers!)
    throw new InputError(
      access.name,
      `is an ncnn network of ${layers} layers and lists ${lines.length - 2}; it is cut short, get it again`,
    )
  return lines.slice(2, 2 + layers!).map((line, k) => layerOf(access.name, line, k + 3))
}

function layerOf(file: string, line: string, at: number): NcnnLayer {
  const [type, name, taken, given, ...rest] = line.trim().split(/\s+/)
  const [inputs, outputs] = [Number(taken), Number(given)]
  const isWhole = Number.isSafeInteger(inputs) && Number.isSafeInteger(outputs) && inputs >= 0 && outputs >= 0
  if (type === undefined || name === undefined || !isWhole || rest.length < inputs + outputs)
    throw new InputError(file, `is an ncnn network whose line ${at} is no layer; it is damaged, get it again`)
  const values = new Map<number, number>()
  for (const pair of rest.slice(inputs + outputs)) {
    const equals = pair.indexOf('=')
    const [key, value] = [Number(pair.slice(0, equals)), Number(pair.slice(equals + 1))]
    if (equals > 0 && Number.isSafeInteger(key) && key > LIST_KEYS && Number.isFinite(value)) values.set(key, value)
  }
  return { type, name, inputs: rest.slice(0, inputs), outputs: rest.slice(inputs, inputs + outputs), values }
}
