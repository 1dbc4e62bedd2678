import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { stateDictModels } from '../../src/sources/state-dict/models.ts'
import type { NamedTensor } from '../../src/sources/state-dict/named-tensor.ts'
import { copiesOf, prefixesOf } from '../../src/sources/state-dict/second-copies.ts'

/** Numbers of a linear congruential generator in [-1, 1). */
function drawn(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed * 2654435761
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

function tensor(name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): NamedTensor {
  return { name, shape, weights: { access: memoryAccess(name, new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' } }
}

const LAYERS = [
  ['conv1.weight', [8, 3, 3, 3]],
  ['layer1.0.conv.weight', [8, 8, 3, 3]],
  ['layer1.1.conv.weight', [8, 8, 3, 3]],
] as const

interface Made {
  readonly seed?: number
  /** Added noise, as a share of the weights. */
  readonly noise?: number
  readonly scale?: number
  readonly join?: string
  readonly map?: (value: number) => number
}

/** A small network below a prefix. */
function network(
  prefix: string,
  { seed = 1, noise = 0, scale = 1, join = '.', map = (value) => value }: Made = {},
): NamedTensor[] {
  const weights = LAYERS.map(([name, shape], k) => {
    const count = shape[0] * shape[1] * 9
    const [base, other] = [drawn(count, 10 * seed + k), drawn(count, 999 + k)]
    const values = base.map((value, at) => map(scale * (value + noise * other[at]!)))
    return tensor(prefix + name.replaceAll('.', join), shape, values)
  })
  return [...weights, tensor(`${prefix}fc.weight`.replaceAll('.', join === '.' ? '.' : join), [10, 8], drawn(80, seed))]
}

const about = { name: 'm', format: 'f', producer: null, opset: null, meta: {}, parts: [] }

async function measured(
  tensors: NamedTensor[],
): Promise<{ readonly names: string[]; readonly reasons: string[]; readonly warnings: string[] }> {
  const { models, warnings } = await stateDictModels(tensors, about)
  return {
    names: models.flatMap(({ name, convolutions }) => convolutions.map(({ layer }) => `${name} ${layer}`)),
    reasons: models.flatMap(({ skipped }) => skipped.map(({ reason }) => reason)),
    warnings,
  }
}

test('two prefixes with the same names, shapes and nearly the same values are a network and its copy where a name says so', async () => {
  for (const [main, copy] of [
    ['student_model.', 'mean_model.'],
    ['s_net.', 't_net.'],
    ['net.', 'net_old.'],
    ['main.', 'shadow.'],
    ['policy.', 'policy_prev.'],
    ['', 'running_copy.'],
    ['online_branch.', 'zebra.'],
    ['wrapper.inner.a.', 'wrapper.inner.a_avg.'],
    ['q_net.', 'targ_q_net.'],
    ['G.', 'Gs.'],
  ] as const)
    for (const noise of [0, 0.1]) {
      const tensors = [...network(main), ...network(copy, { noise, scale: 0.99 })]
      const { names, reasons } = await measured(tensors)
      assert.is(names.length, 3, `${main} ${copy} ${noise}`)
      assert.is(reasons.length, 3)
      assert.match(
        reasons[0]!,
        /^a second copy of .* 3 weights of the same names and shapes, with values alike: cosine (1\.0|0\.9)/,
      )
      const { repeats } = await copiesOf(tensors)
      assert.equal([...repeats.keys()], [4, 5, 6, 7], `${main} ${copy} ${noise}`)
    }
})

test('networks that no name calls copies are one only when they are equal, up to rounding', async () => {
  for (const [a, b] of [
    ['rgb_branch.', 'thermal_branch.'],
    ['pretrained.', 'finetuned.'],
    ['', 'initial.'],
  ] as const) {
    const near = await measured([...network(a), ...network(b, { noise: 0.1 })])
    assert.is(near.names.length, 6, b)
    const said = near.warnings.filter((text) => text.includes('nearly the same values'))
    assert.is(said.length, 1)
    assert.match(said[0]!, / hold nearly the same values \(cosine 0\.9\d+\): as no name speaks .* each is measured for itself$/)
  }
  const equal = await measured([...network('rgb_branch.'), ...network('thermal_branch.')])
  assert.is(equal.names.length, 3)
  assert.match(equal.reasons[0]!, /^a second copy of rgb_branch \(thermal_branch, 3 weights/)
  // As bfloat16 leaves the numbers: eight bits of each.
  const eightBits = (value: number): number => {
    const bits = new Uint32Array(Float32Array.of(value).buffer)
    bits[0] = (bits[0]! + 0x8000) & 0xffff0000
    return new Float32Array(bits.buffer)[0]!
  }
  const rounded = network('thermal_branch.', { map: eightBits })
  assert.is((await measured([...network('rgb_branch.'), ...rounded])).names.length, 3)
  // One step of a training with a small rate.
  const trained = network('thermal_branch.', { map: (value) => value + 1e-4 })
  assert.is((await measured([...network('rgb_branch.'), ...trained])).names.length, 6)
})

test('networks drawn around one constant, one blur or one identity are no copies of each other; an average of one is', async () => {
  const blur = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((value) => value / 16)
  const starts: Record<string, (at: number, inputs: number) => number> = {
    constant: () => 0.5,
    blur: (at) => blur[at % 9]!,
    identity: (at, inputs) => (at % 9 === 4 && Math.floor(at / 9 / inputs) === Math.floor(at / 9) % inputs ? 1 : 0),
  }
  const around = (prefix: string, start: (at: number, inputs: number) => number, seed: number, noise = 0): NamedTensor[] =>
    [0, 1, 2].map((k) => {
      const [own, other] = [drawn(576, 10 * seed + k), drawn(576, 700 + k)]
      const values = own.map((value, at) => start(at, 8) + 0.02 * (value + noise * other[at]!))
      return tensor(`${prefix}conv${k}.weight`, [8, 8, 3, 3], values)
    })
  const stem = tensor('stem.weight', [8, 3, 3, 3], drawn(216, 3))
  for (const [name, start] of Object.entries(starts)) {
    assert.is((await measured([stem, ...around('up.', start, 1), ...around('down.', start, 2)])).reasons.length, 0, name)
    assert.is((await measured([stem, ...around('up.', start, 1), ...around('mean_up.', start, 1, 0.1)])).reasons.length, 3, name)
  }
})

test('the one that is named like a copy is the copy, though it comes first', async () => {
  const { repeats } = await copiesOf([...network('mean_model.', { noise: 0.05 }), ...network('student_model.')])
  assert.equal([...repeats.keys()], [0, 1, 2, 3])
  assert.match(repeats.get(0)!, /^a second copy of student/)
})

test('names that were flattened have the same structure', async () => {
  const { repeats } = await copiesOf([...network('body.'), ...network('lagged_body_', { noise: 0.02, join: '_' })])
  assert.equal([...repeats.keys()], [4, 5, 6, 7])
})

test('values that are others make another network, though it is called a teacher', async () => {
  const { names, warnings } = await measured([...network('student.'), ...network('teacher.', { seed: 2 })])
  assert.is(names.length, 6)
  assert.match(
    warnings[0]!,
    /^teacher is named like a second copy of student, but its values are others \(cosine -?0\.0\d\): both are measured/,
  )
  assert.match(warnings[1]!, /2 networks of the same names and shapes, each measured for itself: student, teacher/)
})

test('members of a series are copies only when they are equal', async () => {
  assert.is((await measured([...network('models.0.'), ...network('models.1.', { noise: 0.05 })])).names.length, 6)
  assert.is((await measured([...network('models.0.'), ...network('models.1.')])).names.length, 3)
})

test('a student and its teacher of another architecture are two models', async () => {
  const wide = [
    tensor('teacher.stem.weight', [16, 3, 3, 3], drawn(432, 5)),
    tensor('teacher.body.weight', [16, 16, 3, 3], drawn(2304, 6)),
  ]
  const { names, warnings } = await measured([...network('student.'), ...wide])
  assert.equal(names.slice(3), ['m/teacher stem.weight', 'm/teacher body.weight'])
  assert.match(warnings[0]!, /2 networks of several architectures, each measured for itself: student, teacher/)
  // Whole classifiers of other words too; an encoder and its decoder are one network.
  const classifier = wide.map((one) => ({ ...one, name: one.name.replace('teacher', 'big') }))
  const head = tensor('big.fc.weight', [10, 16], drawn(160, 7))
  assert.is((await stateDictModels([...network('small.'), ...classifier, head], about)).models.length, 2)
  assert.is((await stateDictModels([...network('small.'), ...classifier], about)).models.length, 1)
})

test('a weight that is stored twice is one; constants and fixed kernels are not', async () => {
  const values = drawn(72, 3)
  const blur = Float32Array.from({ length: 72 }, (_, k) => [1, 2, 1, 2, 4, 2, 1, 2, 1][k % 9]! / 16)
  const { names, reasons } = await measured([
    tensor('first.weight', [8, 3, 3, 3], drawn(216, 4)),
    tensor('head.weight', [8, 1, 3, 3], values),
    tensor('tied.weight', [8, 1, 3, 3], values.slice()),
    tensor('blur1.weight', [8, 1, 3, 3], blur),
    tensor('blur2.weight', [8, 1, 3, 3], blur.slice()),
    tensor('zero1.weight', [8, 8, 1, 1], new Float32Array(64)),
    tensor('zero2.weight', [8, 8, 1, 1], new Float32Array(64)),
  ])
  assert.equal(
    names,
    ['first', 'head', 'blur1', 'blur2', 'zero1', 'zero2'].map((name) => `m ${name}.weight`),
  )
  assert.equal(reasons, ['the same values as head.weight, bit for bit: one weight under two names'])
})

test('weights that only begin alike are two, however long the beginning', async () => {
  const [whole, changed] = [drawn(9 * 512 * 512, 3), drawn(9 * 512 * 512, 3)]
  changed[changed.length - 1]! += 0.5
  const { names } = await measured([tensor('a.weight', [512, 512, 3, 3], whole), tensor('b.weight', [512, 512, 3, 3], changed)])
  assert.equal(names, ['m a.weight', 'm b.weight'])
})

test('equal parts of weights with other masks are not one weight', async () => {
  const mask = (odd: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: 72 }, (_, k) => (k + odd) % 2)
  const { names } = await measured([
    tensor('a.weight_orig', [8, 1, 3, 3], drawn(72, 3)),
    tensor('a.weight_mask', [8, 1, 3, 3], mask(0)),
    tensor('b.weight_orig', [8, 1, 3, 3], drawn(72, 3)),
    tensor('b.weight_mask', [8, 1, 3, 3], mask(1)),
  ])
  assert.equal(names, ['m a.weight', 'm b.weight'])
})

test('prefixes end where a part of a name ends', () => {
  assert.equal(prefixesOf('s_net.conv1.weight', 't_net.conv1.weight'), ['s_', 't_'])
  assert.equal(prefixesOf('net.conv1.weight', 'net_old.conv1.weight'), ['net.', 'net_old.'])
  assert.equal(prefixesOf('enc1.conv.weight', 'enc11.conv.weight'), ['enc1.', 'enc11.'])
  assert.equal(prefixesOf('conv.weight', 'ema.conv.weight'), ['', 'ema.'])
  assert.equal(prefixesOf('backbone.0.weight', 'ema_backbone_0_weight'), ['', 'ema_'])
})

test.run()
