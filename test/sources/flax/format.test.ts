import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { counted, memoryInput } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/flax/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openFixture = (name: string): Promise<Source> => openSource(memoryInput(name, bytesOf(name)))

for (const name of Object.keys(expected))
  test(`${name}: layers and weights as Flax has them`, async () => {
    const { models } = await openFixture(name)
    const ours = []
    for (const one of models[0]!.convolutions)
      ours.push({ layer: one.layer, shape: [...one.shape], sha256: await weightsHash(one) })
    const byName = (a: { layer: string }, b: { layer: string }): number => (a.layer < b.layer ? -1 : 1)
    assert.equal(ours.sort(byName), [...expected[name]!].sort(byName))
  })

test('a folder of them is found', async () => {
  const names: string[] = []
  for await (const { path } of findInputs([fixtures])) names.push(path)
  assert.equal(names, Object.keys(expected).sort())
})

test('transposed and 1-D kernels and the optimiser are listed with their reasons', async () => {
  const reasons = async (name: string): Promise<string[]> =>
    (await openFixture(name)).models[0]!.skipped.map((one) => `${one.name}: ${one.reason}`)
  assert.equal((await reasons('variables.msgpack')).sort(), [
    'params/ConvTranspose_0/kernel: transposed convolution',
    'params/Conv_2/kernel: 1-D convolution',
  ])
  assert.is((await reasons('training.msgpack')).filter((line) => line.endsWith('optimiser state')).length, 5)
  assert.match((await openFixture('haiku.msgpack')).warnings.join(), /read as \(rows, columns, in, out\)/)
})

test('weights are not read when it is opened', async () => {
  const head = bytesOf('variables.msgpack')
  // One kernel of 64 MiB behind it, under a name of its own: a map with one entry more.
  const kernel = 64 * 1024 * 1024
  const name = [0xa3, 0x62, 0x69, 0x67, 0x81, 0xa6, 0x6b, 0x65, 0x72, 0x6e, 0x65, 0x6c]
  const shape = [0x94, 3, 3, 0xce, 0, 4, 0, 0, 0xce, 0, 0, 0, 8]
  const size = (bytes: number): number[] => [bytes >>> 24, (bytes >>> 16) & 255, (bytes >>> 8) & 255, bytes & 255]
  const content = 9 * 0x40000 * 8 * 4
  const type = [0xa7, ...new TextEncoder().encode('float32'), 0xc6, ...size(content)]
  const array = [0xc9, ...size(1 + shape.length + type.length + content), 1, 0x93, ...shape, ...type]
  const start = Uint8Array.from([head[0]! + 1, ...head.subarray(1), ...name, ...array])
  assert.ok(content > kernel)
  const access = counted({
    name: 'big.msgpack',
    byteLength: start.length + content,
    async read(offset, length) {
      const out = new Uint8Array(length)
      if (offset < start.length) out.set(start.subarray(offset, Math.min(start.length, offset + length)))
      return out
    },
  })
  const source = await openSource({ path: 'big.msgpack', access, folder: { open: async () => undefined } })
  assert.is(source.models[0]!.convolutions.at(-1)!.layer, 'big/kernel')
  assert.ok(access.bytes < 200_000, `${access.bytes} bytes were read`)
})

async function refused(bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput('net.msgpack', bytes))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

test('what is cut short, goes on, or lies about its sizes is refused', async () => {
  const bytes = bytesOf('variables.msgpack')
  assert.match(await refused(bytes.subarray(0, 2000)), /cut short/)
  assert.match(await refused(Uint8Array.from([...bytes, 0xc0])), /1 bytes follow/)
  const wrong = Uint8Array.from(bytes)
  const at = Buffer.from(wrong).indexOf(Buffer.from([0x94, 3, 3, 3, 8]))
  wrong[at + 4] = 9
  assert.match(await refused(wrong), /needs 972 bytes and has 864/)
  const twice = Uint8Array.of(0x82, 0xa1, 0x61, 0x81, 0xa1, 0x62, 0xc7, 4, 1, 0x93, 0x90, 0xa0, 0xc4, 0, 0xa1, 0x61, 1)
  assert.match(await refused(twice), /InputError|cut short|damaged/)
})

test('other MessagePack, and pickles, are not taken for it', async () => {
  const { flax } = await import('../../../src/sources/flax/format.ts')
  const told = (bytes: Uint8Array): Promise<boolean> | boolean =>
    flax.match(bytes, { path: 'x', access: memoryAccess('x', bytes), folder: { open: async () => undefined } })
  assert.is(await told(Uint8Array.of(0x81, 0xa1, 0x61, 1)), false)
  assert.is(await told(Uint8Array.of(0x80, 0x02, 0x7d, 0x71, 0x00, 0x2e)), false)
  assert.is(await told(bytesOf('variables.msgpack')), true)
})

test.run()
