// No file names another one outside its own folder; no results reach out of theirs, in a folder or in a zip.
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commandLine } from '../../src/cli/command-line.ts'
import { InputError } from '../../src/errors.ts'
import { findInputs } from '../../src/inputs/node-inputs.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import { openSource } from '../../src/sources/open.ts'
import { filterlens, inFolder } from '../cli/run.ts'
import { model, node, tensor } from '../sources/onnx/model.ts'
import { message, string } from '../sources/onnx/protobuf.ts'

const small = 'data/vgg_w16_cifar10_normal.onnx'
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const escapes = ['../secret', 'a/../../secret', '/etc/passwd', 'C:\\secret', '..\\secret', 'a\\..\\..\\secret', 'file\u0000']

/** The kinds of files that name others. */
const naming: Record<string, (location: string) => { name: string; bytes: Uint8Array }> = {
  'ONNX external data': (location) => ({
    name: 'net.onnx',
    bytes: model({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      initializers: [
        tensor('w', [2, 1, 3, 3], 1, message(13, [string(1, 'location'), string(2, location)]), new Uint8Array([0x70, 1])),
      ],
    }),
  }),
  'safetensors index': (location) => ({
    name: 'model.safetensors.index.json',
    bytes: text(JSON.stringify({ metadata: {}, weight_map: { 'conv.weight': `${location}.safetensors` } })),
  }),
  'TensorFlow.js manifest': (location) => ({
    name: 'model.json',
    bytes: text(
      JSON.stringify({
        format: 'layers-model',
        modelTopology: { model_config: { class_name: 'Sequential', config: { layers: [] } } },
        weightsManifest: [{ paths: [location], weights: [{ name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' }] }],
      }),
    ),
  }),
}

for (const [kind, make] of Object.entries(naming)) {
  test(`${kind}: a path that leaves the folder is refused, and nothing outside is opened`, () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'in'))
      await writeFile(join(folder, 'secret'), new Uint8Array(72))
      for (const location of ['part.bin', ...escapes]) {
        const { name, bytes } = make(location)
        const file = join(folder, 'in', name)
        await writeFile(file, bytes)
        const asked: string[] = []
        const inside = diskFolder(join(folder, 'in'))
        const watched = {
          open: async (path: string) => {
            asked.push(path)
            return inside.open(path)
          },
        }
        const problem = await openSource({ path: name, access: await openFile(file), folder: watched }).then(
          async (source) => {
            await source.close()
            return undefined
          },
          (error: unknown) => error,
        )
        if (location === 'part.bin') {
          assert.ok(
            asked.some((path) => path.startsWith('part.bin')),
            `part.bin was not asked for: ${problem}`,
          )
          continue
        }
        assert.instance(problem, InputError, `${JSON.stringify(location)} was opened`)
        assert.not.ok(
          asked.some((path) => /\.\.|^\/|\\/.test(path)),
          asked.join(' '),
        )
      }
    }))
}

test('a folder on disk gives nothing from outside of it', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'in'))
    await writeFile(join(folder, 'secret'), 'x')
    await mkdir(join(folder, 'in-too'))
    await writeFile(join(folder, 'in-too/secret'), 'x')
    const inside = diskFolder(join(folder, 'in'))
    for (const path of ['../secret', join(folder, 'secret'), '../in-too/secret', '.', '', 'x/../../secret'])
      assert.is(await inside.open(path), undefined, path)
  }))

test('links that lead in a circle, and to nowhere, are no trouble; a file is measured once', () =>
  inFolder(async (folder) => {
    const models = join(folder, 'models')
    await mkdir(join(models, 'a/b'), { recursive: true })
    await writeFile(join(models, 'a/net.onnx'), await readFile(small))
    await symlink('..', join(models, 'a/b/up'))
    await symlink('.', join(models, 'self'))
    await symlink('two', join(models, 'one'))
    await symlink('one', join(models, 'two'))
    await symlink('net.onnx', join(models, 'a/again.onnx'))
    await symlink('/nowhere', join(models, 'gone.onnx'))
    const found: string[] = []
    for await (const { path } of findInputs([models])) found.push(path)
    assert.equal(found, ['a/again.onnx'])
    const { code, err } = await filterlens(['analyze', join(models, 'one')])
    assert.is(code, 2)
    assert.match(err, /^filterlens: .*one: is a link that leads in a circle\n$/)
  }))

test('verify reads no file that a manifest names outside the results', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    assert.is((await filterlens(['analyze', small, '-o', results])).code, 0)
    const manifest = await readFile(join(results, 'manifest.sha256'), 'utf8')
    for (const path of ['../secret', '/etc/passwd', 'a/../../secret', 'C:/secret']) {
      await writeFile(join(results, 'manifest.sha256'), `${manifest}${'0'.repeat(64)}  ${path}\n`)
      const { code, out, err } = await filterlens(['verify', results])
      assert.is(code, 2)
      assert.is(out, '')
      assert.match(err, /^filterlens: .*manifest\.sha256: line \d+ names ".*", which leaves the folder\n$/)
    }
    // A pipe or a device where a table should be is not waited for.
    await writeFile(join(results, 'manifest.sha256'), manifest)
    await rm(join(results, 'layers.arrow'))
    await symlink('/dev/zero', join(results, 'layers.arrow'))
    const device = await filterlens(['verify', results], { killAfter: 60_000 })
    assert.is(device.code, 1)
    assert.match(device.out, /layers\.arrow is missing/)
  }))

test('a zip of results is read in place: what it holds is never written anywhere, and paths that leave it are refused', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    assert.is((await filterlens(['analyze', small, '-o', results])).code, 0)
    const packed: Record<string, Uint8Array> = {}
    for (const name of await readdir(results)) packed[`results/${name}`] = await readFile(join(results, name))
    const zip = join(folder, 'given.zip')
    await writeFile(zip, zipSync({ ...packed, 'results/../../escaped': text('x') }))
    const escaped = await filterlens(['verify', zip])
    assert.is(escaped.code, 2)
    assert.match(
      escaped.err,
      /^filterlens: .*given\.zip: the zip holds "results\/\.\.\/\.\.\/escaped", a path that leaves it; .*\n$/,
    )
    await writeFile(zip, zipSync({ ...packed, 'results/zeros.arrow': new Uint8Array(1 << 27) }))
    assert.is((await filterlens(['verify', zip])).code, 0) // a bomb that nobody opens
    const manifest = await readFile(join(results, 'manifest.sha256'), 'utf8')
    const bombed = { ...packed, 'results/models.arrow': new Uint8Array(1 << 27), 'results/manifest.sha256': text(manifest) }
    await writeFile(zip, zipSync(bombed))
    const bomb = await filterlens(['verify', zip])
    assert.is(bomb.code, 2)
    assert.match(bomb.err, /^filterlens: .*models\.arrow: claims to inflate \d+ bytes to 134217728, as a zip bomb does; .*\n$/)
    assert.equal((await readdir(folder)).sort(), ['given.zip', 'results'])
  }))

test('a run removes nothing behind a link that somebody put where its own folder goes', () =>
  inFolder(async (folder) => {
    const precious = join(folder, 'precious')
    await mkdir(join(precious, 'new'), { recursive: true })
    await writeFile(join(precious, 'new/work.txt'), 'mine')
    const results = join(folder, 'results')
    await mkdir(results)
    await symlink(precious, join(results, '.filterlens'))
    const { code, err } = await filterlens(['analyze', small, '-o', results])
    assert.is(code, 2)
    assert.match(err, /^filterlens: .*\.filterlens: is a link; remove it: .*\n$/)
    assert.is(await readFile(join(precious, 'new/work.txt'), 'utf8'), 'mine')
    assert.ok((await lstat(join(results, '.filterlens'))).isSymbolicLink())
  }))

test('a run removes only what filterlens names itself, whatever a manifest that lies there lists', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await mkdir(results)
    await writeFile(join(results, 'thesis.tex'), 'mine')
    await writeFile(join(results, 'manifest.sha256'), `${'0'.repeat(64)}  thesis.tex\n${'0'.repeat(64)}  ../keep\n`)
    await writeFile(join(folder, 'keep'), 'mine')
    assert.is((await filterlens(['analyze', small, '-o', results])).code, 0)
    assert.is(await readFile(join(results, 'thesis.tex'), 'utf8'), 'mine')
    assert.is(await readFile(join(folder, 'keep'), 'utf8'), 'mine')
  }))

test('addresses that are none, and files that may not be read, are said in a sentence', async () => {
  for (const [address, sentence] of [
    ['http://', /is no address/],
    ['https://%zz', /is no address/],
    ['http://%zz@127.0.0.1:1/x.onnx', /cannot be sent/],
    ['http://127.0.0.1:1/%zz.onnx', /127\.0\.0\.1/],
  ] as const) {
    const { code, err } = await filterlens(['inspect', address])
    assert.is(code, 2, address)
    assert.match(err, sentence)
    assert.match(err, /^filterlens: [^\n]*\n$/)
  }
  if (process.getuid?.() === 0) {
    console.log('skipped: a file that may not be read (root may read all)')
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-test-'))
  await writeFile(join(folder, 'net.onnx'), 'x')
  await chmod(join(folder, 'net.onnx'), 0)
  assert.match((await filterlens(['inspect', join(folder, 'net.onnx')])).err, /permission denied\n$/)
  await rm(folder, { recursive: true })
})

test('the record of a run holds no password and no token of an address', () => {
  assert.is(
    commandLine(['analyze', 'https://me:secret@example.org/a/net.onnx?token=abc#x', 'http://h/x.onnx', 'a?b@c', '-o', 'r']),
    'filterlens analyze https://example.org/a/net.onnx?… http://h/x.onnx a?b@c -o r',
  )
})

test.run()
