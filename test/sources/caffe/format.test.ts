import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'

interface Answer {
  readonly layer: string
  readonly shape: number[]
  readonly depth: number
  readonly groups: number
  readonly sha256: string
}

const fixtures = fileURLToPath(new URL('../../fixtures/caffe/', import.meta.url))
const expected: Record<string, Answer[]> = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8'))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openFixture = (name: string): Promise<Source> => openSource(memoryInput(name, bytesOf(name)))

for (const name of Object.keys(expected))
  test(`${name}: layers, depths, groups and weights as they were written`, async () => {
    const [model] = (await openFixture(name)).models
    assert.is(model!.depth_source, 'graph')
    const ours: Answer[] = []
    for (const one of model!.convolutions) {
      const { layer, shape, depth, groups } = one
      ours.push({ layer, shape: [...shape], depth, groups, sha256: await weightsHash(one) })
    }
    assert.equal(ours, expected[name])
  })

test('a folder of them is found', async () => {
  const names: string[] = []
  for await (const { path } of findInputs([fixtures])) names.push(path)
  assert.equal(names, Object.keys(expected).sort())
})

test('what is left out, placements, names and biases', async () => {
  const [model] = (await openFixture('branches.caffemodel')).models
  assert.is(model!.name, 'Branches')
  assert.equal(
    model!.skipped.map(({ name, reason }) => [name, reason]),
    [
      ['again', 'shares the weights of shared'],
      ['up', 'transposed convolution'],
    ],
  )
  const placement = (layer: string) => model!.convolutions.find((one) => one.layer === layer)!.placement
  assert.equal(placement('conv1'), { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1] })
  assert.equal(placement('grouped'), { strides: [2, 1], dilations: [1, 1], pads: [1, 0, 1, 0] })
  assert.equal(placement('apart'), { strides: [1, 1], dilations: [2, 2], pads: [0, 0, 0, 0] })
  assert.ok(model!.convolutions[0]!.bias)
  const [oldest] = (await openFixture('oldest.caffemodel')).models
  assert.equal(oldest!.convolutions[0]!.placement, { strides: [4, 4], dilations: [1, 1], pads: [2, 2, 2, 2] })
})

async function refused(bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput('net.caffemodel', bytes))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('what is cut short, or has other sizes than its shape says, is refused', async () => {
  const bytes = bytesOf('older.caffemodel')
  assert.match(await refused(bytes.subarray(0, 1500)), /layer 0|layer conv1/)
  const wrong = Uint8Array.from(bytes)
  // num 6 of the first blob, behind its tag
  const at = Buffer.from(wrong).indexOf(Buffer.from([0x08, 6, 0x10, 3, 0x18, 5, 0x20, 5]))
  wrong[at + 1] = 7
  assert.match(await refused(wrong), /layer conv1 have the shape 7×3×5×5 and 450 values/)
})

test('a layer that takes nothing is not measured', async () => {
  const layer = [
    0x0a,
    1,
    0x61,
    0x12,
    11,
    ...Buffer.from('Convolution'),
    0x3a,
    14,
    0x2a,
    4,
    0,
    0,
    0,
    0,
    0x3a,
    6,
    0x0a,
    4,
    1,
    1,
    1,
    1,
  ]
  const bytes = Uint8Array.from([0x0a, 1, 0x6e, 0xa2, 6, layer.length, ...layer])
  const [model] = (await openSource(memoryInput('n.caffemodel', bytes))).models
  assert.is(model!.convolutions.length, 0)
  assert.match(model!.skipped[0]!.reason, /a layer of Caffe that takes nothing/)
})

test.run()
