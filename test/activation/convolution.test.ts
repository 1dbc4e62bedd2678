import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { convolve, type Planes, relu } from '../../src/activation/convolution.ts'

interface Case {
  readonly name: string
  readonly input: { shape: [number, number, number]; values: number[] }
  readonly shape: [number, number, number, number]
  readonly groups: number
  readonly weights: number[]
  readonly bias: number[] | null
  readonly strides: [number, number]
  readonly pads: [number, number, number, number]
  readonly dilations: [number, number]
  readonly output: { shape: [number, number, number]; values: number[] }
}

const cases = JSON.parse(readFileSync(new URL('../fixtures/activation/convolutions.json', import.meta.url), 'utf8')) as Case[]

function planes({ shape: [channels, height, width], values }: Case['input']): Planes {
  return { channels, height, width, values: Float32Array.from(values) }
}

for (const c of cases) {
  test(`as torch computes it: ${c.name}`, () => {
    const kernels = {
      shape: c.shape,
      groups: c.groups,
      weights: Float32Array.from(c.weights),
      bias: c.bias ? Float32Array.from(c.bias) : undefined,
    }
    const out = convolve(planes(c.input), kernels, { strides: c.strides, pads: c.pads, dilations: c.dilations })
    assert.equal([out.channels, out.height, out.width], c.output.shape)
    const worst = c.output.values.reduce((most, v, i) => Math.max(most, Math.abs(v - out.values[i]!)), 0)
    assert.ok(worst < 2e-5, `differs by ${worst}`)
  })
}

const ones = (n: number) => new Float32Array(n).fill(1)

test('"same" puts the odd zero last for upper and first for lower', () => {
  const input: Planes = { channels: 1, height: 1, width: 4, values: Float32Array.of(1, 2, 3, 4) }
  const kernels = { shape: [1, 1, 1, 2] as const, groups: 1, weights: ones(2) }
  const at = (pads: 'same_upper' | 'same_lower') => [
    ...convolve(input, kernels, { strides: [1, 1], dilations: [1, 1], pads }).values,
  ]
  assert.equal(at('same_upper'), [3, 5, 7, 4])
  assert.equal(at('same_lower'), [1, 3, 5, 7])
})

test('"same" with stride 2 keeps half of the size, rounded up', () => {
  const input: Planes = { channels: 1, height: 5, width: 5, values: ones(25) }
  const out = convolve(
    input,
    { shape: [1, 1, 3, 3], groups: 1, weights: ones(9) },
    { strides: [2, 2], dilations: [1, 1], pads: 'same_upper' },
  )
  assert.equal([out.height, out.width], [3, 3])
  assert.equal([...out.values], [4, 6, 4, 6, 9, 6, 4, 6, 4])
})

test('what does not fit is refused', () => {
  const input: Planes = { channels: 2, height: 2, width: 2, values: ones(8) }
  const placement = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const
  assert.throws(() => convolve(input, { shape: [1, 3, 1, 1], groups: 1, weights: ones(3) }, placement), /takes 3 channels/)
  assert.throws(() => convolve(input, { shape: [1, 2, 3, 3], groups: 1, weights: ones(18) }, placement), /does not fit/)
})

test('ReLU keeps what is above zero', () => {
  assert.equal([...relu({ channels: 1, height: 1, width: 3, values: Float32Array.of(-1, 0, 2) }).values], [0, 0, 2])
})

test.run()
