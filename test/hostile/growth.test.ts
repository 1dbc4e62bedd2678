// Twice the input takes at most two and a half times the time: inputs of odd kinds (growth-of-readers.test.ts has one of every
// format), and every list that a person can make long.
import { zipSync } from 'fflate'
import { test } from 'uvu'
import { findGivenInputs } from '../../src/inputs/given-inputs.ts'
import { emptyFolder, type Folder, memoryAccess } from '../../src/io/random-access.ts'
import { inputNames, ModelNames } from '../../src/measure/model-names.ts'
import { openSource } from '../../src/sources/open.ts'
import { readCsvFrame } from '../../src/sources/pandas/csv.ts'
import { memoryFolder, text } from '../sources/inputs.ts'
import { attribute, model, node, weight } from '../sources/onnx/model.ts'
import { safetensors } from './grown.ts'
import { growsLinearly } from './growth.ts'
import { npyBytes } from './npy.ts'
import { type Checkpoint, writeCheckpoint } from './pickles.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k)

/** Opening an input: all that is done before a weight is read. */
function opening(path: string, bytes: Uint8Array, folder: Folder = emptyFolder): () => Promise<void> {
  return async () => {
    const source = await openSource({ path, access: memoryAccess(path, bytes), folder })
    await source.close()
  }
}

const namings: Record<string, (k: number, n: number) => string> = {
  'a network': (k) => `layer${k}.conv.weight`,
  'deep names': (k) => `a.b.c.d.e.f.g.h.${k}.weight`,
  'as many networks': (k) => `net${k}.conv.weight`,
  'a network and its copy': (k, n) => `${k % 2 ? 'model' : 'model_ema'}.layer${k >> 1}.${n}.weight`,
  'copies without dots': (k) => (k % 2 ? `ema.layer${k >> 1}conv` : `model.layer${k >> 1}.conv`),
  'one shared middle': (k) => `block.${'x'.repeat(k % 7)}.${k}.attn.conv.weight`,
  'weights in parts': (k) => `conv${k >> 1}.weight_${k % 2 ? 'g' : 'v'}`,
  'optimiser slots': (k) => `conv${k >> 1}.weight${k % 2 ? '.exp_avg' : ''}`,
  'names of numbers': (k) => `${k}`,
}
for (const [naming, nameOf] of Object.entries(namings))
  test(`safetensors, ${naming}`, () =>
    growsLinearly(naming, 1000, (n) => opening('net.safetensors', safetensors(range(n).map((k) => nameOf(k, n))))))

/** A checkpoint of n dicts, each with the tensors that `of` gives it. */
function dicts(n: number, of: (k: number) => Checkpoint): Uint8Array {
  const storage = Float32Array.from({ length: 18 * n + 18 }, (_, k) => k + 1)
  return writeCheckpoint(Object.fromEntries(range(n).map((k) => [`net_${k}`, of(k)])), storage)
}
const conv = (at: number) => ({ at, shape: [1, 1, 3, 3] })
const checkpoints: Record<string, (k: number) => Checkpoint> = {
  'copies of one network': () => ({ 'a.weight': conv(0), 'b.weight': conv(9) }),
  'networks of the same names with other values': (k) => ({ 'a.weight': conv(18 * k), 'b.weight': conv(18 * k + 9) }),
  'networks that begin alike and end otherwise': (k) => ({ 'a.weight': conv(0), 'b.weight': conv(18 * k + 9) }),
  'networks of other names': (k) => ({ [`a${k}.weight`]: conv(18 * k), [`b${k}.weight`]: conv(18 * k + 9) }),
  'networks that share one name': (k) => ({ 'a.weight': conv(0), [`b${k}.weight`]: conv(18 * k + 9) }),
}
for (const [kind, of] of Object.entries(checkpoints))
  test(`pickle, ${kind}`, () => growsLinearly(kind, 300, (n) => opening('net.pth', dicts(n, of))))

test('pickle, averages', () =>
  growsLinearly('averages', 300, (n) =>
    opening(
      'net.pth',
      writeCheckpoint(
        Object.fromEntries(range(n).map((k) => [`ema_${k}`, { [`a${k >> 1}.weight`]: conv(9 * k) }])),
        new Float32Array(9 * n),
      ),
    ),
  ))

const array = npyBytes('<f4', [1, 1, 3, 3], new Float32Array(9))

test('zip of many models', () =>
  growsLinearly('zip', 150, (n) =>
    opening('nets.zip', zipSync(Object.fromEntries(range(n).map((k) => [`run${k}/best.npy`, array])), { level: 0 })),
  ))

test('zip of many other files', () =>
  growsLinearly('zip', 1000, (n) => {
    const bytes = zipSync(
      Object.fromEntries([
        ...range(n).map((k): [string, Uint8Array] => [`notes/${k}.txt`, new Uint8Array(1)]),
        ['net.npy', array],
      ]),
      { level: 0 },
    )
    return opening('nets.zip', bytes)
  }))

const convolution = (k: number) =>
  node('Conv', [k === 0 ? 'x' : `y${k - 1}`, `w${k}`], [`y${k}`], attribute.ints('kernel_shape', [3, 3]))
const weights = (n: number) => range(n).map((k) => weight(`w${k}`, [1, 1, 3, 3], k))
const graphs: Record<string, (n: number) => Uint8Array> = {
  'a chain from its end': (n) => model({ nodes: range(n).map(convolution).reverse(), initializers: weights(n) }),
  'branches of one input': (n) =>
    model({ nodes: range(n).map((k) => node('Conv', ['x', `w${k}`], [`y${k}`])), initializers: weights(n) }),
  'one weight for all': (n) =>
    model({ nodes: range(n).map((k) => node('Conv', [k ? `y${k - 1}` : 'x', 'w0'], [`y${k}`])), initializers: weights(1) }),
  'a weight behind many others': (n) =>
    model({
      nodes: [
        ...range(n).map((k) => node('Identity', [k ? `i${k - 1}` : 'w0'], [`i${k}`])),
        node('Conv', ['x', `i${n - 1}`], ['y']),
      ],
      initializers: weights(1),
    }),
  'a ladder of additions': (n) =>
    model({
      nodes: [
        ...range(n).map((k) => node('Add', k ? [`s${k - 1}`, `s${Math.max(0, k - 2)}`] : ['x', 'x'], [`s${k}`])),
        node('Conv', [`s${n - 1}`, 'w0'], ['y']),
      ],
      initializers: weights(1),
    }),
}
test('ONNX, graphs of many nodes', async () => {
  for (const [kind, of] of Object.entries(graphs)) await growsLinearly(kind, 500, (n) => opening('net.onnx', of(n)))
})

test('TensorFlow.js, many layers', () =>
  growsLinearly('tfjs', 500, (n) => {
    const layers = range(n).map((k) => ({ class_name: 'Conv2D', config: { name: `c${k}`, strides: [1, 1], padding: 'same' } }))
    const manifest = [
      { paths: ['s.bin'], weights: range(n).map((k) => ({ name: `c${k}/kernel`, shape: [3, 3, 1, 1], dtype: 'float32' })) },
    ]
    const json = {
      format: 'layers-model',
      modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'm', layers } } },
      weightsManifest: manifest,
    }
    return opening('model.json', text(JSON.stringify(json)), memoryFolder({ 's.bin': new Uint8Array(36 * n) }))
  }))

test('dropped files: loose, in one folder, in a folder each', async () => {
  const path: Record<string, (k: number) => string> = {
    loose: (k) => `net${k}.onnx`,
    'in one folder': (k) => `models/net${k}.onnx`,
    'in a folder each': (k) => `models/run${k}/best.onnx`,
    shards: (k) => `models/net-${String(k + 1).padStart(5, '0')}-of-99999.safetensors`,
  }
  for (const [kind, pathOf] of Object.entries(path))
    await growsLinearly(kind, 2000, (n) => {
      const blob = new Blob([])
      const files = range(n).map((k) => ({ path: pathOf(k), blob }))
      return () => findGivenInputs(files)
    })
})

test('names of inputs and models', async () => {
  await growsLinearly(
    'the same name in other folders',
    2000,
    (n) => async () => inputNames(range(n).map((k) => `run${k}/best.onnx`)),
  )
  await growsLinearly('models of one name', 1000, (n) => async () => {
    const names = new ModelNames(new Map())
    for (let k = 0; k < n; k++) names.take('a.h5', 'net')
  })
})

test('tables of metadata', () =>
  growsLinearly('csv', 2000, (n) => {
    const csv = `model,accuracy\n${range(n)
      .map((k) => `net${k},0.${k}`)
      .join('\n')}\n`
    return async () => readCsvFrame('meta.csv', csv)
  }))

test.run()
