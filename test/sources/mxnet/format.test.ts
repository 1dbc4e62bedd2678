import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput, text } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/mxnet/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openFixture = (name: string): Promise<Source> => openSource(memoryInput(name, bytesOf(name)))

for (const name of Object.keys(expected))
  test(`${name}: layers and weights as they were written`, async () => {
    const ours = []
    for (const one of (await openFixture(name)).models[0]!.convolutions)
      ours.push({ layer: one.layer, shape: [...one.shape], sha256: await weightsHash(one) })
    assert.equal(ours, expected[name])
  })

test('a folder of them is found, and what is left out is listed', async () => {
  const names: string[] = []
  for await (const { path } of findInputs([fixtures])) names.push(path)
  assert.equal(names, Object.keys(expected).sort())
  assert.equal(
    (await openFixture('net-0000.params')).models[0]!.skipped.map(({ name, reason }) => `${name}: ${reason}`),
    ['packed_weight: stored as int8, which is not read as weights', 'deconv0_weight: transposed convolution by its name'],
  )
})

const symbol = (nodes: [op: string, name: string, inputs?: number[], attrs?: Record<string, string>][]): Uint8Array =>
  text(
    JSON.stringify({
      nodes: nodes.map(([op, name, inputs = [], attrs = {}]) => ({ op, name, attrs, inputs: inputs.map((k) => [k, 0, 0]) })),
      arg_nodes: [],
      heads: [],
    }),
  )

test('the symbol beside the parameters tells depths, groups and what is transposed', async () => {
  const nodes = symbol([
    ['null', 'data'],
    ['null', 'apart_weight'],
    ['Convolution', 'apart', [0, 1], { num_group: '8' }],
    ['null', 'stem_weight'],
    ['Convolution', 'stem', [0, 3]],
    ['elemwise_add', 'sum', [2, 4]],
    ['null', 'body_weight'],
    ['Convolution', 'body', [5, 6]],
    ['null', 'deconv0_weight'],
    ['Deconvolution', 'grow', [7, 8]],
  ])
  const bytes = bytesOf('net-0000.params')
  const source = await openSource(memoryInput('net-0000.params', bytes, { 'net-symbol.json': nodes }))
  const [model] = source.models
  assert.is(model!.depth_source, 'graph')
  assert.equal(
    model!.convolutions.map(({ layer, depth, conv_depth, groups }) => [layer, depth, conv_depth, groups]),
    [
      ['stem_weight', 0, 0, 1],
      ['apart_weight', 0, 0, 8],
      ['body_weight', 2, 1, 1],
    ],
  )
  assert.is(model!.skipped.find(({ name }) => name === 'deconv0_weight')!.reason, 'transposed convolution')
  for (const [wrong, message] of [
    [text('{"nodes": 1}'), /lists no nodes/],
    [symbol([['Convolution', 'c', [0, 3]]]), /its node 0 takes what comes behind it/],
  ] as const) {
    const beside = { 'net-symbol.json': wrong }
    assert.match(await messageOf(openSource(memoryInput('net-0000.params', bytes, beside))), message)
  }
  const named = await openFixture('net-0000.params')
  assert.is(named.models[0]!.depth_source, 'order')
})

async function messageOf(opening: Promise<Source>): Promise<string> {
  return opening.then(
    () => 'it was opened',
    (error: unknown) => {
      assert.instance(error, InputError)
      return (error as InputError).message
    },
  )
}

async function refused(bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput('net.params', bytes))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('what is cut short, counts too much, is sparse or has another type is refused', async () => {
  const bytes = bytesOf('net-0000.params')
  const changed = (at: number, ...values: number[]): Uint8Array => {
    const copy = Uint8Array.from(bytes)
    copy.set(values, at)
    return copy
  }
  assert.match(await refused(bytes.subarray(0, 500)), /cut short/)
  assert.match(await refused(changed(16, 255, 255, 255, 255)), /4294967295 arrays/)
  assert.match(await refused(changed(28, 1)), /array 0 is sparse/)
  assert.match(await refused(changed(32, 99)), /array 0 has 99 axes/)
  assert.match(await refused(changed(43, 127)), /cut short/) // the first size, beyond any file
  assert.match(await refused(changed(76, 99)), /array 0 is of type 99/)
})

test.run()
