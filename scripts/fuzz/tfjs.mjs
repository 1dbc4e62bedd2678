// TensorFlow.js: manifests, layers and graph models are changed as JSON; scripts as text, the model as well as its shard.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { changedJson } from './json.mjs'

const SHARD = new Uint8Array(1200)
const KNOWN = [
  'float32',
  'float16',
  'uint8',
  'uint16',
  'int32',
  'string',
  'bool',
  'complex64',
  'Conv2D',
  'DepthwiseConv2D',
  'SeparableConv2D',
]
const MORE = [
  'Conv2DTranspose',
  '_FusedConv2D',
  'Identity',
  's.bin',
  [3, 3, 1, 2],
  [1, 1, 2, 2],
  { dtype: 'uint8', scale: 1, min: 0 },
  'SAME',
]

const weights = [
  { name: 'a/kernel', shape: [3, 3, 2, 4], dtype: 'float32' },
  { name: 'words', shape: [2], dtype: 'string' },
  { name: 'a/bias', shape: [4], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.5, min: -1 } },
  { name: 'b/depthwise_kernel', shape: [3, 3, 4, 2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: -3 } },
  { name: 'b/pointwise_kernel', shape: [1, 1, 8, 3], dtype: 'float32', quantization: { dtype: 'float16' } },
]
const weightsManifest = [{ paths: ['s.bin', 't.bin'], weights }]
const layer = (class_name, name, config) => ({ class_name, config: { name, strides: [1, 1], padding: 'same', ...config } })
const layers = {
  format: 'layers-model',
  generatedBy: 'keras',
  modelTopology: {
    model_config: {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [layer('Conv2D', 'a', { groups: 1 }), layer('SeparableConv2D', 'b', {}), layer('Dense', 'c', {})],
      },
    },
  },
  weightsManifest,
}
const strings = (...list) => ({ list: { s: list.map((text) => btoa(text)) } })
const integers = (...list) => ({ list: { i: list.map(String) } })
const graph = {
  format: 'graph-model',
  modelTopology: {
    node: [
      { name: 'x', op: 'Placeholder' },
      { name: 'r', op: 'Identity', input: ['a/kernel'] },
      {
        name: 'c',
        op: '_FusedConv2D',
        input: ['x', 'r', 'a/bias'],
        attr: {
          strides: integers(1, 2, 2, 1),
          dilations: integers(1, 1, 1, 1),
          padding: { s: btoa('EXPLICIT') },
          explicit_paddings: integers(0, 0, 1, 2, 3, 4, 0, 0),
          fused_ops: strings('BiasAdd', 'Relu'),
        },
      },
      { name: 'd', op: 'DepthwiseConv2dNative', input: ['c', 'b/depthwise_kernel:0'], attr: { strides: integers(1, 1, 1, 1) } },
      { name: 'e', op: 'BiasAdd', input: ['d', 'a/bias'] },
      { name: 'u', op: 'Conv2DBackpropInput', input: ['e', 'b/pointwise_kernel'] },
    ],
  },
  weightsManifest,
}
const script = (value) => `!function(e){module.exports=e()}(function(){return{1:[function(e,t,n){t.exports=${value}},{}]}});`
const minified = (value) => JSON.stringify(value).replace(/"([A-Za-z_]\w*)":/g, '$1:')

export default {
  name: 'tfjs',

  async seeds() {
    const beside = { 's.bin': SHARD.subarray(0, 301), 't.bin': SHARD.subarray(301) }
    const base64 = (bytes) => bytesOf(script(JSON.stringify(Buffer.from(bytes).toString('base64'))))
    const scripts = { 's.min.js': base64(beside['s.bin']), 't.min.js': base64(beside['t.bin']) }
    const manifest = read('tfjs/face-api/face_landmark_68_tiny_model-weights_manifest.json')
    return [
      { path: 'layers/model.json', bytes: bytesOf(JSON.stringify(layers)), beside },
      { path: 'graph/model.json', bytes: bytesOf(JSON.stringify(graph)), beside },
      { path: 'm-weights_manifest.json', bytes: bytesOf(JSON.stringify(weightsManifest)), beside },
      {
        path: 'f.json',
        bytes: manifest,
        beside: { 'face_landmark_68_tiny_model.bin': read('tfjs/face-api/face_landmark_68_tiny_model.bin') },
      },
      { path: 'm.min.js', bytes: bytesOf(script(minified(graph))), beside: scripts },
      { path: 'l.min.js', bytes: bytesOf(script(minified(layers))), beside: scripts },
    ]
  },

  mutate(seed, random) {
    const beside = random.chance(4)
      ? Object.fromEntries(
          Object.entries(seed.beside).map(([name, bytes]) => [name, random.chance(2) ? mutateBytes(bytes, random) : bytes]),
        )
      : seed.beside
    if (seed.path.endsWith('.js'))
      return { ...seed, bytes: random.chance(2) ? seed.bytes : mutateBytes(seed.bytes, random), beside }
    const json = changedJson(JSON.parse(textOf(seed.bytes)), random, [...KNOWN, ...MORE])
    return { ...seed, bytes: bytesOf(JSON.stringify(json)), beside }
  },
}
