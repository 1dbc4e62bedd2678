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

interface Answer {
  readonly layer: string
  readonly shape: number[]
  readonly depth: number
  readonly groups: number
  readonly sha256: string
}

const fixtures = fileURLToPath(new URL('../../fixtures/ncnn/', import.meta.url))
const expected: Record<string, Answer[]> = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8'))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openPair = (param: string): Promise<Source> => {
  const bin = param.replace(/param$/, 'bin')
  return openSource(memoryInput(param, bytesOf(param), { [bin]: bytesOf(bin) }))
}

test('a folder of them: layers, depths, groups and weights as they were written', async () => {
  const names: string[] = []
  for await (const input of findInputs([fixtures])) {
    names.push(input.path)
    const source = await openSource(await input.open())
    const ours: Answer[] = []
    for (const one of source.models[0]!.convolutions) {
      const { layer, shape, depth, groups } = one
      ours.push({ layer, shape: [...shape], depth, groups, sha256: await weightsHash(one) })
    }
    assert.equal(ours, expected[input.path])
    await source.close()
  }
  assert.equal(names, Object.keys(expected).sort())
})

test('what is left out, placements, biases and names', async () => {
  const [model] = (await openPair('mixed.param')).models
  assert.equal(
    model!.skipped.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'int8: stored as int8 with a scale for each channel, which is not read as weights',
      'table: stored as numbers of a table of 256, which is not read as weights',
      'up: transposed convolution',
    ],
  )
  assert.equal(
    model!.convolutions.map(({ conv_depth, conv_depth_norm }) => [conv_depth, conv_depth_norm]),
    [
      [0, 0],
      [1, 1 / 4],
      [1, 1 / 4],
      [2, 1 / 2],
    ],
    'ranks count the layers of 8 bits and of a table',
  )
  assert.equal(
    model!.convolutions.map(({ layer, placement, bias }) => [layer, placement, bias !== undefined]),
    [
      ['conv1', { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1] }, true],
      ['dw', { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' }, false],
      ['last', { strides: [1, 1], dilations: [2, 2], pads: [1, 2, 1, 2] }, false],
      ['point', { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] }, false],
    ],
  )
})

test('behind a layer whose numbers are not known nothing is measured, and it is said', async () => {
  const source = await openPair('attention.ncnn.param')
  assert.is(source.models[0]!.name, 'attention')
  assert.equal(
    source.models[0]!.skipped.map(({ name, reason }) => `${name}: ${reason}`),
    ['conv2: its numbers cannot be found'],
  )
  assert.match(source.warnings.join(), /what mha \(MultiHeadAttention\) keeps is not known/)
})

async function refused(param: string | Uint8Array, bin?: Uint8Array): Promise<string> {
  try {
    const bytes = typeof param === 'string' ? text(param) : param
    await openSource(memoryInput('net.param', bytes, bin && { 'net.bin': bin }))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('a .bin that is missing or does not fit, and lines that are no layers, are refused', async () => {
  const [param, bin] = [bytesOf('mixed.param'), bytesOf('mixed.bin')]
  assert.match(await refused(param), /is an ncnn network: its numbers are in net\.bin, which is not beside it/)
  assert.match(await refused(param, bin.subarray(0, 2000)), /does not fit net\.param: layer/)
  assert.match(await refused(param, Uint8Array.from([...bin, 0, 0, 0, 0])), /4 of \d+ bytes are left over/)
  assert.match(await refused('7767517\nx\n', bin), /second line does not count/)
  assert.match(await refused('7767517\n2 2\nInput a 0 1 a\n', bin), /of 2 layers and lists 1/)
  assert.match(await refused('7767517\n1 1\nInput a 0 9 a\n', bin), /line 3 is no layer/)
  assert.match(await refused('7767517\n1 1\nConvolution a 0 1 a 0=1 1=1 6=-4\n', bin), /asks for -4 numbers/)
  assert.match(await refused('7767517\n1 1\nConvolution a 0 1 a 0=1 1=1 6=9e15\n', bin), /needs 9000000000000000 numbers/)
})

test("pnnx's list, which begins alike, is told apart", async () => {
  assert.match(await refused('7767517\n2 1\npnnx.Input in0 0 1 in0\nnn.Conv2d conv 1 1 in0 out bias=True\n'), /is a pnnx network/)
})

test.run()
