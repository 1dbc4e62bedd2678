import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { counted, memoryInput } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/gguf/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openFixture = (name: string): Promise<Source> => openSource(memoryInput(name, bytesOf(name)))

for (const name of Object.keys(expected))
  test(`${name}: layers and weights as they were written`, async () => {
    const { models } = await openFixture(name)
    const ours = []
    for (const one of models[0]!.convolutions)
      ours.push({ layer: one.layer, shape: [...one.shape], sha256: await weightsHash(one) })
    assert.equal(ours, expected[name])
  })

test('a folder of them is found', async () => {
  const names: string[] = []
  for await (const { path } of findInputs([fixtures])) names.push(path)
  assert.equal(names, Object.keys(expected).sort())
})

test('quantised blocks and whole numbers are listed, the architecture is told', async () => {
  const [model] = (await openFixture('unet.gguf')).models
  assert.is(model!.producer, 'sd')
  assert.equal(
    model!.skipped.map(({ name, reason }) => [name, reason]),
    [
      ['model.q.weight', 'stored as blocks of Q8_0 (quantised), which is not read as weights'],
      ['steps.weight', 'stored as int32, which is not read as weights'],
    ],
  )
  assert.match((await openFixture('reshaped-00001-of-00002.gguf')).warnings.join(), /part 1 of 2 of a model/)
})

test('tokens and weights are not read when it is opened', async () => {
  const bytes = bytesOf('unet.gguf')
  const length = 1 << 30
  const access = counted({
    name: 'unet.gguf',
    byteLength: length,
    async read(offset, count) {
      const out = new Uint8Array(count)
      if (offset < bytes.length) out.set(bytes.subarray(offset, Math.min(bytes.length, offset + count)))
      return out
    },
  })
  await openSource({ path: 'unet.gguf', access, folder: { open: async () => undefined } })
  assert.ok(access.bytes < 40_000, `${access.bytes} bytes were read`)
})

async function refused(bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput('net.gguf', bytes))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

const little = (bytes: number, value: number): number[] =>
  Array.from({ length: bytes }, (_, k) => Math.floor(value / 256 ** k) % 256)
const text = (value: string): number[] => [...little(8, value.length), ...new TextEncoder().encode(value)]
const gguf = (tensors: number, pairs: number, ...rest: number[]): Uint8Array =>
  Uint8Array.from([0x47, 0x47, 0x55, 0x46, ...little(4, 3), ...little(8, tensors), ...little(8, pairs), ...rest])

test('what is cut short, claims too much or has another version is refused', async () => {
  const bytes = bytesOf('first.gguf')
  assert.match(await refused(bytes.subarray(0, 900)), /cut short: tensor conv.weight of shape 8×3×3×3 ends at byte 960 of 900/)
  assert.match(await refused(bytes.subarray(0, 40)), /cut short/)
  const other = Uint8Array.from(bytes)
  other.set([0, 0, 0, 3], 4)
  assert.match(await refused(other), /most significant byte first/)
  other.set([9, 0, 0, 0], 4)
  assert.match(await refused(other), /version 9/)
  assert.match(await refused(gguf(1e12, 0)), /1000000000000 tensors/)
  assert.match(await refused(gguf(0, 1, ...text('a'), ...little(4, 9), ...little(4, 8), ...little(8, 1e7))), /cut short/)
  assert.match(await refused(gguf(0, 1, ...text('a'), ...little(4, 99))), /no such kind of value as 99/)
  const nested = Array.from({ length: 9 }, () => [...little(4, 9), ...little(8, 1)]).flat()
  assert.match(await refused(gguf(0, 1, ...text('a'), ...little(4, 9), ...nested)), /more than 4 deep/)
  const zero = [...text('general.alignment'), ...little(4, 4), ...little(4, 0)]
  assert.match(await refused(gguf(0, 1, ...zero)), /every 0 bytes/)
  const huge = [...text('w.weight'), ...little(4, 4), ...[3, 3, 2 ** 40, 2 ** 52].flatMap((n) => little(8, n)), ...little(12, 0)]
  assert.match(await refused(gguf(1, 0, ...huge)), /cut short/)
  const one = [...text('w.weight'), ...little(4, 1), ...little(8, 1), ...little(12, 0)]
  assert.match(
    await refused(Uint8Array.from([...gguf(2, 0, ...one, ...one), ...little(64, 0)])),
    /names the tensor w.weight twice/,
  )
})

test.run()
