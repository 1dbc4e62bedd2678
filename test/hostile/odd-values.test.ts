// Values that are no fault of anybody's format and were told wrongly or not at all.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readImage } from '../../src/activation/image.ts'
import { metaColumn } from '../../src/analysis/meta-column.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { analyze } from '../../src/analyze.ts'
import type { Hdf5File } from '../../src/hdf5/file.ts'
import { type FoundInput, findInputs } from '../../src/inputs/node-inputs.ts'
import { decodeText } from '../../src/io/text-file.ts'
import { openSource } from '../../src/sources/open.ts'
import { readCsvFrame } from '../../src/sources/pandas/csv.ts'
import { readFrame } from '../../src/sources/pandas/fixed-format.ts'
import { NumpyType, numberAt } from '../../src/sources/pickle/numpy.ts'
import type { SourceModel } from '../../src/sources/source.ts'
import { openInstance } from '../../src/wasm/module.ts'
import { filterlens, inFolder, main } from '../cli/run.ts'
import { problem } from '../helpers/problem.ts'
import { memoryInput, text } from '../sources/inputs.ts'
import { withHeader } from '../sources/safetensors/write.ts'
import { npyBytes } from './npy.ts'
import { writeCheckpoint } from './pickles.ts'

const kernels = Float32Array.from({ length: 72 }, (_, k) => Math.fround(Math.sin(k)))

test('a folder that cannot be searched ends no run that goes on without', () =>
  inFolder(async (root) => {
    for (const folder of ['a', 'b', 'c']) {
      mkdirSync(join(root, folder))
      writeFileSync(join(root, folder, 'net.npy'), npyBytes('<f4', [4, 2, 3, 3], kernels))
    }
    const inputs: FoundInput[] = []
    for await (const input of findInputs([root])) {
      if (inputs.length === 0) rmSync(join(root, 'b'), { recursive: true }) // between its name and its turn
      inputs.push(input)
    }
    assert.equal(
      inputs.map(({ path }) => path),
      ['a/net.npy', 'b', 'c/net.npy'],
    )
    const { layers, failed } = await analyze(inputs, { keepGoing: true })
    assert.equal([layers.length, failed.map(({ file }) => file)], [2, ['b']])
    assert.match(await problem(() => analyze(inputs)), /b: there is no such file or folder/)
  }))

test('files and folders that another user may not read are said in a sentence, and the others go on', () =>
  inFolder(async (root) => {
    const nobody = 65534
    const isRoot = process.getuid?.() === 0
    // Root reads everything, so the command runs as somebody else.
    const command = isRoot ? ['setpriv', `--reuid=${nobody}`, '--clear-groups', process.execPath, main] : [process.execPath, main]
    const run = (...words: string[]) => spawnSync(command[0]!, [...command.slice(1), ...words], { encoding: 'utf8' })
    const cannot = process.platform === 'win32' ? 'there are no such permissions' : run('--version').error?.message
    if (cannot !== undefined || run('--version').status !== 0)
      return console.log(`left out: ${cannot ?? 'another user cannot run the command here'}`)
    for (const folder of ['a', 'b', 'c']) {
      mkdirSync(join(root, folder))
      writeFileSync(join(root, folder, 'net.npy'), npyBytes('<f4', [4, 2, 3, 3], kernels))
    }
    chmodSync(root, 0o755)
    chmodSync(join(root, 'b'), 0)
    chmodSync(join(root, 'c/net.npy'), 0)
    try {
      const going = run('analyze', root, '--json', '--keep-going')
      assert.is(going.status, 1, going.stderr)
      const { models, failed } = JSON.parse(going.stdout) as { models: unknown[]; failed: { file: string; problem: string }[] }
      assert.is(models.length, 1)
      assert.equal(
        failed.map(({ file, problem }) => [file, problem]),
        [
          ['b', 'may not be used: permission denied'],
          ['c/net.npy', 'may not be used: permission denied'],
        ],
      )
      for (const words of [
        ['analyze', root],
        ['analyze', join(root, 'c/net.npy')],
        ['inspect', join(root, 'b')],
        ['extract', root, '-o', join(root, 'x')],
      ]) {
        const { status, stdout, stderr } = run(...words)
        assert.equal([status, stdout], [2, ''], stderr)
        assert.match(stderr, /^filterlens: .*permission denied(; --keep-going goes on with the others)?$/m)
        assert.is(stderr.trimEnd().split('\n').length, 1, stderr)
      }
    } finally {
      chmodSync(join(root, 'b'), 0o755)
    }
  }))

test('tables in UTF-8 and UTF-16 are read as they are, others are refused with the line', async () => {
  const csv = 'Name,Note\nnet,größer 模型\n'
  const utf16 = (little: boolean): Uint8Array => {
    const view = new DataView(new ArrayBuffer(2 + 2 * csv.length))
    view.setUint16(0, 0xfeff, little)
    for (let k = 0; k < csv.length; k++) view.setUint16(2 + 2 * k, csv.charCodeAt(k), little)
    return new Uint8Array(view.buffer)
  }
  for (const bytes of [text(csv), text(`\ufeff${csv}`), utf16(true), utf16(false)]) assert.is(decodeText('meta.csv', bytes), csv)
  const latin = Uint8Array.from('Name,Note\na,b\nnet,größer\n', (letter) => letter.charCodeAt(0))
  assert.is(
    await problem(() => decodeText('meta.csv', latin)),
    'meta.csv: line 3 is no UTF-8; it may be Latin-1, save it as UTF-8',
  )
  assert.match(await problem(() => decodeText('meta.csv', utf16(true).subarray(2))), /^meta\.csv: holds zero bytes/)
  assert.match(await problem(() => decodeText('meta.csv', utf16(true).subarray(0, 21))), /^meta\.csv: is no UTF-16LE/)
  for (const mark of [
    [0xff, 0xfe, 0, 0, 0x4e, 0, 0, 0],
    [0, 0, 0xfe, 0xff],
  ])
    assert.match(await problem(() => decodeText('meta.csv', Uint8Array.from(mark))), /^meta\.csv: is written in UTF-32/)
})

test('a file whose name is no UTF-8 is said to be one; the others of its folder go on', () =>
  inFolder(async (folder) => {
    if (process.platform !== 'linux') return // others have no such names
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.of(0xff, 0xfe), Buffer.from('.npy')]), 'x')
    copyFileSync('test/fixtures/numpy/float32.npy', join(folder, 'b.npy'))
    const { code, err } = await filterlens(['analyze', folder, '--keep-going', '--json'])
    assert.is(code, 1)
    assert.match(err, /a\S+\.npy: has a name that is no UTF-8; rename it/)
  }))

test('whole numbers beyond 2^53 keep their digits', async () => {
  const table = parseMeta('meta.csv', 'Name,Id,Count\na,9007199254740993,1\nb,2,2\n')
  assert.equal(
    table.rows.map(({ values }) => values),
    [
      { Id: '9007199254740993', Count: 1 },
      { Id: '2', Count: 2 },
    ],
  )
  const { cells } = await readCsvFrame('meta', 'model,id\na,-9223372036854775808\nb,3\n')
  assert.equal(cells.get('id'), ['-9223372036854775808', '3'])
})

test('whole numbers beyond 2^53 keep their digits in tables that pandas pickled or wrote as HDF5', async () => {
  const large = 9_007_199_254_740_993n
  const view = new DataView(new ArrayBuffer(8))
  view.setBigInt64(0, large, true)
  assert.is(numberAt(view, 0, new NumpyType('<i8')), large)
  view.setBigUint64(0, 2n ** 64n - 1n)
  assert.is(numberAt(view, 0, new NumpyType('>u8')), 2n ** 64n - 1n)
  view.setBigInt64(0, -5n, true)
  assert.is(numberAt(view, 0, new NumpyType('<i8')), -5)

  const type = { kind: 'int', size: 8 }
  const parts: Record<string, { shape: number[]; value: unknown }> = {
    axis0: { shape: [2], value: ['model_id', 'parameters'] },
    axis1: { shape: [1], value: new BigInt64Array([0n]) },
    block0_items: { shape: [2], value: ['model_id', 'parameters'] },
    block0_values: { shape: [1, 2], value: new BigInt64Array([large, 12n]) },
  }
  const file = {
    name: 'dataset.h5',
    describe: async (path: string) =>
      path === 'meta'
        ? { kind: 'group', attributes: { pandas_type: 'frame', nblocks: 1 }, children: [] }
        : { kind: 'dataset', attributes: {}, type, ...parts[path.slice(5)] },
    value: async (path: string) => parts[path.slice(5)]!.value,
  } as unknown as Hdf5File
  const { cells } = (await readFrame(file, 'meta'))!
  assert.equal(
    [...cells],
    [
      ['model_id', ['9007199254740993']],
      ['parameters', [12]],
    ],
  )
})

test('a weight that is too large for a float32 is named as it is stored', async () => {
  const values = Float64Array.from(kernels)
  values[5] = 1e300
  const input = memoryInput('net.npy', npyBytes('<f8', [4, 2, 3, 3], values))
  assert.match(await problem(() => analyze([input])), /the weight at index 5 is 1e\+300, more than a float32 holds/)
  const turned = npyBytes('<f8', [4, 2, 3, 3], values, true)
  assert.match(await problem(() => analyze([memoryInput('net.npy', turned)])), /is 1e\+300, more than a float32 holds/)
  values[5] = Number.NEGATIVE_INFINITY
  const endless = npyBytes('<f8', [4, 2, 3, 3], values)
  assert.match(await problem(() => analyze([memoryInput('net.npy', endless)])), /the weight at index 5 is -Infinity;/)
})

test('an image with a value that is no number is refused', async () => {
  const values = new Float32Array(3 * 8 * 8).fill(0.5)
  values[70] = Number.NaN
  const wasm = await openInstance()
  assert.is(
    await problem(() => readImage(wasm, 'image.npy', npyBytes('<f4', [3, 8, 8], values))),
    'image.npy: holds NaN in row 0, column 6; an image is of finite numbers',
  )
})

test('layers that share an id are numbered in their order, and it is said', async () => {
  const layer = (name: string): SourceModel['convolutions'][number] => ({
    layer: name,
    layer_id: 3,
    shape: [4, 2, 3, 3],
    depth: 0,
    conv_depth: 0,
    conv_depth_norm: null,
    groups: 1,
    weights: { access: memoryInput('w', new Uint8Array(kernels.buffer)).access, offset: 0, dtype: 'float32' },
  })
  const model: SourceModel = {
    name: 'net',
    format: 'test',
    producer: null,
    opset: null,
    depth_source: 'order',
    convolutions: [layer('a'), layer('b')],
    skipped: [],
    tensors: 2,
    meta: {},
    parts: [],
  }
  const format = {
    name: 'test',
    match: () => true,
    open: async () => ({ format: 'test', models: [model], warnings: [], close: async () => {} }),
  }
  const entry = { name: 'test', owns: ['test'], shares: [], load: async () => format }
  const source = await openSource(memoryInput('net.test', text('test')), [entry])
  assert.equal(source.warnings, ['net.test: layers of net share a layer id; they are numbered in their order instead'])
  assert.equal(
    source.models[0]!.convolutions.map(({ layer_id }) => layer_id),
    [undefined, undefined],
  )
})

test("a pickle's weight that a call would make is listed", async () => {
  const checkpoint = { 'a.weight': { at: 0, shape: [4, 2, 3, 3] }, 'b.weight': { call: 'fractions\nFraction', of: '1/2' } }
  const source = await openSource(memoryInput('net.pth', writeCheckpoint(checkpoint, kernels)))
  assert.equal(
    source.models[0]!.skipped.map(({ name, reason }) => [name, reason]),
    [['b.weight', 'what fractions.Fraction would make of it, which is not run']],
  )
})

test('HDF5 in chunks of one number is read', async () => {
  const library = await import('h5wasm')
  const { FS } = await library.ready
  const file = new library.File('chunks.h5', 'w')
  const shape = [3, 3, 64, 64]
  const data = Float32Array.from({ length: 36_864 }, (_, k) => k)
  file.create_group('conv').create_dataset({ name: 'kernel:0', data, shape, chunks: [1, 1, 1, 1] })
  file.close()
  const bytes = (FS as unknown as { readFile(path: string): Uint8Array }).readFile('chunks.h5')
  const { layers } = await analyze([memoryInput('net.h5', Uint8Array.from(bytes))])
  assert.equal(
    layers.map(({ filters, peak }) => [filters, peak]),
    [[4096, 36_863]],
  )
})

test('a layer whose name is half a surrogate pair is listed as left out: no table can hold it', async () => {
  const header = ['\\ud800.weight', 'b.weight'].map(
    (name, k) => `"${name}":{"dtype":"F32","shape":[4,2,3,3],"data_offsets":[${k * 288},${k * 288 + 288}]}`,
  )
  const bytes = withHeader(
    `{${header.join(',')}}`,
    new Uint8Array(Float32Array.from([...kernels, ...kernels.toReversed()]).buffer),
  )
  const { models } = await openSource(memoryInput('net.safetensors', bytes))
  const [{ convolutions, skipped }] = models as [SourceModel]
  assert.equal(
    convolutions.map(({ layer }) => layer),
    ['b.weight'],
  )
  assert.equal(
    skipped.map(({ reason }) => reason),
    ['its name is no Unicode text: it holds half a surrogate pair'],
  )
})

test('a column of metadata that is called as a member of every object is one like others', async () => {
  assert.is(metaColumn([{ meta: { n: 1 } }], 'constructor'), undefined)
  const column = metaColumn([{ meta: { n: 1 } }, { meta: { constructor: 2 } }], 'constructor')!
  assert.equal([column.of({ meta: { n: 1 } }), column.of({ meta: { constructor: 2 } })], [null, 2])
})

test.run()
