import { zipSync } from 'fflate'

/** Dicts in dicts, with tensors and with calls; written as torch.save writes it. */
export type Checkpoint = { readonly [key: string]: Checkpoint | TensorAt | Call }
/** Where a tensor begins in the storage, in numbers. */
export interface TensorAt {
  readonly at: number
  readonly shape: readonly number[]
}

/** A value that Python would make by calling a function ("module\nname") with a text. */
export interface Call {
  readonly call: string
  readonly of: string
}

/** A checkpoint of float32 tensors that lie in one storage. */
export function writeCheckpoint(checkpoint: Checkpoint, storage: Float32Array): Uint8Array {
  const text: string[] = ['\x80\x02']
  writeDict(checkpoint, text, storage.length)
  text.push('.')
  return zipSync(
    {
      'archive/data.pkl': Uint8Array.from(text.join(''), (letter) => letter.charCodeAt(0)),
      'archive/version': new TextEncoder().encode('3\n'),
      'archive/data/0': new Uint8Array(storage.buffer),
    },
    { level: 0 },
  )
}

function writeDict(dict: Checkpoint, out: string[], length: number): void {
  out.push('}(')
  for (const [key, value] of Object.entries(dict)) {
    out.push(word(key))
    if (isTensor(value)) writeTensor(value, out, length)
    else if (isCall(value)) out.push(`c${value.call}\n(`, word(value.of), 'tR')
    else writeDict(value, out, length)
  }
  out.push('u')
}

function writeTensor({ at, shape }: TensorAt, out: string[], length: number): void {
  const strides = shape.map((_, k) => shape.slice(k + 1).reduce((product, n) => product * n, 1))
  const tuple = (numbers: readonly number[]): string => `(${numbers.map(integer).join('')}t`
  out.push('ctorch._utils\n_rebuild_tensor_v2\n((')
  out.push(word('storage'), 'ctorch\nFloatStorage\n', word('0'), word('cpu'), integer(length), 'tQ')
  out.push(integer(at), tuple(shape), tuple(strides), '\x89', 'ccollections\nOrderedDict\n)R', 'tR')
}

function isCall(value: Checkpoint | Call): value is Call {
  return typeof value.call === 'string'
}

function isTensor(value: Checkpoint | TensorAt | Call): value is TensorAt {
  return 'shape' in value && Array.isArray(value.shape)
}

const word = (text: string): string => `X${int32(text.length)}${text}`
const integer = (value: number): string => `J${int32(value)}`

function int32(value: number): string {
  return String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255)
}
