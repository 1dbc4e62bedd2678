import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { sphericalP } from '../../src/measure/spherical.ts'
import { randomWords } from '../../src/shift/random.ts'

/** A safetensors file of two 3×3 convolutions whose weights are sums of twelve uniform numbers. */
function freshNetwork(seed: number): Uint8Array {
  const next = randomWords(seed)
  const shapes = [
    ['a.weight', [16, 3, 3, 3]],
    ['b.weight', [32, 16, 3, 3]],
  ] as const
  let at = 0
  const header: Record<string, unknown> = {}
  const parts: Float32Array[] = []
  for (const [name, shape] of shapes) {
    const values = Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, () => {
      let sum = -6
      for (let k = 0; k < 12; k++) sum += next() / 4_294_967_296
      return 0.1 * sum
    })
    header[name] = { dtype: 'F32', shape, data_offsets: [at, (at += values.byteLength)] }
    parts.push(values)
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + at)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 8)
  let place = 8 + text.length
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer), place)
    place += part.byteLength
  }
  return bytes
}

test('the tail of χ² is that of scipy.stats.chi2.sf', () => {
  // half = n·p·U/4; chi2.sf(60, 44) = 0.05444…, chi2.sf(324, 324) = 0.48955…
  const of = (x: number, taps: number): number => sphericalP((2 * x) / (100 * taps), 100, taps)!
  assert.ok(Math.abs(of(60, 9) - 0.054443) < 1e-5, String(of(60, 9)))
  assert.ok(Math.abs(of(324, 25) - 0.48955) < 1e-5, String(of(324, 25)))
  assert.is(of(1e6, 9), 0)
  assert.is(sphericalP(0, 100, 9), 1)
  assert.is(sphericalP(null, 100, 9), null)
  assert.is(sphericalP(0.1, 100, 4), null)
})

test('a network as at initialisation is recognised, trained ones are not', async () => {
  const { layers, warnings } = await analyze([freshNetwork(7)])
  for (const { flags, layer } of layers)
    assert.match(flags.variance_entropy ?? layer, /^looks untrained: the filters cannot be told from/)
  assert.ok(
    warnings.some((text) => /looks untrained: in 2 of 2 layers \(100\.0.% of its filters\)/.test(text)),
    warnings.join(),
  )
  const trained = await analyze(['data/vgg_w16_cifar10_normal.onnx', 'data/preact_w24_fashion_mnist_robust.onnx'])
  assert.not(trained.layers.some(({ flags }) => flags.variance_entropy?.startsWith('looks untrained')))
  assert.not(trained.warnings.some((text) => /untrained/.test(text)))
})

test.run()
