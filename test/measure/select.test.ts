import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { inputNames, ModelNames, stemOf } from '../../src/measure/model-names.ts'
import { parseKernel, selectLayers } from '../../src/measure/select.ts'
import type { Convolution, SourceModel } from '../../src/sources/source.ts'

const conv = (layer: string, height: number, width: number, layer_id?: number): Convolution => ({
  layer,
  shape: [4, 2, height, width],
  groups: 1,
  depth: 0,
  conv_depth: 0,
  conv_depth_norm: null,
  ...(layer_id !== undefined && { layer_id }),
  weights: { access: memoryAccess('x', new Uint8Array(0)), offset: 0, dtype: 'float32' },
})
const model = (convolutions: Convolution[]): SourceModel => ({
  name: 'm',
  format: 'test',
  producer: null,
  opset: null,
  depth_source: 'order',
  convolutions,
  skipped: [{ name: 'up', kind: 'ConvTranspose', shape: [2, 2, 2, 2], reason: 'transposed convolution' }],
  tensors: 0,
  meta: {},
  parts: [],
})

test('a kernel is rows x columns, or all', () => {
  assert.equal(parseKernel('3x3'), { height: 3, width: 3 })
  assert.equal(parseKernel('1×7'), { height: 1, width: 7 })
  assert.is(parseKernel('all'), 'all')
  for (const text of ['', '3', '0x3', '3x', 'x3', '1x1', '11x12', '3x3x3', 'ALL', '-3x3'])
    assert.throws(
      () => parseKernel(text),
      (e: Error) => e instanceof UsageError,
      text,
    )
})

test('other kernels are listed with the reason; layers are numbered in order', () => {
  const all = [conv('a', 3, 3), conv('b', 1, 1), conv('c', 5, 5), conv('d', 3, 3), conv('e', 1, 129)]
  const { layers, skipped } = selectLayers(model(all), { height: 3, width: 3 })
  assert.equal(
    layers.map(({ convolution, layer_id, kernel }) => [convolution.layer, layer_id, kernel]),
    [
      ['a', 0, '3x3'],
      ['d', 1, '3x3'],
    ],
  )
  assert.equal(
    skipped.map(({ name, reason }) => [name, reason]),
    [
      ['b', '1×1'],
      ['c', '5×5, not asked for (--kernel all)'],
      ['e', '1×129, more than 121 taps'],
      ['up', 'transposed convolution'],
    ],
  )
  assert.equal(
    selectLayers(model(all), 'all').layers.map(({ layer_id, kernel }) => [layer_id, kernel]),
    [
      [0, '3x3'],
      [1, '5x5'],
      [2, '3x3'],
    ],
  )
})

test("a file's own numbers are kept", () => {
  const { layers } = selectLayers(model([conv('a', 3, 3, 4), conv('b', 3, 3, 9)]), 'all')
  assert.equal(
    layers.map(({ layer_id }) => layer_id),
    [4, 9],
  )
})

test('names are stems, with folders where stems clash, whatever the order', () => {
  const paths = [
    'a/net.onnx',
    'b/net.onnx',
    'c/x/net.onnx',
    'd/x/net.onnx',
    'solo.pth',
    './deep/er/two.v1.onnx',
    'same.onnx',
    'same.pth',
  ]
  const expected = {
    'a/net.onnx': 'a/net',
    'b/net.onnx': 'b/net',
    'c/x/net.onnx': 'c/x/net',
    'd/x/net.onnx': 'd/x/net',
    'solo.pth': 'solo',
    './deep/er/two.v1.onnx': 'two.v1',
    'same.onnx': 'same.onnx',
    'same.pth': 'same.pth',
  }
  for (const order of [paths, paths.toReversed()])
    assert.equal(
      Object.fromEntries(inputNames(order)),
      Object.fromEntries(order.map((p) => [p, expected[p as keyof typeof expected]])),
    )
  assert.is(stemOf('.hidden'), '.hidden')
  assert.is(stemOf('C:\\models\\net.onnx'), 'net')
})

test('a file that names its models keeps their names until they clash', () => {
  const names = new ModelNames(inputNames(['one.h5', 'two.h5', 'resnet.onnx']))
  assert.is(names.take('one.h5', 'resnet'), 'resnet')
  assert.is(names.take('one.h5', 'vgg'), 'vgg')
  assert.is(names.take('two.h5', 'vgg'), 'two/vgg')
  assert.is(names.take('resnet.onnx', 'resnet'), 'resnet.onnx')
  assert.is(names.take('two.h5', 'vgg'), 'two.h5/vgg')
  assert.is(names.take('two.h5', 'vgg'), 'two.h5/vgg (2)')
})

test.run()
