// Files that claim what they do not hold: each is refused or listed with a sentence, soon, and takes no other file with it.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { absence } from '../../src/hdf5/file.ts'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { emptyFolder, memoryAccess } from '../../src/io/random-access.ts'
import { openZip } from '../../src/io/zip.ts'
import { measure } from '../../src/measure/run.ts'
import { openSource } from '../../src/sources/open.ts'
import { readCsvFrame } from '../../src/sources/pandas/csv.ts'
import { requirePlausible } from '../../src/sources/plausible.ts'
import type { Convolution, SourceModel } from '../../src/sources/source.ts'
import { filterlens, inFolder } from '../cli/run.ts'
import { problem } from '../helpers/problem.ts'
import { processorTime } from '../helpers/processor-time.ts'
import { convolution, safetensors } from '../measure/models.ts'
import { INT64, node, model as onnxModel, tensor } from '../sources/onnx/model.ts'
import { concat, float, message, number, packed, string } from '../sources/onnx/protobuf.ts'
import { npyBytes } from './npy.ts'

const fixtures = 'test/fixtures/hostile'
const sound = 'test/fixtures/numpy/state.npz'

const refused: Record<string, RegExp> = {
  'claims_1e12.h5': /claims 36000000000000 bytes in a file of 1400; its values were never written/,
  'comments.onnx': /is an XML document|is an HTML page|no format|not a model/,
  'stored_damaged.zip': /its checksum \(CRC-32\) is wrong/,
}
for (const [name, sentence] of Object.entries(refused))
  test(`${name} is refused within seconds`, async () => {
    const started = performance.now()
    const { code, out, err } = await filterlens(['analyze', join(fixtures, name), '--json'])
    assert.is(code, 2, err)
    assert.is(out, '')
    assert.match(err, sentence)
    assert.ok(performance.now() - started < 30_000)
  })

for (const name of ['group_big.onnx', 'groups_half.h5'])
  test(`${name} leaves the other files of a run alone`, () =>
    inFolder(async (folder) => {
      const { code, out, err } = await filterlens([
        'analyze',
        sound,
        join(fixtures, name),
        '--keep-going',
        '--json',
        '-o',
        join(folder, 'results'),
      ])
      assert.ok(code === 0 || code === 1, err)
      assert.not.match(err, /this is a fault/)
      assert.ok(JSON.parse(out).layers.length > 0)
    }))

test('a virtual data set and a weight that is not there are listed, not read as zeros and not passed over', async () => {
  for (const [name, reason] of [
    ['virtual.h5', /virtual data set, whose values lie in other files/],
    ['missing.h5', /the file names it and does not hold it/],
  ] as const) {
    const { code, out } = await filterlens(['analyze', join(fixtures, name), '--json'])
    assert.is(code, 0)
    const { layers, skipped } = JSON.parse(out)
    assert.equal(
      layers.map(({ layer }: { layer: string }) => layer),
      ['c1/kernel'],
    )
    assert.is(skipped.length, 1)
    assert.match(skipped[0].reason, reason)
    assert.match(skipped[0].name, /c2/)
  }
})

test('what an HDF5 file can hold: as much as it is long, and what its compression packs', () => {
  const plain = { virtual: false, filters: [] }
  const packed = { virtual: false, filters: ['gzip'] }
  assert.is(absence(plain, 1000, 1000), undefined)
  assert.match(absence(plain, 1001, 1000)!, /claims 1001 bytes in a file of 1000/)
  assert.is(absence(packed, 1_032_000, 1000), undefined)
  assert.match(absence(packed, 1_032_001, 1000)!, /more than its compression can hold/)
  assert.match(absence({ virtual: true, filters: [] }, 8, 1000)!, /virtual data set/)
})

test('a stored entry of a zip is held against its checksum, once; one without a checksum is not', async () => {
  const zip = zipSync({ 'a.bin': [strToU8('weights weights'), { level: 0 }] })
  const at = new TextDecoder('latin1').decode(zip).indexOf('weights')
  let reads = 0
  const entryOf = async (bytes: Uint8Array) => {
    const access = memoryAccess('x.zip', bytes)
    const counting = {
      ...access,
      read(...words: Parameters<typeof access.read>) {
        reads++
        return access.read(...words)
      },
    }
    return (await openZip(counting)).find('a.bin')!.open()
  }
  const sound = await entryOf(zip)
  reads = 0
  await sound.checksum!.verify()
  await sound.checksum!.verify()
  assert.is(reads, 1)
  const damaged = zip.slice()
  damaged[at]! ^= 1
  const broken = await entryOf(damaged)
  assert.match(await problem(() => broken.checksum!.verify()), /x\.zip\/a\.bin: its checksum \(CRC-32\) is wrong/)
  assert.match(await problem(() => broken.checksum!.verify()), /checksum/)
})

test('a damaged entry is refused whoever measures it: this thread, others, and several that share its layer', () =>
  inFolder(async (folder) => {
    const shape = [2000, 300, 3, 3] // enough to be shared out by segments
    const weights = Float32Array.from({ length: 2000 * 2700 }, (_, k) => (k * 2654435761) % 1000)
    const zip = zipSync({
      'a.npy': [npyBytes('<f4', [4, 4, 3, 3], weights.slice(0, 144)), { level: 0 }],
      'b.npy': [npyBytes('<f4', shape, weights), { level: 0 }],
    })
    const path = join(folder, 'net.npz')
    const rows = async (bytes: Uint8Array, workers: number): Promise<string> => {
      writeFileSync(path, bytes)
      const found: unknown[] = []
      for await (const event of measure(await listInputs([path]), { workers })) if (event.kind === 'layer') found.push(event.row)
      return JSON.stringify(found)
    }
    const once = await rows(zip, 1)
    assert.match(once, /b\.npy|"b"/)
    const damaged = zip.slice()
    damaged[zip.length - 300_000]! ^= 1
    for (const workers of [1, 2]) {
      if (workers > 1) assert.is(await rows(zip, workers), once)
      assert.match(await problem(() => rows(damaged, workers)), /net\.npz\/b\.npy: its checksum \(CRC-32\) is wrong/)
    }
  }))

test('layers that lie in one entry of a zip: none is told before all of it is known to be whole, and no byte is read twice for that', async () => {
  const layers = Array.from({ length: 6 }, (_, k) => convolution(`conv${k}.weight`, [128, 96, 3, 3], k + 1))
  const zip = zipSync({ 'net.safetensors': [safetensors(layers), { level: 0 }] })
  const told = async (bytes: Uint8Array): Promise<{ rows: number; read: number; problem: string }> => {
    const memory = memoryAccess('net.zip', bytes)
    let read = 0
    const access: typeof memory = {
      ...memory,
      read(offset, length, into) {
        read += length
        return memory.read(offset, length, into)
      },
    }
    let rows = 0
    const inputs = [{ path: 'net.zip', access, folder: emptyFolder }]
    const run = async (): Promise<void> => {
      for await (const { kind } of measure(inputs, { workers: 1, hash: false })) if (kind === 'layer') rows++
    }
    const said = await run().then(
      () => '',
      (error: Error) => error.message,
    )
    return { rows, read, problem: said }
  }
  const sound = await told(zip)
  assert.is(sound.rows, 6)
  assert.ok(sound.read < 1.5 * zip.length, `${sound.read} bytes read of ${zip.length}`)
  const damaged = zip.slice()
  damaged[zip.length - 5000]! ^= 1 // in the last layer
  const { rows, problem: said } = await told(damaged)
  assert.is(rows, 0)
  assert.match(said, /net\.zip\/net\.safetensors: its checksum \(CRC-32\) is wrong/)
})

test('the values of a TensorFlow checkpoint are held against the checksums of its index', () =>
  inFolder(async (folder) => {
    const stem = 'objects'
    for (const name of readdirSync('test/fixtures/tensorflow').filter((one) => one.startsWith(`${stem}.`)))
      copyFileSync(join('test/fixtures/tensorflow', name), join(folder, name))
    const index = join(folder, `${stem}.index`)
    const sound = await filterlens(['analyze', index, '--json'])
    assert.is(sound.code, 0, sound.err)
    const data = join(folder, readdirSync(folder).find((name) => name.includes('.data-'))!)
    const bytes = readFileSync(data)
    for (let at = 3000; at < 5500; at += 16) bytes[at]! ^= 1 // variables; the description of the objects comes behind them
    writeFileSync(data, bytes)
    const { code, out, err } = await filterlens(['analyze', index, '--json'])
    assert.is(code, 2)
    assert.is(out, '')
    assert.match(err, /its checksum \(CRC-32C\) is wrong; the file is damaged/)
  }))

test('whole numbers are whole, groups divide channels, shares lie between 0 and 1', async () => {
  const layer: Convolution = {
    layer: 'w',
    shape: [8, 4, 3, 3],
    groups: 2,
    depth: 3,
    conv_depth: 1,
    conv_depth_norm: 0.5,
    weights: { access: memoryAccess('x', new Uint8Array(0)), offset: 0, dtype: 'float32' },
  }
  const model = (change: Partial<Convolution>, opset: number | null = null): SourceModel => ({
    ...{ name: 'm', format: 'f', producer: null, opset, depth_source: 'graph', skipped: [], tensors: 1, meta: {}, parts: [] },
    convolutions: [{ ...layer, ...change }],
  })
  requirePlausible('f', model({}))
  requirePlausible('f', model({ conv_depth_norm: null, layer_id: 0 }, 17))
  const wrong: [Partial<Convolution>, RegExp][] = [
    [{ groups: 2 ** 40 }, /claims 1099511627776 groups/],
    [{ groups: 1.5 }, /claims 1\.5 groups/],
    [{ groups: 3 }, /do not divide its 8 output channels/],
    [{ layer_id: 0.5 }, /layer id 0\.5/],
    [{ depth: -1 }, /depth -1/],
    [{ conv_depth: 2 ** 31 }, /2147483648/],
    [{ conv_depth_norm: Number.NaN }, /depth share NaN/],
    [{ shape: [8, 2.5, 3, 3] }, /no shape of a kernel/],
    [{ shape: [2 ** 30, 2 ** 30, 3, 3], groups: 1 }, /more weights than can be counted/],
  ]
  for (const [change, sentence] of wrong) assert.match(await problem(() => requirePlausible('f', model(change))), sentence)
  assert.match(await problem(() => requirePlausible('f', model({}, 11.5))), /opset 11\.5/)
})

test('a number that stands for millions: kernels as networks have them are weights, those that take hours to measure are left out', async () => {
  const onnx = (...dims: number[]): Uint8Array =>
    onnxModel({
      nodes: [node('ConstantOfShape', ['s'], ['w']), node('Conv', ['x', 'w'], ['y'])],
      initializers: [tensor('s', [4], INT64, packed(7, dims))],
    })
  const tensorflow = (...dims: number[]): Uint8Array => {
    const shape = message(
      2,
      dims.map((size) => message(2, [number(1, size)])),
    )
    const value = message(8, [number(1, 1), shape, float(5, 0)])
    return concat([
      message(1, [string(1, 'x'), string(2, 'Placeholder')]),
      message(1, [string(1, 'w'), string(2, 'Const'), message(5, [string(1, 'value'), message(2, [value])])]),
      message(1, [string(1, 'y'), string(2, 'Conv2D'), string(3, 'x'), string(3, 'w')]),
    ])
  }
  const opened = async (path: string, bytes: Uint8Array): Promise<[string[], string[]]> => {
    const source = await openSource({ path, access: memoryAccess(path, bytes), folder: emptyFolder })
    const [model] = source.models
    const found: [string[], string[]] = [
      model!.convolutions.map(({ shape }) => shape.join('×')),
      model!.skipped.map(({ reason }) => reason),
    ]
    await source.close()
    return found
  }
  assert.equal((await opened('a.onnx', onnx(512, 512, 3, 3)))[0], ['512×512×3×3'])
  assert.equal((await opened('a.pb', tensorflow(3, 3, 512, 512)))[0], ['512×512×3×3'])
  for (const [path, bytes] of [
    ['b.onnx', onnx(1_000_000, 1, 3, 3)],
    ['b.pb', tensorflow(3, 3, 1, 400_000)],
  ] as const) {
    const [layers, reasons] = await opened(path, bytes)
    assert.equal(layers, [], path)
    assert.match(reasons.join(), /numbers that stand for/, path)
  }
})

test('a table with a cell that no label is: refused in the time it takes to read it', async () => {
  const started = processorTime()
  const csv = (digits: number): string => `model_id,filter_ids,x\n0,0:99,${'1'.repeat(digits)}x\n`
  assert.match(await problem(() => readCsvFrame('d.h5', csv(500_000))), /500001 characters in row 1, column 3/)
  assert.is((await readCsvFrame('d.h5', csv(30_000))).rows, 1)
  assert.ok(processorTime() - started < 2000)
})

test('a document that begins with a thousand comments is told apart at once', async () => {
  const comments = `${'<!-- a -->'.repeat(300)}<!--`
  const path = 'net.xml'
  const started = processorTime()
  assert.match(
    await problem(() => openSource({ path, access: memoryAccess(path, strToU8(comments)), folder: emptyFolder })),
    /is an XML document/,
  )
  assert.ok(processorTime() - started < 2000)
})

test.run()
