import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { findInputs } from '../../src/inputs/node-inputs.ts'
import { openSource } from '../../src/sources/open.ts'
import { model, node, weight } from '../sources/onnx/model.ts'

const onnx = model({ nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [weight('w', [2, 1, 3, 3])] })
const test = suite<{ root: string }>('findInputs', { root: '' })

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'filterlens-inputs-'))
})
test.after.each((context) => {
  rmSync(context.root, { recursive: true, force: true })
})

function put(root: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
}

async function found(...paths: string[]): Promise<string[]> {
  const names: string[] = []
  for await (const { path } of findInputs(paths)) names.push(path)
  return names
}

async function refused(...paths: string[]): Promise<string> {
  try {
    await found(...paths)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).problem
  }
  throw new Error('nothing was refused')
}

test('a variant beside its plain file is no input, and a note names it; alone, named or matched by itself it is one', async ({
  root,
}) => {
  put(root, {
    'hub/model.safetensors': 'x',
    'hub/model.fp16.safetensors': 'x',
    'hub/model.safetensors.index.bf16.json': '{}',
    'hub/model.non_ema.safetensors': 'x',
    'hub/net.onnx': onnx,
    'hub/net_fp16.onnx': onnx,
    'alone/model.fp16.safetensors': 'x',
    'halves/a.fp16.safetensors': 'x',
    'halves/a.fp32.safetensors': 'x',
    // Its plain file by name is no input at all.
    'beside/model.json': '{}',
    'beside/model.bf16.safetensors': 'x',
  })
  assert.equal(await found(root), [
    'alone/model.fp16.safetensors',
    'beside/model.bf16.safetensors',
    'halves/a.fp32.safetensors',
    'hub/model.safetensors',
    'hub/net.onnx',
  ])
  const notes: string[] = []
  for await (const input of findInputs([root])) notes.push(...(input.notes ?? []))
  assert.equal(notes, [
    'halves/a.fp16.safetensors is a variant of a.fp32.safetensors, by name, and left out; name the file itself to measure it',
    'hub/model.safetensors.index.bf16.json, hub/model.fp16.safetensors, hub/model.non_ema.safetensors are variants of model.safetensors, by name, and left out; name the file itself to measure one',
    'hub/net_fp16.onnx is a variant of net.onnx, by name, and left out; name the file itself to measure it',
  ])
  assert.equal(await found(join(root, 'hub/model.fp16.safetensors')), ['model.fp16.safetensors'])
  assert.equal(await found(join(root, 'hub/*.fp16.safetensors')), ['model.fp16.safetensors'])
  assert.equal(await found(join(root, 'hub/*.safetensors')), ['model.safetensors'])
})

test('files of one folder that may be one network in several formats share a family', async ({ root }) => {
  put(root, {
    'model.safetensors': 'x',
    'flax_model.msgpack': 'x',
    'model.onnx': onnx,
    'other.onnx': onnx,
    'net.pth.tar': 'x',
    'net.weights.h5': 'x',
    'sub/model.onnx': onnx,
  })
  const families = new Map<string, string[]>()
  for await (const { path, family } of findInputs([root]))
    if (family !== undefined) families.set(family, [...(families.get(family) ?? []), path])
  assert.equal([...families.values()], [['model.onnx', 'model.safetensors']])
})

test('a folder: what formats own by name or recognise by bytes, to the bottom, by code point', async ({ root }) => {
  put(root, {
    'b.onnx': onnx,
    'a/z.onnx': onnx,
    'a.onnx': 'owned by its name, whatever it holds',
    'B.ONNX': onnx,
    'ﬀ.onnx': onnx,
    '𝒜.onnx': onnx,
    'frozen.pb': onnx,
    'other.pb': 'no model',
    'config.json': '{}',
    'notes.txt': 'text',
    'README.md': '# hello',
    '.hidden.onnx': onnx,
    '.git/x.onnx': onnx,
    'results/x.onnx': onnx,
  })
  assert.equal(await found(root), ['B.ONNX', 'a.onnx', 'a/z.onnx', 'b.onnx', 'frozen.pb', 'ﬀ.onnx', '𝒜.onnx'])
  assert.equal(await found(join(root, 'results')), ['x.onnx'])
})

test('weights that happen to begin like a model without a signature are left to the file that names them', async ({ root }) => {
  put(root, { 'weights.bin': onnx, 'iris.bin': Uint8Array.of(0x42, 0x02, 0x10, 0x0b, 0x41, 0x2f, 0x2c, 0xdc), 'a.pb': onnx })
  assert.equal(await found(root), ['a.pb'])
})

test('a frozen TensorFlow graph is found in a folder under any ending that models share', async ({ root }) => {
  const graph = readFileSync('test/fixtures/tensorflow/float16.pb')
  put(root, { 'a.bin': graph, 'b.pt': graph, 'c.pb': graph, 'd.txt': graph })
  assert.equal(await found(root), ['a.bin', 'b.pt', 'c.pb'])
})

test('shards that an index names are one input', async ({ root }) => {
  put(root, {
    'm/model-00001-of-00002.safetensors': 'x',
    'm/model-00002-of-00002.safetensors': 'x',
    'm/model.safetensors.index.json': '{"weight_map":{"a":"model-00001-of-00002.safetensors"}}',
    'n/model-00001-of-00002.safetensors': 'x',
  })
  assert.equal(await found(root), ['m/model.safetensors.index.json', 'n/model-00001-of-00002.safetensors'])
  const named = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json']
  assert.equal(
    await found(...named.map((name) => join(root, 'm', name))),
    ['model.safetensors.index.json'],
    'as a shell unfolds *',
  )
  assert.equal(await found(`${root}/m/*.{safetensors,json}`), ['model.safetensors.index.json'])
  const shards = named.slice(0, 2).map((name) => join(root, 'm', name))
  assert.equal(await found(...shards), ['model.safetensors.index.json'], 'as a shell unfolds *.safetensors')
  assert.equal(await found(`${root}/m/*.safetensors`), ['model.safetensors.index.json'])
  assert.equal(await found(shards[1]!), [named[1]], 'one of them alone is what was asked for')
  assert.equal(await found(`${root}/m/*`), ['model.safetensors.index.json'])
})

test('a filter database is one input under its folder name', async ({ root }) => {
  put(root, { 'db/filters.arrow': 'x', 'db/layers.arrow': 'x', 'db/models.arrow': 'x', 'net.onnx': onnx })
  assert.equal(await found(root), ['db', 'net.onnx'])
  assert.equal(await found(join(root, 'db')), ['db'])
})

test('links are followed, circles end, a file reached twice counts once', async ({ root }) => {
  put(root, { 'a/x.onnx': onnx })
  symlinkSync(join(root, 'a'), join(root, 'a/again'))
  symlinkSync(join(root, 'a/x.onnx'), join(root, 'b.onnx'))
  symlinkSync(join(root, 'missing'), join(root, 'broken.onnx'))
  assert.equal(await found(root), ['a/x.onnx'])
  assert.equal(await found(join(root, 'b.onnx'), join(root, 'a')), ['b.onnx'])
})

test('patterns', async ({ root }) => {
  put(root, {
    'p/a1.onnx': onnx,
    'p/a2.onnx': onnx,
    'p/b.txt': 'text',
    'p/q/r/a3.onnx': onnx,
    'p/q/a4.bin': 'x',
    'p/.h/a5.onnx': onnx,
  })
  assert.equal(await found(`${root}/p/a*.onnx`), ['a1.onnx', 'a2.onnx'])
  assert.equal(await found(`${root}/p/**/*.onnx`), ['a1.onnx', 'a2.onnx', 'q/r/a3.onnx'])
  assert.equal(await found(`${root}/p/{a1,a2}.onnx`), ['a1.onnx', 'a2.onnx'])
  assert.equal(await found(`${root}/*/a?.onnx`), ['p/a1.onnx', 'p/a2.onnx'])
  assert.equal(
    await found(`${root}/p/*`),
    ['a1.onnx', 'a2.onnx', 'q/r/a3.onnx'],
    'folders that match are searched, other files are not taken',
  )
  assert.equal(
    await found(`${root}/p/b.*t`, `${root}/p/a1.onnx`).catch((error: InputError) => error.problem),
    'no model file matches this pattern',
  )
  assert.is(await refused(`${root}/p/*.pth`), 'no model file matches this pattern')
})

test('a file whose name looks like a pattern is the file', async ({ root }) => {
  put(root, { 'net[1].onnx': onnx })
  assert.equal(await found(join(root, 'net[1].onnx')), ['net[1].onnx'])
})

test('names stay unique over several paths', async ({ root }) => {
  put(root, { 'a/net.onnx': onnx, 'b/net.onnx': onnx })
  const names = await found(join(root, 'a'), join(root, 'b/net.onnx'), join(root, 'a/net.onnx'))
  assert.equal(names, ['net.onnx', join(root, 'b/net.onnx')])
})

test('one sentence for a missing path and for an empty folder', async ({ root }) => {
  assert.is(await refused(join(root, 'nothing')), 'there is no such file or folder')
  assert.match(await refused(root), /^holds no model file; files that end in .*\.onnx.* are looked for/)
})

test('a folder of models in a form that is not read says which', async ({ root }) => {
  put(root, {
    'readme.cfg': 'a note',
    'z/net.rknn': 'RKNN and more',
    'z/deep/net.cfg': '[net]\nbatch=1\n',
  })
  symlinkSync(root, join(root, 'z/deep/loop'))
  assert.match(await refused(root), /^holds no model file that is read: z\/net\.rknn is an RKNN model/)
})

test('an input opens, its source closes it, and no file stays open', async ({ root }) => {
  put(root, Object.fromEntries(Array.from({ length: 300 }, (_, k) => [`n${k}.onnx`, onnx])))
  const handles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
  const before = handles()
  let count = 0
  for await (const input of findInputs([root])) {
    const source = await openSource(await input.open())
    count += source.models[0]!.convolutions.length
    assert.ok(handles() <= before + 4)
    await source.close()
  }
  assert.is(count, 300)
  assert.ok(handles() <= before + 1)
})

test('a URL is an input', async () => {
  const server = createServer((request, response) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')!
    const end = Math.min(Number(last), onnx.length - 1)
    response.writeHead(206, { 'content-range': `bytes ${first}-${end}/${onnx.length}` })
    response.end(onnx.subarray(Number(first), end + 1))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/nets/a%20net.onnx?key=1`
    for await (const input of findInputs([url])) {
      assert.is(input.path, 'a net.onnx')
      const source = await openSource(await input.open())
      assert.is(source.models[0]!.name, 'a net')
      assert.is(source.models[0]!.convolutions.length, 1)
      await source.close()
    }
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('the fixtures of this project', async () => {
  const edge = join(import.meta.dirname, '../fixtures/edge-onnx')
  assert.equal(await found(edge), readdirSync(edge).sort())
  assert.ok(readFileSync(join(edge, 'single_conv.onnx')).length > 0)
})

test.run()
