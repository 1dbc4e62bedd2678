import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findGivenInputs } from '../../../src/inputs/given-inputs.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source, SourceModel } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'

interface Answer {
  readonly layer: string
  readonly shape: number[]
  readonly depth: number
  readonly groups: number
  readonly sha256: string
}

const fixtures = fileURLToPath(new URL('../../fixtures/coreml/', import.meta.url))
const expected: Record<string, Record<string, Answer[]>> = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8'))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const PACKAGE = 'net.mlpackage/Data/com.apple.CoreML'
const program = (): Uint8Array => bytesOf(`${PACKAGE}/model.mlmodel`)
const blobs = (): Uint8Array => bytesOf(`${PACKAGE}/weights/weight.bin`)

async function answersOf({ convolutions, depth_source }: SourceModel): Promise<Answer[]> {
  assert.is(depth_source, 'graph')
  const answers: Answer[] = []
  for (const one of convolutions) {
    const { layer, shape, depth, groups } = one
    answers.push({ layer, shape: [...shape], depth, groups, sha256: await weightsHash(one) })
  }
  return answers
}

async function requireAnswers(source: Source, file: string): Promise<void> {
  const ours: Record<string, Answer[]> = {}
  for (const model of source.models) ours[model.name] = await answersOf(model)
  assert.equal(ours, expected[file])
}

test('a folder: three models and a package, each with the weights that were written', async () => {
  const names: string[] = []
  for await (const input of findInputs([fixtures])) {
    if (input.path.startsWith('compressed.')) continue
    names.push(input.path)
    const source = await openSource(await input.open())
    await requireAnswers(source, input.path)
    await source.close()
  }
  assert.equal(names, Object.keys(expected).sort())
})

test('a package on its own, and in a zip, is called as it is', async () => {
  for await (const input of findInputs([`${fixtures}net.mlpackage`])) {
    assert.is(input.path, `${PACKAGE}/model.mlmodel`)
    const source = await openSource(await input.open())
    await requireAnswers(source, input.path)
    await source.close()
  }
  const zip = zipSync({ [`${PACKAGE}/model.mlmodel`]: program(), [`${PACKAGE}/weights/weight.bin`]: blobs() })
  await requireAnswers(await openSource(memoryInput('models.zip', zip)), `${PACKAGE}/model.mlmodel`)
})

test('what is left out of a network and of a program', async () => {
  const reasons = ({ models }: Source): string[] => models[0]!.skipped.map(({ name, reason }) => `${name}: ${reason}`)
  assert.equal(reasons(await openSource(memoryInput('classifier.mlmodel', bytesOf('classifier.mlmodel')))), [
    'up: transposed convolution',
    'deep: 3-D convolution',
  ])
  const beside = { 'weights/weight.bin': blobs() }
  assert.equal(reasons(await openSource(memoryInput('model.mlmodel', program(), beside))), [
    'c5: its weights are compressed (constexpr_lut_to_dense without indices)',
    'c6: stored as int8, which is not read as weights',
    't: transposed convolution',
    'c4: shares the weights of c3',
    'c7: shares the weights of c2',
  ])
})

const COMPRESSED = 'compressed.mlpackage/Data/com.apple.CoreML'

test('compressed weights are those that the documentation of their operations says', async () => {
  const beside = { 'weights/weight.bin': bytesOf(`${COMPRESSED}/weights/weight.bin`) }
  const source = await openSource(memoryInput('model.mlmodel', bytesOf(`${COMPRESSED}/model.mlmodel`), beside))
  const answers = JSON.parse(readFileSync(`${fixtures}compressed.json`, 'utf8')) as Answer[]
  assert.equal(await answersOf(source.models[0]!), answers)
  assert.equal(source.models[0]!.skipped, [])
})

test('compressed weights are the same in whatever pieces they are read', async () => {
  const beside = { 'weights/weight.bin': bytesOf(`${COMPRESSED}/weights/weight.bin`) }
  const { models } = await openSource(memoryInput('model.mlmodel', bytesOf(`${COMPRESSED}/model.mlmodel`), beside))
  for (const { layer, weights } of models[0]!.convolutions) {
    const { access } = weights
    const all = await access.read(0, access.byteLength)
    for (const piece of [5, 36, 100])
      for (let at = 0; at < access.byteLength; at += piece) {
        const length = Math.min(piece, access.byteLength - at)
        assert.equal(await access.read(at, length), all.slice(at, at + length), `${layer} at ${at}`)
      }
  }
})

test('compressed weights whose parts do not fit are refused', async () => {
  const whole = bytesOf(`${COMPRESSED}/model.mlmodel`)
  const weights = bytesOf(`${COMPRESSED}/weights/weight.bin`)
  let refusals = 0
  for (let at = 64; at < weights.length; at += 64) {
    if (weights[at] !== 0xef || weights[at + 1] !== 0xbe) continue
    const damaged = weights.slice()
    damaged[at + 8]! ^= 1 // how many bytes a constant has
    try {
      await openSource(memoryInput('model.mlmodel', whole, { 'weights/weight.bin': damaged }))
    } catch (error) {
      assert.instance(error, InputError)
      refusals++
    }
  }
  assert.ok(refusals > 30, `${refusals}`)
  const mask = new Uint8Array(weights)
  const { models } = await openSource(memoryInput('model.mlmodel', whole, { 'weights/weight.bin': mask }))
  const sparse = models[0]!.convolutions[6]!.weights.access
  mask.fill(0xff) // a mask with more bits than there are numbers
  try {
    await sparse.read(0, 4)
  } catch (error) {
    assert.match((error as Error).message, /numbers where its mask has/)
    return
  }
  assert.unreachable()
})

test('quantised weights that are too few, or without what they stand for', async () => {
  const whole = bytesOf('quantised.mlmodel')
  const text = Buffer.from(whole).toString('latin1')
  // The length of the packed numbers of the first layer (108 bytes, field 30) is made one byte less, and their message too short for it.
  const at = text.indexOf('\xf2\x01\x6c')
  assert.ok(at > 0)
  const damaged = whole.slice()
  damaged[at + 2] = 0x6b
  try {
    await openSource(memoryInput('quantised.mlmodel', damaged))
  } catch (error) {
    assert.instance(error, InputError)
    return
  }
  assert.unreachable()
})

test('placements and biases', async () => {
  const [network] = (await openSource(memoryInput('classifier.mlmodel', bytesOf('classifier.mlmodel')))).models
  assert.equal(
    network!.convolutions.slice(0, 2).map(({ placement, bias }) => [placement, bias !== undefined]),
    [
      [{ strides: [2, 2], dilations: [1, 1], pads: [1, 2, 0, 3] }, true],
      [{ strides: [1, 1], dilations: [1, 1], pads: 'same_lower' }, false],
    ],
  )
  const [net] = (await openSource(memoryInput('model.mlmodel', program(), { 'weights/weight.bin': blobs() }))).models
  // Ranks count every 2-D convolution: also c4 and c7, which share weights, and c6, which is of whole numbers.
  assert.equal(
    net!.convolutions.map(({ conv_depth, conv_depth_norm }) => [conv_depth, conv_depth_norm]),
    [
      [0, 0],
      [1, 1 / 5],
      [2, 2 / 5],
    ],
  )
  assert.equal(
    net!.convolutions.slice(0, 2).map(({ placement }) => placement),
    [
      { strides: [2, 2], dilations: [1, 1], pads: [1, 2, 0, 1] },
      { strides: [1, 1], dilations: [1, 1], pads: 'same_upper' },
    ],
  )
})

test('a package that is dropped on the page as a folder is one model', async () => {
  const paths = ['net.mlpackage/Manifest.json', `${PACKAGE}/model.mlmodel`, `${PACKAGE}/weights/weight.bin`]
  const inputs = await findGivenInputs(paths.map((path) => ({ path, blob: new Blob([readFileSync(fixtures + path)]) })))
  assert.equal(
    inputs.map(({ path }) => path),
    [`${PACKAGE}/model.mlmodel`],
  )
  const source = await openSource(await inputs[0]!.open())
  await requireAnswers(source, `${PACKAGE}/model.mlmodel`)
  await source.close()
})

async function refused(bytes: Uint8Array, beside: Record<string, Uint8Array> = {}): Promise<string> {
  try {
    await openSource(memoryInput('net.mlmodel', bytes, beside))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('weights that are missing, of another model or cut short, and models without a network, are refused', async () => {
  assert.match(
    await refused(program()),
    /its weights are in weights\/weight\.bin, which is not beside it; give the whole \.mlpackage/,
  )
  const other = blobs()
  other[64] = 0
  assert.match(await refused(program(), { 'weights/weight.bin': other }), /has no constant at byte 64, where w1 should be/)
  assert.match(await refused(program(), { 'weights/weight.bin': blobs().subarray(0, 500) }), /constant w1 of 216 numbers/)
  const outside = Buffer.from(program())
    .toString('latin1')
    .replaceAll('@model_path/weights/weight.bin', '@model_path/../../../weights.b')
  assert.match(await refused(new Uint8Array(Buffer.from(outside, 'latin1'))), /such a path is refused/)
  assert.match(await refused(bytesOf('classifier.mlmodel').subarray(0, 800)), /cut short|past the end/)
  const trees = Uint8Array.from([8, 1, 0x12, 2, 0x0a, 0, 0x92, 0x19, 0])
  assert.match(await refused(trees), /is a Core ML model without a network in it \(it holds an ensemble of trees\)/)
})

test.run()
