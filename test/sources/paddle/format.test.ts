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

const fixtures = fileURLToPath(new URL('../../fixtures/paddle/', import.meta.url))
const expected: Answer[] = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8'))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const [params, program] = [bytesOf('net.pdiparams'), bytesOf('net.pdmodel')]

async function requireAnswers(source: Source): Promise<void> {
  const ours: Answer[] = []
  for (const one of source.models[0]!.convolutions) {
    const { layer, shape, depth, groups } = one
    ours.push({ layer, shape: [...shape], depth, groups, sha256: await weightsHash(one) })
  }
  assert.equal(ours, expected)
}

test('a folder is one network: names, depths, groups and weights as they were written', async () => {
  const names: string[] = []
  for await (const input of findInputs([fixtures])) {
    names.push(input.path)
    const source = await openSource(await input.open())
    await requireAnswers(source)
    await source.close()
  }
  assert.equal(names, ['net.pdiparams'])
})

test('the form without endings', async () => {
  await requireAnswers(await openSource(memoryInput('__params__', params, { __model__: program })))
})

test('what is left out, and placements', async () => {
  const [model] = (await openSource(memoryInput('net.pdiparams', params, { 'net.pdmodel': program }))).models
  assert.equal(
    model!.skipped.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'conv2d_10.w_0: shares the weights of c4',
      'packed.w_0: stored as int8, which is not read as weights',
      'up.w_0: transposed convolution',
    ],
  )
  assert.equal(
    model!.convolutions.map(({ conv_depth, conv_depth_norm }) => [conv_depth, conv_depth_norm]),
    [
      [0, 0],
      [1, 1 / 3],
      [1, 1 / 3],
    ],
    'ranks count the shared and the packed layer',
  )
  assert.equal(
    model!.convolutions.map(({ node, placement }) => [node, placement]),
    [
      ['c1', { strides: [2, 2], dilations: [1, 1], pads: [1, 0, 1, 0] }],
      ['c2', { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' }],
      ['c4', { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] }],
    ],
  )
})

async function refused(bytes: Uint8Array, beside: Record<string, Uint8Array> = {}): Promise<string> {
  try {
    await openSource(memoryInput('net.pdiparams', bytes, beside))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('one of the two files alone, or two that do not fit, are refused', async () => {
  assert.match(await refused(params), /without names or structure; put its net\.pdmodel beside it/)
  assert.match(await refused(program), /is the structure of a Paddle network/)
  assert.match(await refused(params.subarray(0, 700), { 'net.pdmodel': program }), /cut short/)
  // The first tensor alone, of 32 bytes behind its description.
  const first = params.subarray(0, 20 + params[16]! + 32)
  assert.match(await refused(first, { 'net.pdmodel': program }), /holds 1 tensors, and net\.pdmodel names 6/)
  assert.match(await refused(params, { 'net.pdmodel': program.subarray(0, 300) }), /net\.pdmodel.*cut short/)
})

test.run()
