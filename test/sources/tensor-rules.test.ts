import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { type NamedTensor, placeInFileOrder, stateDictConvolutions } from '../../src/sources/tensor-rules.ts'
import { processorTime } from '../helpers/processor-time.ts'

const access = memoryAccess('model.pt', new Uint8Array())
const float = (name: string, ...shape: number[]): NamedTensor => ({
  name,
  shape,
  weights: { access, offset: 0, dtype: 'float32' },
})

function verdicts(...tensors: NamedTensor[]): Record<string, string> {
  const { convolutions, skipped } = stateDictConvolutions(tensors)
  return Object.fromEntries([
    ...convolutions.map((c) => [c.layer, 'kept']),
    ...skipped.map((s) => [s.name, `${s.kind}: ${s.reason}`]),
  ])
}

test('a ResNet state dict: convolutions kept in file order, the rest not listed', () => {
  const { convolutions, skipped, warnings } = stateDictConvolutions([
    float('conv1.weight', 64, 3, 7, 7),
    float('bn1.weight', 64),
    float('bn1.bias', 64),
    float('layer1.0.conv1.weight', 64, 64, 3, 3),
    float('layer2.0.downsample.0.weight', 128, 64, 1, 1),
    float('fc.weight', 1000, 512),
    float('fc.bias', 1000),
  ])
  assert.equal(
    convolutions.map((c) => [c.layer, c.depth, c.conv_depth, c.conv_depth_norm]),
    [
      ['conv1.weight', 0, 0, 0],
      ['layer1.0.conv1.weight', 1, 1, 0.5],
      ['layer2.0.downsample.0.weight', 2, 2, 1],
    ],
  )
  assert.equal(skipped, [])
  assert.equal(warnings, [])
})

test('one convolution alone has no normalised depth', () => {
  assert.is(stateDictConvolutions([float('w', 2, 1, 3, 3)]).convolutions[0]!.conv_depth_norm, null)
  assert.equal(placeInFileOrder([]), [])
})

test('other dimensions are named', () => {
  assert.equal(
    verdicts(float('a.weight', 4, 4, 3), float('b.weight', 4, 4, 3, 3, 3), float('scale', 4, 1, 1), float('z', 0, 3, 3, 3)),
    {
      'a.weight': 'Conv: 1-D convolution',
      'b.weight': 'Conv: 3-D convolution',
      scale: 'tensor: 3-D tensor',
      z: 'tensor: empty',
    },
  )
})

test('embeddings, masks and tables are no convolutions; patch embeddings and heads with one channel are', () => {
  assert.equal(
    verdicts(
      float('pos_embed', 1, 64, 14, 14),
      float('h.0.attn.bias', 1, 1, 1024, 1024),
      float('const.input', 1, 512, 4, 4),
      float('relative_position_bias_table', 12, 3, 9, 9),
      float('patch_embed.proj.weight', 768, 3, 16, 16),
      float('tokens', 7, 3, 32, 32),
      float('head.weight', 1, 64, 3, 3),
      float('detail.weight', 8, 8, 256, 256),
    ),
    {
      pos_embed: 'tensor: a table, mask or scale by its name',
      'h.0.attn.bias': 'tensor: a table, mask or scale by its name',
      'const.input': 'tensor: leading dimension 1: an embedding, scale or table',
      relative_position_bias_table: 'tensor: a table, mask or scale by its name',
      'patch_embed.proj.weight': 'kept',
      tokens: 'tensor: 32×32 is no kernel size',
      'head.weight': 'kept',
      'detail.weight': 'tensor: 256×256 is no kernel size',
    },
  )
})

test('transposed convolutions: the bias proves it, a name says it, an upsampling name only warns', () => {
  const tensors = [
    float('up1.weight', 64, 32, 3, 3),
    float('up1.bias', 32),
    float('decoder.deconv2.weight', 16, 16, 3, 3),
    float('trans.conv_transpose.weight', 16, 16, 3, 3),
    float('deconv3.weight', 32, 64, 3, 3),
    float('deconv3.bias', 32),
    float('upsample.0.weight', 256, 64, 3, 3),
    float('decoder.conv.weight', 8, 8, 3, 3),
  ]
  assert.equal(verdicts(...tensors), {
    'up1.weight': 'ConvTranspose: transposed convolution (its bias fits the second dimension)',
    'decoder.deconv2.weight': 'ConvTranspose: transposed convolution by its name',
    'trans.conv_transpose.weight': 'ConvTranspose: transposed convolution by its name',
    'deconv3.weight': 'kept',
    'upsample.0.weight': 'kept',
    'decoder.conv.weight': 'kept',
  })
  assert.equal(stateDictConvolutions(tensors).warnings, [
    'layer upsample.0.weight may be transposed: a state dict does not say so, and they are measured as ordinary convolutions',
  ])
})

test('weights that are stored in parts are put together, or refused by what is missing', () => {
  assert.equal(
    verdicts(
      float('a.weight_g', 4, 1, 1, 1),
      float('a.weight_v', 4, 4, 3, 3),
      float('b.weight_orig', 4, 4, 3, 3),
      float('b.weight_mask', 4, 4, 3, 3),
      float('c.weight_orig', 4, 4, 3, 3),
      float('d.parametrizations.weight.original0', 4, 1, 1, 1),
      float('d.parametrizations.weight.original1', 4, 4, 3, 3),
      float('e.parametrizations.weight.original', 4, 4, 3, 3),
      float('e.parametrizations.weight.0.base', 4, 4),
      float('f.parametrizations.weight.original', 4, 4, 3, 3),
      float('g.weight_g', 3, 1, 1, 1),
      float('g.weight_v', 4, 4, 3, 3),
      float('h.parametrizations.weight.original', 4, 4, 3, 3),
      float('h.parametrizations.weight.0.mask', 4, 4, 3, 3),
      float('h.parametrizations.weight.1._u', 4),
      float('h.parametrizations.weight.1._v', 36),
    ),
    {
      'a.weight': 'kept',
      'b.weight': 'kept',
      'c.weight_orig': 'kept',
      'd.weight': 'kept',
      'e.weight':
        'Conv: parametrised by orthogonal (0.base), which is not computed; save the model after torch.nn.utils.parametrize.remove_parametrizations',
      'f.weight':
        'Conv: parametrised by something of which the file holds nothing (masks of torch.ao.pruning are kept by the sparsifier); save the model after torch.nn.utils.parametrize.remove_parametrizations',
      'g.weight_g': 'Conv: half of a weight-normalised weight whose other half does not fit it',
      'g.weight_v': 'Conv: half of a weight-normalised weight whose other half does not fit it',
      'h.weight': 'kept',
    },
  )
})

test('a type that holds no weights is named', () => {
  assert.equal(verdicts({ name: 'q.weight', shape: [4, 4, 3, 3], weights: { unsupported: 'F8_E4M3' } }), {
    'q.weight': 'Conv: stored as F8_E4M3, which is not read as weights',
  })
})

test('names a million characters long cost no time', () => {
  const started = processorTime()
  verdicts(
    float('conv'.repeat(250_000), 2, 2, 3, 3),
    float('a.'.repeat(500_000), 2, 2, 3, 3),
    float('_up'.repeat(300_000), 2, 2, 3, 3),
    float('z.'.repeat(500_000), 2, 2, 3, 3),
  )
  verdicts(float('a.'.repeat(500_000), 2, 2, 3, 3), float('ema.'.repeat(300_000), 2, 2, 3, 3)) // sorted: an order by names
  assert.ok(processorTime() - started < 3000)
})

test.run()
