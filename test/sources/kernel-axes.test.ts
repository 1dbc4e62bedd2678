import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { kernelAxes, readKernels } from '../../src/sources/kernel-axes.ts'
import type { NamedTensor } from '../../src/sources/tensor-rules.ts'

const access = memoryAccess('file', new Uint8Array(0))
const tensor = (name: string, ...shape: number[]): NamedTensor => ({
  name,
  shape,
  weights: { access, offset: 0, dtype: 'float32' },
})

/** A network as (in, out, side) of its kernels, in one of the layouts. */
function network(
  layout: 'oihw' | 'ohwi' | 'hwio',
  layers: readonly [inputs: number, out: number, side: number][],
): NamedTensor[] {
  return layers.map(([i, o, k], n) => {
    const shape = { oihw: [o, i, k, k], ohwi: [o, k, k, i], hwio: [k, k, i, o] }[layout]
    return tensor(`layers.${n}.weight`, ...shape)
  })
}

const networks: [string, [number, number, number][]][] = [
  [
    'an image network',
    [
      [3, 32, 3],
      [32, 64, 3],
      [64, 64, 1],
      [64, 128, 3],
    ],
  ],
  [
    'of one channel',
    [
      [1, 16, 5],
      [16, 32, 5],
      [32, 10, 1],
    ],
  ],
  [
    'with a large first kernel',
    [
      [3, 64, 7],
      [64, 64, 3],
      [64, 256, 1],
    ],
  ],
  [
    'without a first layer',
    [
      [64, 64, 3],
      [64, 64, 3],
    ],
  ],
]
for (const layout of ['oihw', 'ohwi', 'hwio'] as const)
  for (const [name, layers] of networks) test(`${name}, ${layout}`, () => assert.is(kernelAxes(network(layout, layers)), layout))

test('networks of few channels, whose every axis could be a side, are told by their squares', () => {
  const few: [number, number, number][] = [
    [3, 8, 3],
    [8, 8, 3],
    [8, 9, 3],
  ]
  for (const layout of ['oihw', 'ohwi', 'hwio'] as const) assert.is(kernelAxes(network(layout, few)), layout)
  // Kernels of 3×1 and 1×3, as PyTorch stores them.
  const flat = [tensor('a.weight', 8, 3, 3, 1), tensor('b.weight', 8, 8, 1, 3), tensor('c.weight', 8, 8, 3, 1)]
  assert.equal(readKernels(flat).tensors, flat)
})

test('biases decide where channels are not handed on', () => {
  const heads = (length: number) => [
    tensor('a.weight', 20, 3, 3, 48),
    tensor('a.bias', length),
    tensor('b.weight', 36, 3, 3, 80),
    tensor('b.bias', length === 20 ? 36 : length),
  ]
  assert.is(kernelAxes(heads(20)), 'ohwi')
  assert.is(kernelAxes(heads(7)), undefined)
  assert.is(kernelAxes([tensor('a.weight', 20, 3, 3, 48), tensor('b.weight', 36, 3, 3, 80)]), undefined)
})

test('what cannot be told is left as it is, and said', () => {
  const odd = [tensor('a.weight', 20, 3, 3, 48), tensor('b.weight', 36, 3, 3, 80), tensor('c', 5)]
  const { tensors, warnings } = readKernels(odd)
  assert.equal(tensors, odd)
  assert.equal(warnings, [
    'the axes of 2 tensors (a.weight …) are not (out, in, rows, columns), and the file does not tell what they are',
  ])
})

test("PyTorch's networks stay as they are, whatever else has four axes", () => {
  const usual = network('oihw', networks[0]![1])
  const others = [
    tensor('attn.bias', 1, 1, 1024, 1024),
    tensor('attn.masked_bias', 1, 1, 64, 64),
    tensor('pos_embed', 1, 14, 14, 768),
    tensor('cache', 2, 8, 64, 64),
    tensor('x', 3, 3, 64, 64),
  ]
  assert.equal(readKernels([...usual, ...others]), { tensors: [...usual, ...others], warnings: [] })
  assert.equal(readKernels(others.slice(0, 4)), { tensors: others.slice(0, 4), warnings: [] })
  const small = [tensor('w', 1, 2, 2, 1), tensor('v', 3, 3, 3, 8), tensor('u', 8, 8, 3, 3)]
  assert.equal(readKernels(small).warnings, [])
})

test('strides lead to the stored elements', () => {
  const flax = readKernels(
    network('hwio', [
      [3, 32, 3],
      [32, 64, 3],
    ]),
  ).tensors[0]!
  assert.equal(flax.shape, [32, 3, 3, 3])
  assert.equal('strides' in flax.weights && flax.weights.strides, [1, 32, 288, 96])
  const mlx = readKernels(
    network('ohwi', [
      [3, 32, 3],
      [32, 64, 3],
    ]),
  ).tensors[0]!
  assert.equal(mlx.shape, [32, 3, 3, 3])
  assert.equal('strides' in mlx.weights && mlx.weights.strides, [27, 1, 9, 3])
  const depthwise = readKernels([tensor('a/depthwise_kernel', 3, 3, 64, 2), tensor('a/kernel', 3, 3, 3, 64)]).tensors[0]!
  assert.equal(depthwise.shape, [128, 1, 3, 3])
})

test.run()
