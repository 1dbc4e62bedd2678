import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupCoefficients } from '../../src/analysis/analyze-groups.ts'
import { analyze } from '../../src/analyze.ts'
import { InputError } from '../../src/errors.ts'
import { emptyFolder, type Input, memoryAccess } from '../../src/io/random-access.ts'
import { coefficientBins, measureCoefficients } from '../../src/measure/coefficients.ts'
import { principalComponents } from '../../src/shift/principal-components.ts'
import { randomWords } from '../../src/shift/random.ts'
import { mergeMoments } from '../../src/wasm/moments.ts'

/** An array as a .npy file: version 1, little-endian float32, C order. */
function npy(shape: readonly number[], values: Float32Array): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11, ' ') + '\n'
  const bytes = new Uint8Array(10 + header.length + values.byteLength)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8])
  bytes.set(new TextEncoder().encode(header), 10)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + header.length)
  return bytes
}

function input(name: string, shape: readonly number[], values: Float32Array): Input {
  return { path: `${name}.npy`, access: memoryAccess(`${name}.npy`, npy(shape, values)), folder: emptyFolder }
}

const next = randomWords(11)
const random = (n: number): Float32Array => Float32Array.from({ length: n }, () => (next() / 2 ** 32 - 0.4) * 2)

/** Two models; the second has a filter of zeros and one that is sparse and points where no other does. */
const first = random(40 * 9)
const second = random(30 * 9)
second.fill(0, 0, 9)
second.set([0.001, -0.001, 0.001, -0.001, 0.001, -0.001, 0.001, -0.001, 0.001], 9)
const inputs = [input('one', [10, 4, 3, 3], first), input('two', [6, 5, 3, 3], second)]
const analysis = await analyze(inputs)
const basis = principalComponents(mergeMoments(analysis.layers.map(({ scaled }) => scaled)))

/** Coefficients by the definition, filter by filter. */
function coefficientsOf(values: Float32Array): { sparse: boolean; x: number[] }[] {
  const peak = values.reduce((top, w) => Math.max(top, Math.abs(w)), 0)
  return Array.from({ length: values.length / 9 }, (_, f) => {
    const w = values.subarray(9 * f, 9 * f + 9)
    const top = w.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
    const x = Array.from({ length: 9 }, (_c, c) =>
      w.reduce((sum, v, j) => sum + (v / (top || 1) - basis.mean[j]!) * basis.components[9 * c + j]!, 0),
    )
    return { sparse: top <= peak / 100, x }
  })
}

test('range over all filters, histograms over the non-sparse ones', async () => {
  const pass = await measureCoefficients(inputs, analysis, basis)
  const expected = [first, second].map(coefficientsOf)
  const all = expected.flat().flatMap(({ x }) => x)
  assert.ok(Math.abs(pass.range[0] - Math.min(...all)) < 1e-14)
  assert.ok(Math.abs(pass.range[1] - Math.max(...all)) < 1e-14)
  assert.equal(
    pass.layers.map(({ model, layer_id, filters }) => [model, layer_id, filters]),
    [
      ['one', 0, 40],
      ['two', 0, 28],
    ],
  )
  const sparse = expected[1]![1]!
  assert.is(sparse.sparse, true)
  assert.ok(Math.max(...sparse.x.map(Math.abs)) > 1)
  const width = (pass.range[1] - pass.range[0]) / coefficientBins
  for (const [k, layer] of pass.layers.entries()) {
    for (let c = 0; c < 9; c++) {
      const counts = new Array<number>(coefficientBins).fill(0)
      for (const { sparse, x } of expected[k]!) if (!sparse) counts[Math.min(69, Math.floor((x[c]! - pass.range[0]) / width))]!++
      assert.equal([...layer.counts.subarray(70 * c, 70 * c + 70)], counts, `model ${k}, component ${c}`)
      assert.ok(Math.abs(layer.min[c]! - Math.min(...expected[k]!.map(({ x }) => x[c]!))) < 1e-14)
      assert.ok(Math.abs(layer.max[c]! - Math.max(...expected[k]!.map(({ x }) => x[c]!))) < 1e-14)
    }
  }
})

test('only the models that are asked for, and how far it is', async () => {
  const shares: number[] = []
  const pass = await measureCoefficients(inputs, analysis, basis, {
    models: new Set(['two']),
    onProgress: ({ done, total }) => shares.push(done / total),
  })
  assert.equal(
    pass.layers.map(({ model }) => model),
    ['two'],
  )
  assert.equal(shares, [0.5, 1])
  assert.equal(await measureCoefficients(inputs, analysis, basis, { models: new Set() }), { range: [0, 1], layers: [] })
})

test('an input that has changed or gone is reported', async () => {
  const message = async (run: Promise<unknown>): Promise<string> => {
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  const smaller = [inputs[0]!, input('two', [6, 4, 3, 3], random(24 * 9))]
  assert.match(
    await message(measureCoefficients(smaller, analysis, basis)),
    /^two\.npy: no longer holds layer .* as it was measured; measure it again$/,
  )
  assert.match(
    await message(measureCoefficients(inputs.slice(0, 1), analysis, basis)),
    /^two: layer .* was measured, but is not in the inputs any more; measure them again$/,
  )
})

test('an input that failed in the run may fail again', async () => {
  const broken: Input = { path: 'broken.npy', access: memoryAccess('broken.npy', new Uint8Array(20)), folder: emptyFolder }
  const all = [broken, ...inputs]
  const run = await analyze(all, { keepGoing: true })
  assert.is(run.failed.length, 1)
  assert.equal(await measureCoefficients(all, run, basis), await measureCoefficients(inputs, analysis, basis))
})

test('the pass of two groups uses the basis of both', async () => {
  const groups = { a: { name: 'A', models: ['one'] }, b: { name: 'B', models: ['two'] } }
  const found = await groupCoefficients(inputs, { analysis, groups })
  assert.equal([...found!.basis.components], [...basis.components])
  const zeros = [input('z', [2, 2, 3, 3], new Float32Array(36))]
  const none = { a: { name: 'A', models: ['z'] }, b: { name: 'B', models: [] } }
  assert.is(await groupCoefficients(zeros, { analysis: await analyze(zeros), groups: none }), null)
})

test.run()
