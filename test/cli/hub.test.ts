import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type FakeHub, startHub } from '../helpers/hub-server.ts'
import { convolution, randomValues, safetensors } from '../measure/models.ts'
import { filterlens, inFolder } from './run.ts'

const commit = 'abc123'.padEnd(40, '9')
const stem = convolution('conv1.weight', [16, 3, 3, 3], 1)
const deep = convolution('layer1.0.conv1.weight', [16, 16, 3, 3], 2)
// A classifier of 8 MB: no convolution, so its bytes need not come over the network.
const head = { name: 'fc.weight', shape: [4000, 512], values: randomValues(4000 * 512, 3) }
const net = safetensors([stem, head, deep])
const shards = {
  'sharded/model-00001-of-00002.safetensors': safetensors([stem]),
  'sharded/model-00002-of-00002.safetensors': safetensors([deep]),
  'sharded/model.safetensors.index.json': new TextEncoder().encode(
    JSON.stringify({
      metadata: {},
      weight_map: {
        'conv1.weight': 'model-00001-of-00002.safetensors',
        'layer1.0.conv1.weight': 'model-00002-of-00002.safetensors',
      },
    }),
  ),
}
let hub: FakeHub

test.before(async () => {
  hub = await startHub({
    'timm/net': {
      commit,
      revisions: ['v1'],
      files: {
        'config.json': new TextEncoder().encode('{}'),
        'model.safetensors': net,
        'README.md': new TextEncoder().encode('# net'),
      },
      large: ['model.safetensors'],
    },
    'o/sharded': {
      commit,
      files: shards,
      large: Object.keys(shards).filter((path) => path.endsWith('.safetensors')),
      token: 'hf_x',
    },
    'o/variants': {
      commit,
      files: { 'unet/model.safetensors': net, 'unet/model.fp16.safetensors': net, 'unet/pytorch_model.fp16.bin': net },
      large: ['unet/model.safetensors', 'unet/model.fp16.safetensors'],
    },
    'o/texts': { commit, files: { 'README.md': new TextEncoder().encode('# nothing') } },
  })
})
test.after(() => hub.close())

const run = (words: readonly string[], env: Record<string, string> = {}, input = '') =>
  filterlens(words, { env: { HF_ENDPOINT: hub.endpoint, ...env }, input })

test('a repository is measured as its files on disk are, and only its convolutions are read', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'model.safetensors'), net)
    const local = await filterlens(['analyze', join(folder, 'model.safetensors'), '--json'])
    hub.sent = 0
    const { code, out, err } = await run(['analyze', 'hf://timm/net@v1', '--json'])
    assert.is(code, 0, err)
    const [here, there] = [JSON.parse(local.out), JSON.parse(out)]
    const values = ({ layers }: { layers: Record<string, unknown>[] }) => layers.map(({ model: _, ...rest }) => rest)
    assert.equal(values(there), values(here))
    assert.is(there.models.length, 1)
    assert.ok(hub.sent < 1_500_000, `${hub.sent} of ${net.length} bytes were sent`)
    assert.equal(hub.leaked, [])
  }))

test('a variant beside the plain file is not asked for; named, it is read', async () => {
  hub.asked.length = 0
  const { code, out, err } = await run(['analyze', 'hf://o/variants', '--json'])
  assert.is(code, 0, err)
  assert.is(JSON.parse(out).models.length, 1)
  assert.match(err, /unet\/model\.fp16\.safetensors, .*unet\/pytorch_model\.fp16\.bin are variants of model\.safetensors/)
  assert.not(
    hub.asked.some((line) => /resolve.*fp16/.test(line)),
    hub.asked.join('\n'),
  )
  assert.ok(
    hub.asked.some((line) => /resolve.*model\.safetensors/.test(line)),
    hub.asked.join('\n'),
  )
  const named = await run(['analyze', 'hf://o/variants/unet/model.fp16.safetensors', '--json'])
  assert.is(named.code, 0, named.err)
  assert.is(JSON.parse(named.out).layers.length, 2)
})

test('with results: the SHA-256 that the hub states, the file without reading it, and threads that open it again', () =>
  inFolder(async (folder) => {
    const { code, err } = await run(['analyze', 'hf://o/sharded', '--workers', '2', '-o', join(folder, 'r'), '--json'], {
      HF_TOKEN: 'hf_x',
    })
    assert.is(code, 0, err)
    const plain = await filterlens(['export', join(folder, 'r'), '--format', 'csv', '-o', join(folder, 'csv')])
    assert.is(plain.code, 0, plain.err)
    const models = await readFile(join(folder, 'csv', 'models.csv'), 'utf8')
    assert.match(models, /o\/sharded\/sharded\/model\.safetensors\.index\.json/)
    assert.match(models, new RegExp(commit))
    assert.equal(hub.leaked, [])
    const again = await run(['verify', join(folder, 'r'), '--inputs', 'hf://o/sharded'], { HF_TOKEN: 'hf_x' })
    assert.is(again.code, 0, again.err)
  }))

test('one file, a page of the hub, a wrong path, nothing to read, no connection', async () => {
  const one = await run(['inspect', `${hub.endpoint}/timm/net/blob/main/model.safetensors`])
  assert.is(one.code, 0, one.err)
  const wrong = await run(['analyze', 'hf://timm/net/weights.safetensors'])
  assert.is(wrong.code, 2)
  assert.match(wrong.err, /hf:\/\/timm\/net\/weights\.safetensors: there is no such file in the repository/)
  const texts = await run(['analyze', 'hf://o/texts'])
  assert.is(texts.code, 2)
  assert.match(texts.err, /hf:\/\/o\/texts: holds no/)
  const offline = await run(['analyze', 'hf://timm/net'], { HF_ENDPOINT: 'http://127.0.0.1:9' })
  assert.is(offline.code, 2)
  assert.match(offline.err, /hf:\/\/timm\/net: .*(does not answer|cannot be reached|connection)/)
  const secret = await run(['analyze', 'hf://o/sharded'])
  assert.match(secret.err, /set HF_TOKEN/)
})

test('lists: @file and standard input', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'a.safetensors'), safetensors([stem]))
    await writeFile(join(folder, 'b.safetensors'), safetensors([deep]))
    const list = `# two networks\n${join(folder, 'a.safetensors')}\nhf://timm/net\n`
    await writeFile(join(folder, 'list.txt'), list)
    const names = (out: string): string[] => JSON.parse(out).models.map(({ model }: { model: string }) => model)
    const fromFile = await run(['analyze', `@${join(folder, 'list.txt')}`, join(folder, 'b.safetensors'), '--json'])
    assert.is(fromFile.code, 0, fromFile.err)
    assert.is(names(fromFile.out).length, 3)
    const fromInput = await run(['analyze', '-', '--json'], {}, list)
    assert.is(fromInput.code, 0, fromInput.err)
    assert.is(names(fromInput.out).length, 2)
    const empty = await run(['analyze', '-'])
    assert.is(empty.code, 2)
    assert.match(empty.err, /standard input: is a list of inputs that names none/)
  }))

test('HF_ENDPOINT is looked at only where the hub is asked', () =>
  inFolder(async (folder) => {
    const env = { HF_ENDPOINT: '::bad' }
    await writeFile(join(folder, 'model.safetensors'), net)
    const local = await filterlens(['analyze', join(folder, 'model.safetensors'), '--json'], { env })
    assert.is(local.code, 0, local.err)
    for (const input of ['hf://timm/net', 'https://huggingface.co/timm/net']) {
      const { code, err } = await filterlens(['analyze', input], { env })
      assert.equal(
        [code, err],
        [2, 'filterlens: ::bad: stands in HF_ENDPOINT and is no http or https address; correct it, or unset it\n'],
      )
    }
  }))

test.run()
