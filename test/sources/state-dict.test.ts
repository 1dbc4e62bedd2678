import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { repeatsOf } from '../../src/sources/state-dict/copies.ts'
import { stateDictModels } from '../../src/sources/state-dict/models.ts'
import type { NamedTensor } from '../../src/sources/state-dict/named-tensor.ts'
import { orderByNames } from '../../src/sources/state-dict/order.ts'
import { stateDictConvolutions } from '../../src/sources/tensor-rules.ts'
import { effectivePlan } from '../../src/weights/effective.ts'

const access = memoryAccess('m', new Uint8Array(1 << 20))
const float = (name: string, ...shape: number[]): NamedTensor => ({
  name,
  shape,
  weights: { access, offset: 0, dtype: 'float32' },
})
const about = { name: 'm', format: 'f', producer: null, opset: null, meta: {}, parts: [] }

/** [name, out, in] in the order of use; shuffled by name before it is asked. */
function keeps(layers: readonly (readonly [name: string, out: number, inputs: number, side?: number])[]): void {
  const tensors = layers.map(([name, out, inputs, side = 3]) => ({ name, shape: [out, inputs, side, side] }))
  const wanted = layers.map(([name]) => name)
  for (const list of [tensors, [...tensors].reverse(), [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))])
    assert.equal(
      orderByNames(list).map((k) => list[k]!.name),
      wanted,
    )
}

test('modules that are numbered alike take turns where each takes what the one before gives', () => {
  const widths = [16, 32, 48, 64]
  const stages = (
    one: (stage: number, width: number, before: number) => readonly (readonly [string, number, number, number?])[],
  ) => widths.flatMap((width, stage) => one(stage, width, widths[stage - 1] ?? 3))
  // SegFormer
  keeps(
    stages((stage, width, before) => [
      [`encoder.patch_embeddings.${stage}.proj.weight`, width, before],
      [`encoder.block.${stage}.0.attention.self.sr.weight`, width, width, 2],
      [`encoder.block.${stage}.0.mlp.dwconv.dwconv.weight`, 4 * width, 1],
      [`encoder.block.${stage}.1.attention.self.sr.weight`, width, width, 2],
      [`encoder.block.${stage}.1.mlp.dwconv.dwconv.weight`, 4 * width, 1],
    ]),
  )
  // ConvNeXt, as it was first written
  keeps(
    stages((stage, width, before) => [
      [`downsample_layers.${stage}.${stage === 0 ? 0 : 1}.weight`, width, before, 2],
      [`stages.${stage}.0.dwconv.weight`, width, 1, 7],
      [`stages.${stage}.1.dwconv.weight`, width, 1, 7],
    ]),
  )
  // words with numbers, a third one of part of the channels
  keeps(
    stages((stage, width, before) => [
      [`patch_embed${stage + 1}.proj.weight`, width, before, 2],
      [`cpe${stage + 1}.proj.weight`, width, 1],
      [`crpe${stage + 1}.conv.weight`, width / 2, 1],
    ]),
  )
})

test('networks one behind the other, and a decoder, take no turns', () => {
  const levels = [0, 1, 2, 3]
  const widths = [3, 8, 16, 24, 32]
  keeps(['first', 'second'].flatMap((net) => levels.map((k) => [`${net}.${k}.weight`, widths[k + 1]!, widths[k]!] as const)))
  keeps([
    ...levels.map((k) => [`encoders.${k}.conv.weight`, widths[k + 1]!, widths[k]!] as const),
    ...levels.map((k) => [`decoders.${k}.conv.weight`, Math.max(8, widths[k]!), widths[k + 1]!] as const),
  ])
})

test('the networks of a loss are no part of the one that it trains', async () => {
  const vae = [float('encoder.conv_in.weight', 8, 3, 3, 3), float('decoder.conv_out.weight', 3, 8, 3, 3)]
  const loss = [float('loss.logvar'), float('loss.net.0.weight', 16, 3, 3, 3), float('loss.net.1.weight', 16, 16, 3, 3)]
  const { models, warnings } = await stateDictModels([...vae, ...loss], about, { parts: 1, keepsOrder: true })
  assert.equal(
    models.map(({ name, convolutions }) => [name, ...convolutions.map(({ layer }) => layer)]),
    [
      ['m', 'encoder.conv_in.weight', 'decoder.conv_out.weight'],
      ['m/loss', 'net.0.weight', 'net.1.weight'],
    ],
  )
  assert.ok(warnings.some((text) => /holds 2 networks of several architectures, each measured for itself: m, loss/.test(text)))
  const one = await stateDictModels([...vae, float('loss.weight', 4, 3, 3, 3)], about)
  assert.is(one.models.length, 1)
  assert.is((await stateDictModels(loss, about)).models.length, 1)
})

test('a numbered convolution that takes more channels than any block stands behind the blocks', () => {
  keeps([
    ['conv1.weight', 8, 3],
    ['conv2.weight', 16, 8],
    ['block1.rep.0.weight', 16, 16],
    ['block2.rep.0.weight', 32, 16],
    ['conv3.weight', 48, 32],
    ['conv4.weight', 64, 48],
  ])
})

test('a layer with a bias of its own is no table, whatever it is called', () => {
  const layer = [float('pos_embed.token_projection.weight', 8, 4, 1, 1), float('pos_embed.token_projection.bias', 8)]
  assert.is(stateDictConvolutions([...layer, float('conv.weight', 4, 3, 3, 3)]).convolutions.length, 2)
  assert.is(
    stateDictConvolutions([float('pos_embed.weight', 8, 4, 1, 1), float('conv.weight', 4, 3, 3, 3)]).convolutions.length,
    1,
  )
})

test('numbers in names are numbers, and what takes the image comes first', () => {
  const blocks = Array.from({ length: 12 }, (_, k) => [`blocks.${k}.0.weight`, 6, 6] as const)
  keeps([['conv_stem.weight', 6, 3], ...blocks, ['conv_head.weight', 24, 6, 1]])
  keeps([
    ['patch_embed.proj.weight', 8, 3, 4],
    ['blocks.2.conv.weight', 8, 8],
    ['blocks.10.conv.weight', 8, 8],
  ])
  keeps([
    ['features.0.0.weight', 8, 3],
    ['features.1.conv.0.0.weight', 8, 1],
    ['features.10.conv.0.0.weight', 8, 8],
  ])
})

test('residual blocks keep their shortcut behind them, stages their number', () => {
  keeps([
    ['conv1.weight', 8, 3, 7],
    ['layer1.0.conv1.weight', 8, 8],
    ['layer1.0.conv2.weight', 8, 8],
    ['layer2.0.conv1.weight', 16, 8],
    ['layer2.0.conv2.weight', 16, 16],
    ['layer2.0.downsample.0.weight', 16, 8, 1],
  ])
})

test('encoder, middle, decoder, head; a decoder that counts down counts down', () => {
  keeps([
    ['encoder.conv1.weight', 8, 3],
    ['encoder.conv2.weight', 16, 8],
    ['bottleneck.conv.weight', 32, 16],
    ['decoder2.conv.weight', 16, 32],
    ['decoder1.conv.weight', 8, 16],
    ['final_conv.weight', 2, 8, 1],
  ])
  keeps([
    ['conv_in.weight', 8, 4],
    ['down_blocks.0.resnets.0.conv1.weight', 8, 8],
    ['down_blocks.1.resnets.0.conv1.weight', 16, 8],
    ['mid_block.resnets.0.conv1.weight', 16, 16],
    ['up_blocks.0.resnets.0.conv1.weight', 16, 32],
    ['up_blocks.1.resnets.0.conv1.weight', 8, 24],
    ['conv_out.weight', 4, 8],
  ])
})

test('where names do not say, channels that fit one behind the other do', () => {
  keeps([
    ['stem.weight', 8, 3],
    ['blocks.0.widen.weight', 32, 8, 1],
    ['blocks.0.spatial.weight', 32, 1],
    ['blocks.0.narrow.weight', 12, 32, 1],
  ])
})

test('an image that enters deep inside is no stem', () => {
  keeps([
    ['layers.0.conv.weight', 8, 16],
    ['layers.1.conv.weight', 8, 8],
    ['layers.2.label.weight', 8, 3],
  ])
})

test('sequences that alternate stand by the channels that they take; what keeps them comes before what changes them', () => {
  keeps([
    ['conv2d_1a.conv.weight', 32, 3],
    ['mixed_5b.branch0.conv.weight', 96, 192, 1],
    ['mixed_5b.branch1.conv.weight', 96, 96],
    ['repeat.0.branch0.conv.weight', 32, 320, 1],
    ['repeat.0.out.weight', 320, 32, 1],
    ['repeat.1.branch0.conv.weight', 32, 320, 1],
    ['repeat.1.out.weight', 320, 32, 1],
    ['mixed_6a.branch0.conv.weight', 384, 320],
    ['mixed_6a.branch1.conv.weight', 384, 256],
    ['repeat_1.0.branch0.conv.weight', 192, 1088, 1],
    ['repeat_1.0.out.weight', 1088, 192, 1],
    ['repeat_1.1.branch0.conv.weight', 192, 1088, 1],
    ['repeat_1.1.out.weight', 1088, 192, 1],
  ])
})

test('a sorted file tells its order by names, another by itself', () => {
  const names = ['blocks.0.weight', 'blocks.1.weight', 'blocks.10.weight', 'blocks.2.weight', 'conv_stem.weight']
  const tensors = names.map((name) => float(name, 4, name === 'conv_stem.weight' ? 3 : 4, 3, 3))
  const order = (list: NamedTensor[]) => stateDictConvolutions(list).convolutions.map(({ layer }) => layer)
  assert.equal(order(tensors), ['conv_stem.weight', 'blocks.0.weight', 'blocks.1.weight', 'blocks.2.weight', 'blocks.10.weight'])
  assert.is(stateDictConvolutions(tensors).depth_source, 'names')
  const own = [tensors[2]!, tensors[4]!, tensors[0]!]
  assert.equal(order(own), ['blocks.10.weight', 'conv_stem.weight', 'blocks.0.weight'])
  assert.is(stateDictConvolutions(own).depth_source, 'order')
})

test('depthwise layers are told by the layer before them, and never where one channel comes in', () => {
  const { convolutions } = stateDictConvolutions(
    [
      float('stem.weight', 8, 1, 3, 3),
      float('z.apart.weight', 8, 1, 3, 3),
      float('z.point.weight', 16, 8, 1, 1),
      float('z.apart2.weight', 16, 1, 5, 5),
      float('z.mask.weight', 1, 16, 1, 1),
      float('z.refine.weight', 16, 1, 3, 3),
    ],
    { parts: 1, keepsOrder: true },
  )
  assert.equal(
    convolutions.map(({ groups }) => groups),
    [1, 8, 1, 16, 1, 1],
  )
})

const net = (prefix: string, join = '.'): NamedTensor[] =>
  [float('0.weight', 8, 3, 3, 3), float('0.bias', 8), float('3.weight', 4, 8, 3, 3)].map((tensor) => ({
    ...tensor,
    name: prefix + tensor.name.replaceAll('.', join),
  }))

test('second copies are found by structure under any of their prefixes', () => {
  for (const [main, copy, join] of [
    ['module.encoder_q.', 'module.encoder_k.'],
    ['backbone.', 'ema_backbone_', '_'],
    ['student.', 'teacher.'],
    ['online_network.', 'target_network.'],
    ['model.net.', 'model_ema.net', ''],
    ['model.', 'attacker.model.'],
    ['', 'ema.'],
    ['base_encoder.', 'momentum_encoder.'],
  ] as const) {
    const tensors = [...net(copy, join), ...net(main)]
    const { convolutions, skipped } = stateDictConvolutions(tensors)
    assert.equal(
      convolutions.map(({ layer }) => layer),
      [`${main}0.weight`, `${main}3.weight`],
      copy,
    )
    assert.is(skipped.length, 2, copy)
    assert.match(skipped[0]!.reason, /^a second copy of /)
  }
})

test('of several networks built alike, the one whose name the copy bears is its original', () => {
  const repeats = repeatsOf([...net('d.'), ...net('g.'), ...net('g_ema.'), ...net('target_d.')])
  assert.match(repeats.get(6)!, /^a second copy of g \(g_ema/)
  assert.match(repeats.get(9)!, /^a second copy of d \(target_d/)
})

test('an average keeps the network behind a wrapper of its own', () => {
  assert.equal([...repeatsOf([...net(''), ...net('ema_model.module.')]).keys()], [3, 4, 5])
})

test("averages that count beside a wrapped module, slots beside w:0 and flax.optim's param_states are not the network", () => {
  const one = (name: string, ...shape: number[]) => ({ name, shape })
  const net = (prefix: string) => [one(`${prefix}a.weight`, 4, 3, 3, 3), one(`${prefix}b.weight`, 4, 4, 3, 3)]
  assert.equal([...repeatsOf([...net('net._orig_mod.'), ...net('ema_net.module.'), one('ema_net.n_averaged')]).keys()], [2, 3, 4])
  assert.equal([...repeatsOf([one('conv/w:0', 3, 3, 3, 8), one('conv/w/RMSProp:0', 3, 3, 3, 8)]).keys()], [1])
  const states = repeatsOf([one('target/conv/kernel', 3, 3, 3, 8), one('state/param_states/conv/kernel/grad_ema', 3, 3, 3, 8)])
  assert.equal([...states.keys()], [1])
})

test('of a weight that is a distribution the mean is the layer, in any order and of any size', () => {
  const one = (name: string, ...shape: number[]) => ({ name, shape })
  const [size, other] = [
    [8, 3, 3, 3],
    [8, 8, 3, 3],
  ]
  const names = ['a.weight_log_sigma', 'a.weight_mu', 'a.weight_eps', 'a.prior_sigma', 'b.rho', 'b.mu', 'c.std', 'd.sigma']
  const all = [...names.map((name) => one(name, ...size!)), one('a.bias_log_sigma', ...other!), one('a.bias_mu', ...size!)]
  assert.equal([...repeatsOf(all).keys()].sort(), [0, 2, 3, 4])
})

test('query and key may stand before the word or behind it', () => {
  for (const [query, key] of [
    ['query_net.', 'key_net.'],
    ['encoder_q.', 'encoder_k.'],
    ['q_encoder.', 'k_encoder.'],
  ] as const) {
    const repeats = repeatsOf([...net(key), ...net(query)])
    assert.equal([...repeats.keys()], [0, 1, 2], key)
  }
})

test('a key projection, a copy of another shape and a lone teacher are layers', () => {
  const attention = [float('attn.to_q.weight', 8, 8, 1, 1), float('attn.to_k.weight', 8, 8, 1, 1)]
  assert.is(repeatsOf(attention).size, 0)
  assert.is(
    repeatsOf([...net('student.'), float('teacher.0.weight', 16, 3, 3, 3), float('teacher.3.weight', 4, 16, 3, 3)]).size,
    0,
  )
  assert.is(repeatsOf(net('teacher.')).size, 0)
})

test("slots of an optimiser and TRADES' second first block are left out", () => {
  const slots = ['', '/Adam', '/Adam_1', '/ExponentialMovingAverage'].map((end) => float(`Conv_0/weights${end}`, 4, 3, 3, 3))
  assert.equal([...repeatsOf(slots).keys()], [1, 2, 3])
  const optax = ['opt_state.0.mu.params.', 'opt_state.0.nu.params.', 'params.'].flatMap((prefix) => net(prefix))
  assert.equal([...repeatsOf(optax).keys()], [0, 1, 2, 3, 4, 5])
  assert.match(repeatsOf(optax).get(0)!, /the optimiser's \(opt_state\.0\.mu\), beside/)
  // A block that is called m, as YOLO's are, is no slot.
  assert.is(repeatsOf([...net('model.2.'), ...net('model.2.m.')]).size, 0)
  const trades = [...net('block1.layer.0.'), ...net('sub_block1.layer.0.'), ...net('block2.layer.0.')]
  assert.equal([...repeatsOf(trades).keys()], [3, 4, 5])
  assert.match(repeatsOf(trades).get(3)!, /never run/)
})

test('networks of one architecture side by side are models of their own', async () => {
  const { models, warnings } = await stateDictModels([...net('G_A.'), ...net('G_B.')], about)
  assert.equal(
    models.map(({ name, convolutions }) => [name, convolutions.map(({ layer }) => layer)]),
    [
      ['m/G_A', ['0.weight', '3.weight']],
      ['m/G_B', ['0.weight', '3.weight']],
    ],
  )
  assert.match(warnings[0]!, /2 networks of the same names and shapes, each measured for itself: G_A, G_B/)
  // Branches with a layer behind both are one network.
  const joined = await stateDictModels([...net('left.'), ...net('right.'), float('head.weight', 2, 8, 1, 1)], about)
  assert.is(joined.models.length, 1)
})

test('what is no weight is not taken for one', () => {
  const reasons = stateDictConvolutions([
    float('stem.weight', 8, 3, 3, 3),
    float('stem.gain', 8, 1, 1, 1),
    float('unet_mid.lora_down.weight', 4, 8, 3, 3),
    float('unet_mid.lora_up.weight', 8, 4, 1, 1),
    float('lora_unet_out.diff', 8, 4, 3, 3),
    float('conv.modulation.weight', 8, 512),
    float('conv.weight', 1, 6, 8, 3, 3),
    float('volume.weight', 1, 8, 3, 3, 3),
    float('block.pos_embed.weight', 8, 1, 3, 3),
    float('pos_embed', 1, 8, 7, 7),
  ])
  assert.equal(
    reasons.convolutions.map(({ layer, shape }) => `${layer} ${shape.join('×')}`),
    ['stem.weight 8×3×3×3', 'conv.weight 6×8×3×3', 'block.pos_embed.weight 8×1×3×3'],
  )
  assert.equal(
    reasons.skipped.map(({ name, reason }) => [name, reason]),
    [
      ['stem.gain', 'a factor for each channel'],
      ['unet_mid.lora_down.weight', 'a factor of a low-rank adapter (LoRA), not a weight'],
      ['unet_mid.lora_up.weight', 'a factor of a low-rank adapter (LoRA), not a weight'],
      ['lora_unet_out.diff', 'a difference to a weight (LyCORIS), not a weight'],
      ['volume.weight', '3-D convolution'],
      ['pos_embed', 'a table, mask or scale by its name'],
    ],
  )
})

test('an effective weight has the same bytes whatever range of it is read', async () => {
  const [v, g] = [Float32Array.from({ length: 72 }, (_, k) => Math.fround((k * 7) % 11) - 5), Float32Array.of(2, 0.5)]
  const plan = (values: Float32Array) => ({
    access: memoryAccess('v', new Uint8Array(values.buffer)),
    offset: 0,
    dtype: 'float32' as const,
  })
  const shape = [2, 4, 3, 3] as const
  const whole = effectivePlan('w', shape, plan(v), { kind: 'norm', gain: plan(g), axis: 0 })
  const bytes = await whole.access.read(0, 288)
  const values = new Float32Array(bytes.slice().buffer)
  for (let out = 0; out < 2; out++) {
    let squares = 0
    for (let k = 0; k < 36; k++) squares += v[36 * out + k]! ** 2
    for (let k = 0; k < 36; k++) assert.is(values[36 * out + k], Math.fround(v[36 * out + k]! * (g[out]! / Math.sqrt(squares))))
  }
  for (const [from, length] of [
    [0, 1],
    [3, 7],
    [140, 148],
    [286, 2],
  ] as const)
    assert.equal([...(await whole.access.read(from, length))], [...bytes.subarray(from, from + length)])
})

test.run()
