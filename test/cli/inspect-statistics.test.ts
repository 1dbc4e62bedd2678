// `inspect --statistics`: every tensor of a file is listed once, with numbers that can be computed again.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens } from './run.ts'

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly statistics: Readonly<Record<string, number | null>> | null
  readonly unread_because: string | null
}

const inspect = async (...words: readonly string[]): Promise<Entry[]> => {
  const { code, out, err } = await filterlens(['inspect', ...words, '--json'])
  assert.is(code, 0, err)
  return JSON.parse(out) as Entry[]
}

/** Tensors of formats with and without a graph. */
const files: readonly (readonly [file: string, tensors: number, one: string])[] = [
  ['keras/model.h5', 14, 'bn/beta'],
  ['tfjs/upscalerjs/model.json', 24, 'UPN3/bias'],
  ['tflite/quantised.tflite', 8, 'bias'],
  ['gguf/unet.gguf', 6, 'steps.weight'],
  ['pytorch/module.pt', 16, 'module.fc.bias'],
  ['pytorch/script.pt', 16, 'fc.bias'],
  ['pytorch/pytorch_model.bin.index.json', 16, 'fc.weight'],
  ['torch-export/channels_last.pt2', 4, '2.bias'],
  ['flax/variables.msgpack', 15, 'params/stem/bias'],
  ['numpy/state.npz', 5, 'count'],
  ['state-h5/nested.hdf5', 5, 'model/stem/bias'],
]

for (const [file, tensors, one] of files)
  test(`${file}: ${tensors} tensors, each once, ${one} among them`, async () => {
    const entries = await inspect(`test/fixtures/${file}`, '--statistics')
    assert.is(entries.length, tensors)
    assert.is(new Set(entries.map(({ name }) => name)).size, tensors)
    const found = entries.find(({ name }) => name === one)
    assert.ok(found, entries.map(({ name }) => name).join(', '))
    assert.is(
      found!.statistics?.['values'],
      found!.shape.reduce((product, size) => product * size, 1),
    )
  })

test('a pattern chooses tensors; the same numbers as without it', async () => {
  const all = await inspect('data/vgg_w16_cifar10_normal.onnx', '--statistics')
  const some = await inspect('data/vgg_w16_cifar10_normal.onnx', '--tensor', 'fc.*')
  assert.equal(
    some.map(({ name }) => name),
    ['fc.weight', 'fc.bias'],
  )
  assert.equal(
    some,
    all.filter(({ name }) => name.startsWith('fc.')),
  )
})

test('a reader that lists convolutions only says so: below the table, beside JSON, and when a pattern finds nothing', async () => {
  const file = 'test/fixtures/caffe/branches.caffemodel'
  const table = await filterlens(['inspect', file, '--statistics'])
  assert.match(table.out.replace(/\s+/g, ' '), /lists convolutions only: biases, matrices and statistics are not/)
  const json = await filterlens(['inspect', file, '--statistics', '--json'])
  assert.match(json.err, /of the tensors of Caffe files convolutions alone are listed/)
  const none = await filterlens(['inspect', file, '--tensor', '*.bias'])
  assert.is(none.code, 2)
  assert.match(none.err, /of the tensors of Caffe files convolutions alone are listed/)
  const whole = await filterlens(['inspect', 'test/fixtures/gguf/unet.gguf', '--statistics', '--json'])
  assert.not.match(whole.err, /convolutions alone/)
})

test('what is asked for and is not there, and two wishes that exclude each other, are refused', async () => {
  const none = await filterlens(['inspect', 'data/vgg_w16_cifar10_normal.onnx', '--tensor', 'nothing*'])
  assert.is(none.code, 2)
  assert.match(none.err, /no tensor has a name that fits --tensor nothing\*/)
  const both = await filterlens(['inspect', 'data/vgg_w16_cifar10_normal.onnx', '--tensor', '*', '--operators'])
  assert.is(both.code, 2)
  assert.match(both.err, /give one of them/)
})

test.run()
