import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { slotsOf } from '../../../src/sources/numpy/slots.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { problem } from '../../helpers/problem.ts'
import { referenceWeights, weightsHash } from '../helpers/reference-weights.ts'
import { counted } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/numpy/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const dicts: typeof expected = JSON.parse(readFileSync(`${fixtures}dicts.json`, 'utf8'))

async function openFixture(name: string): Promise<Source> {
  return openSource({ path: name, access: await openFile(fixtures + name), folder: emptyFolder })
}

/** A .npy file written by hand. */
function npy(header: string, bytes: Uint8Array, major = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`)
  const length = major === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0]
  return new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0, ...length, ...text, ...bytes])
}

const openBytes = (bytes: Uint8Array) => openSource({ path: 'a.npy', access: memoryAccess('a.npy', bytes), folder: emptyFolder })
const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer)

for (const [name, layers] of Object.entries({ ...expected, ...dicts }))
  test(`${name} gives the layers that NumPy sees`, async () => {
    const source = await openFixture(name)
    const ours = await Promise.all(
      source.models[0]!.convolutions.map(async (layer) => ({
        layer: layer.layer,
        shape: [...layer.shape],
        sha256: await weightsHash(layer),
      })),
    )
    assert.equal(ours, layers)
    assert.equal(
      source.models[0]!.convolutions.map(({ depth }) => depth),
      layers.map((_, k) => k),
    )
    await source.close()
  })

test('the arrays of a dict stay in the file: only the instructions around them are read', async () => {
  const bytes = new Uint8Array(readFileSync(`${fixtures}dict-of-lists.npy`))
  const access = counted(memoryAccess('dict.npy', bytes))
  const filler = { ...access, read: access.read }
  const source = await openSource({ path: 'dict.npy', access: filler, folder: emptyFolder })
  const { weights } = source.models[0]!.convolutions[0]!
  assert.is(weights.access.name, 'dict.npy')
  assert.ok(weights.offset > 128 && weights.access.byteLength === bytes.length)
})

test('a damaged pickle, one that is cut short, and one without arrays are told', async () => {
  const bytes = new Uint8Array(readFileSync(`${fixtures}dict.npy`))
  assert.match(await problem(openBytes(bytes.slice(0, 3000))), /a\.npy: is cut short in its pickle/)
  const wrong = bytes.slice()
  wrong[wrong.length - 2] = 0xff
  assert.match(await problem(openBytes(wrong)), /the pickle is damaged|no pickle instruction/)
})

test('what an archive holds besides convolutions is listed with a reason', async () => {
  const source = await openFixture('state.npz')
  const [model] = source.models
  assert.is(model!.name, 'state')
  assert.is(model!.tensors, 5)
  assert.equal(model!.skipped, [
    { name: 'up.deconv.weight', shape: [32, 16, 4, 4], kind: 'ConvTranspose', reason: 'transposed convolution by its name' },
  ])
  await source.close()
})

test('turned axes are said; doubles are reported by the run that finds them inexact', async () => {
  const warnings = async (name: string): Promise<string> => {
    const source = await openFixture(name)
    await source.close()
    return source.warnings.join()
  }
  assert.is(await warnings('float64.npy'), '')
  assert.match(await warnings('hwio.npy'), /array hwio is read as \(rows, columns, in, out\)/)
  assert.is(await warnings('float32.npy'), '')
})

test('format version 2, double quotes and a long integer of Python 2', async () => {
  const source = await openBytes(npy(`{"descr": "<f4", 'fortran_order': False, 'shape': (1L, 1, 2, 1), }`, floats(4, 5), 2))
  const [layer] = source.models[0]!.convolutions
  assert.equal([...(await referenceWeights(layer!.weights, layer!.shape))], [4, 5])
})

test('a stored array of an archive is read in place, without a copy', async () => {
  const source = await openFixture('state.npz')
  assert.ok(source.models[0]!.convolutions[0]!.weights.access.origin)
  await source.close()
})

test('a pickle of objects that would run code is named', async () => {
  const header = `{'descr': '|O', 'fortran_order': False, 'shape': (1,), }`
  const calls = new TextEncoder().encode(`(lcos\nsystem\n(Vid\ntRa.`)
  const evil = npy(header, calls)
  assert.match(
    await problem(openBytes(evil)),
    /would call os\.system when Python loads it: it runs code, and no layer; do not load it/,
  )
  const kernel = npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2, 1), }`, floats(4, 5))
  const source = await openBytes(zipSync({ 'w.npy': kernel, 'meta.npy': evil }))
  assert.is(source.models[0]!.convolutions.length, 1)
  assert.match(source.warnings[0]!, /would call os\.system when Python loads it: it runs code; its arrays were read/)
})

test('what cannot be read is said', async () => {
  assert.match(await problem(openFixture('objects.npy')), /objects\.npy: holds pickled Python objects/)
  const header = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
  assert.match(await problem(openBytes(npy(header("'<f4'", '(3, 3)'), floats(1)))), /needs bytes up to .* cut short/)
  assert.match(await problem(openBytes(npy(header("'<f4'", '(1, 2)'), floats(1, 2)))), /is an array of 1×2; a layer is/)
  assert.match(await problem(openBytes(npy(header("'<i8'", '(1,)'), new Uint8Array(8)))), /NumPy type <i8/)
  assert.match(await problem(openBytes(npy(header("[('a', '<f4')]", '(1,)'), new Uint8Array(8)))), /a record array/)
  assert.match(await problem(openBytes(npy(header("'<f4'", '(0, 3, 3, 3)'), new Uint8Array(0)))), /is an array of 0×3×3×3/)
  assert.match(await problem(openBytes(npy('nonsense', floats(1)))), /damaged \.npy header/)
  assert.match(await problem(openBytes(npy(header("'<f4'", '(1,)'), floats(1)).subarray(0, 9))), /cut short/)
  assert.match(await problem(openBytes(npy(header("'<f4'", '(1,)'), floats(1), 9))), /version 9/)
})

test('arrays one behind another, as Equinox saves leaves, are all read', async () => {
  const header = (type: string, shape: string) => `{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }`
  const values = Float32Array.from({ length: 4 * 3 * 9 + 2 * 4 * 9 }, (_, k) => Math.sin(k))
  const bytes = new Uint8Array(values.buffer)
  const split = 4 * 3 * 9 * 4
  const leaves = [
    npy(header('<f4', '(4, 3, 3, 3)'), bytes.subarray(0, split)),
    npy(header('<f4', '(4, 1, 1)'), floats(1, 2, 3, 4)),
    npy(header('<U2', '(1,)'), new Uint8Array(8)),
    npy(header('|b1', '()'), new Uint8Array(1)),
    npy(header('<f4', '(2, 4, 3, 3)'), bytes.subarray(split)),
  ]
  const whole = new Uint8Array(leaves.flatMap((leaf) => [...leaf]))
  const source = await openBytes(whole)
  const { convolutions } = source.models[0]!
  assert.equal(
    convolutions.map(({ layer, shape }) => [layer, shape]),
    [
      ['0', [4, 3, 3, 3]],
      ['4', [2, 4, 3, 3]],
    ],
  )
  const [, last] = convolutions
  assert.equal([...(await referenceWeights(last!.weights, last!.shape))], [...values.subarray(4 * 3 * 9)])
  assert.match(await problem(openBytes(whole.subarray(0, whole.length - 4))), /cut short/)
  const alone = await openBytes(new Uint8Array([...leaves[0]!, 1, 2, 3]))
  assert.is(alone.models[0]!.convolutions.length, 1)
})

test("a variable that TensorFlow calls by its output (w:0) has the optimiser's beside it too", () => {
  const array = (name: string) => ({ name, shape: [3, 3, 3, 8] })
  assert.equal([...slotsOf([array('conv/w:0'), array('conv/w/Momentum:0')])], [['conv/w/Momentum:0', 'conv/w']])
})

test('what an optimiser keeps beside a variable is no layer', () => {
  const array = (name: string, ...shape: number[]) => ({ name, shape })
  const slots = slotsOf([
    array('conv/weights/Adam', 3, 3, 3, 8),
    array('conv/weights', 3, 3, 3, 8),
    array('conv/weights/Adam_1', 3, 3, 3, 8),
    array('conv/weights/ema/Momentum', 3, 3, 3, 8),
    array('conv/weights/other', 3, 3, 8, 8),
    array('conv/weights2/Adam', 3, 3, 3, 8),
    array('step', 1),
    array('step/Adam', 1),
    array('beta', ...[]),
    array('beta/power', ...[]),
  ])
  assert.equal(
    [...slots],
    [
      ['conv/weights/Adam', 'conv/weights'],
      ['conv/weights/Adam_1', 'conv/weights'],
      ['conv/weights/ema/Momentum', 'conv/weights'],
      ['step/Adam', 'step'],
    ],
  )
})

test.run()
