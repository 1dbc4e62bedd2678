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

const fixtures = fileURLToPath(new URL('../../fixtures/darknet/', import.meta.url))
const expected: Record<string, { shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))

/** A configuration with zeros for as many weights as it asks for, and `more` bytes behind. */
function network(configuration: string, numbers: number, more = 0): Promise<Source> {
  const weights = new Uint8Array(20 + 4 * numbers + more)
  weights[4] = 2
  return openSource(memoryInput('net.weights', weights, { 'net.cfg': text(configuration) }))
}

async function refused(open: () => Promise<Source>): Promise<string> {
  try {
    await open()
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

async function layersOf(source: Source): Promise<{ shape: number[]; sha256: string }[]> {
  const layers = []
  for (const layer of source.models[0]!.convolutions) layers.push({ shape: [...layer.shape], sha256: await weightsHash(layer) })
  return layers
}

test('a folder of both files is two networks, each opened at its weights', async () => {
  const names: string[] = []
  for await (const input of findInputs([fixtures])) {
    names.push(input.path)
    const source = await openSource(await input.open())
    assert.equal(await layersOf(source), expected[input.path])
    assert.equal(source.warnings, [])
    await source.close()
  }
  assert.equal(names, ['classifier_final.weights', 'detector.weights'])
})

test('opened at the configuration it is the same network', async () => {
  const both = { 'detector.cfg': bytesOf('detector.cfg'), 'detector.weights': bytesOf('detector.weights') }
  const source = await openSource(memoryInput('detector.cfg', both['detector.cfg'], both))
  assert.equal(await layersOf(source), expected['detector.weights'])
  assert.is(source.models[0]!.name, 'detector')
})

test('depths through route and shortcut, groups, placement, bias, and what is left out', async () => {
  const files = { 'detector.cfg': bytesOf('detector.cfg') }
  const source = await openSource(memoryInput('detector.weights', bytesOf('detector.weights'), files))
  const [model] = source.models
  assert.equal(
    model!.convolutions.map(({ layer, depth, conv_depth, groups, bias }) => [
      layer,
      depth,
      conv_depth,
      groups,
      bias !== undefined,
    ]),
    [
      ['convolutional_0', 0, 0, 1, false],
      ['convolutional_2', 2, 1, 2, false],
      ['convolutional_4', 4, 2, 1, true],
      ['convolutional_8', 8, 3, 1, true],
      ['convolutional_12', 12, 4, 1, true],
    ],
  )
  assert.equal(model!.convolutions[3]!.placement, { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1] })
  assert.equal(
    model!.skipped.map(({ name, reason }) => [name, reason]),
    [['deconvolutional_10', 'transposed convolution']],
  )
})

test('a branch counts by its longest way', async () => {
  const configuration =
    '[net]\nchannels=2\n[convolutional]\nfilters=2\nsize=3\n[convolutional]\nfilters=2\nsize=3\n[route]\nlayers=0\n[convolutional]\nfilters=2\nsize=3\n[shortcut]\nfrom=1\n'
  const source = await network(configuration, 3 * (2 + 36))
  assert.equal(
    source.models[0]!.convolutions.map(({ layer, depth }) => [layer, depth]),
    [
      ['convolutional_0', 0],
      ['convolutional_1', 1],
      ['convolutional_3', 2],
    ],
  )
})

test('weights of the first layers are measured with a warning; any other length tells that the files do not belong together', async () => {
  const configuration = '[net]\nchannels=1\n[convolutional]\nfilters=2\nsize=3\n[convolutional]\nfilters=2\nsize=3\n'
  const short = await network(configuration, 20)
  assert.equal(
    short.models[0]!.convolutions.map(({ layer }) => layer),
    ['convolutional_0'],
  )
  assert.is(short.models[0]!.skipped[0]!.reason, 'the weights end before it')
  assert.match(
    short.warnings.join(),
    /holds the first layers only, 100 of 252 bytes that net.cfg asks for: 1 layers are not in it/,
  )
  for (const [numbers, bytes] of [
    [58, 260],
    [30, 140],
  ] as const)
    assert.match(
      await refused(() => network(configuration, numbers, bytes - 20 - 4 * numbers)),
      new RegExp(`has ${bytes} bytes, where darknet weights for net.cfg have 252`),
    )
})

test('one of the two files alone says which is missing', async () => {
  assert.match(
    await refused(() => openSource(memoryInput('a.weights', bytesOf('detector.weights')))),
    /put the \.cfg of its network beside it/,
  )
  assert.match(await refused(() => openSource(memoryInput('a.cfg', bytesOf('detector.cfg')))), /put its \.weights beside it/)
})

test('layers and numbers that cannot be are refused', async () => {
  const conv = (options: string): string => `[net]\nchannels=3\n[convolutional]\n${options}\n`
  for (const [configuration, says] of [
    [conv('filters=-4'), /says filters=-4/],
    [conv('filters=1e99'), /says filters=1e99/],
    [conv('groups=2'), /cuts 3 channels into 2 groups/],
    ['[net]\n[route]\nlayers=4\n', /takes layer 4, which is not before it/],
    ['[net]\n[lstm]\noutput=4\n', /is a \[lstm\], and how many weights that keeps is not known/],
    [conv('filters=2000000000\nsize=2000000000'), /has more weights than any file holds/],
  ] as const)
    assert.match(await refused(() => network(configuration, 100)), says)
})

test.run()
