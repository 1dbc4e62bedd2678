import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { findGivenInputs } from '../../../src/inputs/given-inputs.ts'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { crcOf } from '../../../src/io/crc32.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput, text } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/orbax/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)

type Files = Record<string, Uint8Array>

/** The files of a checkpoint by their paths in it. */
function filesOf(name: string): Files {
  const paths = readdirSync(fixtures + name, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    paths.map(({ parentPath, name: file }) => {
      const path = `${parentPath}/${file}`
      return [path.slice(fixtures.length + name.length + 1), new Uint8Array(readFileSync(path))]
    }),
  )
}

async function layersOf(source: Source): Promise<{ layer: string; shape: number[]; sha256: string }[]> {
  const layers = []
  for (const one of source.models[0]!.convolutions)
    layers.push({ layer: one.layer, shape: [...one.shape], sha256: await weightsHash(one) })
  return layers.sort((a, b) => (a.layer < b.layer ? -1 : 1))
}

const sorted = (name: string) => [...expected[name]!].sort((a, b) => (a.layer < b.layer ? -1 : 1))

async function openFixture(name: string): Promise<Source> {
  for await (const input of findInputs([fixtures + name])) return openSource(await input.open())
  throw new Error(`${name} is no input`)
}

/** What is said of a checkpoint whose files were changed. */
async function refused(files: Files, opens: string): Promise<string> {
  try {
    const source = await openSource(memoryInput('ckpt', files[opens]!, files))
    for (const model of source.models) for (const one of model.convolutions) await weightsHash(one)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

for (const name of Object.keys(expected))
  test(`${name}: layers and weights as Orbax has them`, async () => {
    const source = await openFixture(name)
    assert.equal(await layersOf(source), sorted(name))
    await source.close()
  })

test('each is one input of a folder, by the folder, and nothing inside them is another', async () => {
  const paths: string[] = []
  for await (const { path } of findInputs([fixtures])) paths.push(path)
  const names = Object.keys(expected).map((name) =>
    name === 'manager' ? 'manager/40/default' : name === 'older' ? 'older/checkpoint' : name,
  )
  assert.equal(paths, names.sort())
})

test('the optimiser, averages, transposed and 1-D kernels are left out with their reasons; the step is told', async () => {
  const source = await openFixture('training')
  const [model] = source.models
  const reasons = (model!.skipped ?? []).map(({ name, reason }) => `${name}: ${reason}`)
  assert.is(reasons.filter((line) => line.endsWith('optimiser state')).length, 8)
  assert.ok(
    reasons.some((line) => /^ema_params\/stem\/kernel: .*params/.test(line)),
    reasons.join('\n'),
  )
  assert.ok(reasons.includes('params/ConvTranspose_0/kernel: transposed convolution'))
  assert.ok(reasons.includes('params/Conv_1/kernel: 1-D convolution'))
  assert.equal(source.training, { epoch: null, step: 7 })
  assert.is(model!.name, 'training')
  assert.is(model!.depth_source, 'names')
})

test('a step of a manager is called after it, and its variables of nnx by their layers', async () => {
  const source = await openFixture('manager')
  assert.is(source.models[0]!.name, '40/default')
  assert.equal(source.training?.step, 0) // what the optimiser counted is believed before the folder
})

test("an item of a step that is the optimiser's holds no layer", async () => {
  const files = filesOf('plain')
  const opened = { ...memoryInput('opt_state', files['manifest.ocdbt']!, files), path: '12/opt_state/manifest.ocdbt' }
  const source = await openSource(opened)
  const [model] = source.models
  assert.is(model!.name, '12/opt_state')
  assert.is(model!.convolutions.length, 0)
  assert.ok(model!.skipped!.length > 0 && model!.skipped!.every(({ reason }) => reason === 'optimiser state'))
  await source.close()
})

test('chunks that an older checkpoint does not store are zeros, which is said', async () => {
  const { warnings } = await openFixture('older')
  assert.ok(warnings.some((line) => /chunks of head\.kernel are not stored and are taken for zeros/.test(line)))
})

test('a few numbers that would stand for a layer of 65,536 channels are listed, and not measured for seconds', async () => {
  const files = filesOf('older')
  const description = JSON.parse(new TextDecoder().decode(files['body.kernel/.zarray']))
  files['body.kernel/.zarray'] = text(JSON.stringify({ ...description, shape: [3, 3, 8, 65536] }))
  const source = await openSource(memoryInput('older/checkpoint', files['checkpoint']!, files))
  const [model] = source.models
  assert.not.ok(model!.convolutions.some(({ layer }) => layer === 'body/kernel'))
  const [left] = model!.skipped!.filter(({ name }) => name === 'body/kernel')
  assert.match(left?.reason ?? '', /^stored as \d+ of its 4718592 numbers/)
  await source.close()
})

test('files that were dropped, and those of a zip, are the same checkpoint', async () => {
  for (const name of ['training', 'cut-files', 'older']) {
    const files = filesOf(name)
    const given = Object.entries(files).map(([path, bytes]) => ({ path: `net/${path}`, blob: new Blob([bytes.slice()]) }))
    const inputs = await findGivenInputs(given)
    assert.is(inputs.length, 1, name)
    assert.equal(await layersOf(await openSource(await inputs[0]!.open())), sorted(name))
    const zip = zipSync(Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`net/${path}`, bytes])))
    const source = await openSource(memoryInput('net.zip', zip))
    assert.is(source.models.length, 1, name)
    assert.equal(await layersOf(source), sorted(name))
  }
})

test('any of its files that tell it opens it', async () => {
  for (const [name, file] of [
    ['training', '_METADATA'],
    ['training', 'manifest.ocdbt'],
  ] as const) {
    const files = filesOf(name)
    assert.equal(await layersOf(await openSource(memoryInput(file, files[file]!, files))), sorted(name))
  }
})

test('a changed byte of the manifest or a node is found by its CRC', async () => {
  const files = filesOf('levels')
  for (const path of Object.keys(files).filter((path) => path !== 'manifest.ocdbt')) {
    // Nodes lie at the ends of data files.
    const bytes = files[path]!.slice()
    bytes[bytes.length - 20]! ^= 1
    const said = await refused({ ...files, [path]: bytes }, 'manifest.ocdbt').catch(() => 'was opened')
    assert.match(said, /was opened|CRC-32C/)
  }
  const manifest = files['manifest.ocdbt']!.slice()
  manifest[60]! ^= 1
  assert.match(
    await refused({ ...files, 'manifest.ocdbt': manifest }, 'manifest.ocdbt'),
    /its manifest does not have the CRC-32C/,
  )
})

/** Changes bytes of a framed part and gives it a right CRC. */
async function withCrc(framed: Uint8Array, change: (bytes: Uint8Array) => void): Promise<Uint8Array> {
  const bytes = framed.slice()
  change(bytes)
  const crc = await crcOf('CRC-32C', bytes.subarray(0, bytes.length - 4))
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc, true)
  return bytes
}

test('places outside of a file, and nodes that lead back to themselves, are refused', async () => {
  const files = filesOf('levels')
  const manifest = files['manifest.ocdbt']!
  const path = 'manifest.ocdbt'
  // The manifest ends: offsets, lengths, three statistics, 8 bytes of time for each version, one byte, the CRC.
  for (let at = 14; at < manifest.length - 4; at++) {
    const changed = await withCrc(manifest, (bytes) => void (bytes[at] = 0x7f))
    await refused({ ...files, [path]: changed }, path).catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'it was opened') throw error
    })
  }
})

test('what is missing is named', async () => {
  const files = filesOf('training')
  const [data] = Object.keys(files).filter((path) => path.startsWith('d/'))
  const { [data!]: _, ...others } = files
  assert.match(
    await refused(others, 'manifest.ocdbt'),
    /keeps its data in d\/[0-9a-f]+, which is not beside it; give the whole folder/,
  )
  const { 'manifest.ocdbt': __, ...unfinished } = files
  assert.match(await refused(unfinished, '_METADATA'), /names arrays that lie in manifest\.ocdbt, which is not beside it/)
  const chunks = filesOf('cut-files')
  const { 'wide.kernel/0.0.1.2': ___, ...some } = chunks
  assert.match(await refused(some, '_METADATA'), /lacks 1 of 8 chunks|lacks 1 chunks of the array wide\.kernel/)
  const { 'wide.kernel/.zarray': ____, ...fewer } = chunks
  assert.match(await refused(fewer, '_METADATA'), /names the array wide\.kernel, which is not in the checkpoint/)
})

/** A description of an array with members changed. */
function described(files: Files, path: string, changes: Record<string, unknown>): Files {
  const json = JSON.parse(new TextDecoder().decode(files[path])) as Record<string, unknown>
  return { ...files, [path]: text(JSON.stringify({ ...json, ...changes })) }
}

test('claims are held against what is stored, and what is not read is named', async () => {
  const files = filesOf('cut-files')
  const of = (changes: Record<string, unknown>): Promise<string> =>
    refused(described(files, 'wide.kernel/.zarray', changes), '_METADATA')
  assert.match(await of({ shape: [3, 3, 4000, 300000], chunks: [3, 3, 4000, 300000] }), /stored in chunks of|claims/)
  assert.match(await of({ shape: [3, 3, 4000, 3000], chunks: [3, 3, 4000, 3000] }), /lacks|claims 432000000 bytes/)
  assert.match(await of({ shape: [3, 3, 999999, 999999] }), /is cut into \d+ chunks/)
  assert.match(await of({ compressor: { id: 'blosc', cname: 'lz4' } }), /stored with the compressor "blosc", which is not read/)
  assert.match(await of({ order: 'F' }), /the order "F"/)
  assert.match(await of({ filters: [{ id: 'delta' }] }), /filters/)
  assert.match(await of({ dtype: '>f4' }), /elements of the type >f4/)
  assert.match(await of({ shape: [3, 3, 8] }), /its chunks have 4 axes, and it has 3/)
  const three = filesOf('cut-files3')
  const shards = 'wide.kernel/zarr.json'
  const codec = (name: string): Record<string, unknown> => ({
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name }],
  })
  assert.match(await refused(described(three, shards, codec('blosc')), '_METADATA'), /the codec blosc, which is not read/)
})

test('damage in a chunk is named: its size, its index, its content', async () => {
  const files = filesOf('cut-files')
  const chunk = 'wide.kernel/0.0.0.0'
  const short = files[chunk]!.subarray(0, 300)
  assert.match(await refused({ ...files, [chunk]: short }, '_METADATA'), /wide\.kernel\/0\.0\.0\.0: cannot be unpacked/)
  const three = filesOf('cut-files3')
  const shard = 'wide.kernel/c/0/0/0/0'
  const bytes = three[shard]!.slice()
  bytes[bytes.length - 10]! ^= 1
  assert.match(await refused({ ...three, [shard]: bytes }, '_METADATA'), /its checksum \(CRC-32C\) is wrong/)
})

test.run()
