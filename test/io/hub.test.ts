import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { HUB_ENDPOINT, hubAddress, hubName, openRepository } from '../../src/io/hub.ts'
import { type FakeHub, startHub } from '../helpers/hub-server.ts'
import { problem } from '../helpers/problem.ts'

const commit = 'c0ffee'.padEnd(40, '0')
const bytes = Uint8Array.from({ length: 900_000 }, (_, k) => (k * 7 + (k >> 9)) & 255)
const small = new TextEncoder().encode('{"architectures": ["ResNet"]}')
let hub: FakeHub

test.before(async () => {
  hub = await startHub({
    'timm/resnet': {
      commit,
      revisions: ['v1.0', 'refs/pr/1'],
      files: { 'config.json': small, 'model.safetensors': bytes, 'a/b c.onnx': small, 'README.md': small, 'x/y/z.bin': small },
      large: ['model.safetensors'],
    },
    'secret/net': { commit, files: { 'net.onnx': small }, token: 'hf_right' },
    'gated/net': { commit, files: { 'net.onnx': small }, token: 'hf_right', gated: true },
    'pointers/net': { commit, files: { 'net.onnx': small } },
  })
})
test.after(() => hub.close())

test('addresses: hf:// in all its forms, and pages of the hub', () => {
  const all = (text: string): string[] | undefined => {
    const found = hubAddress(text)
    return found && [found.kind, found.repository, found.revision, found.path]
  }
  assert.equal(all('hf://timm/resnet18.a1_in1k'), ['models', 'timm/resnet18.a1_in1k', 'main', ''])
  assert.equal(all('hf://gpt2'), ['models', 'gpt2', 'main', ''])
  assert.equal(all('hf://gpt2@v1/model.safetensors'), ['models', 'gpt2', 'v1', 'model.safetensors'])
  assert.equal(all('hf://o/n@abc/unet/model.safetensors'), ['models', 'o/n', 'abc', 'unet/model.safetensors'])
  assert.equal(all('hf://o/n@refs%2Fpr%2F1/m.onnx'), ['models', 'o/n', 'refs/pr/1', 'm.onnx'])
  assert.equal(all('hf://o/n@refs/pr/1/m.onnx'), ['models', 'o/n', 'refs/pr/1', 'm.onnx'])
  assert.equal(all('hf://datasets/o/n/filters.h5'), ['datasets', 'o/n', 'main', 'filters.h5'])
  assert.equal(all('HF://o/n/'), ['models', 'o/n', 'main', ''])
  assert.equal(all('https://huggingface.co/o/n'), ['models', 'o/n', 'main', ''])
  assert.equal(all('https://huggingface.co/o/n/tree/v2/unet'), ['models', 'o/n', 'v2', 'unet'])
  assert.equal(all('https://huggingface.co/o/n/blob/main/a%20b.onnx'), ['models', 'o/n', 'main', 'a b.onnx'])
  assert.equal(all('https://hf.co/o/n/resolve/refs/pr/3/m.onnx?download=true'), ['models', 'o/n', 'refs/pr/3', 'm.onnx'])
  assert.equal(all('https://huggingface.co/datasets/o/n'), ['datasets', 'o/n', 'main', ''])
  assert.equal(hubAddress('http://mirror.test/o/n', 'http://mirror.test')?.repository, 'o/n')
  for (const other of [
    'https://huggingface.co/docs/hub',
    'https://huggingface.co/timm',
    'https://example.org/o/n',
    'o/n',
    'hf:/o/n',
  ])
    assert.is(hubAddress(other), undefined, other)
  for (const wrong of ['hf://', 'hf://o/n@', 'hf://o n/x', 'hf://@main/x'])
    assert.throws(() => hubAddress(wrong), /names no repository/, wrong)
  assert.is(hubName(hubAddress('hf://o/n@refs/pr/1/m.onnx')!), 'hf://o/n@refs%2Fpr%2F1/m.onnx')
  assert.is(HUB_ENDPOINT, 'https://huggingface.co')
})

test('a listing over several pages, at the commit that the revision stands for', async () => {
  hub.asked.length = 0
  const repository = await openRepository(hubAddress('hf://timm/resnet@v1.0')!, { endpoint: `${hub.endpoint}/` })
  assert.is(repository.commit, commit)
  assert.equal(repository.files.map(({ path }) => path).sort(), [
    'README.md',
    'a/b c.onnx',
    'config.json',
    'model.safetensors',
    'x/y/z.bin',
  ])
  assert.ok(hub.asked.filter((line) => line.includes('/tree/')).length > 1, 'several pages')
  assert.ok(
    hub.asked.every((line) => !line.includes('/resolve/')),
    'no file is opened for a listing',
  )
})

test('a large file by ranges, its SHA-256 as stated, and the token only for the hub itself', async () => {
  const repository = await openRepository(hubAddress('hf://timm/resnet')!, { endpoint: hub.endpoint, token: 'hf_mine' })
  const file = repository.files.find(({ path }) => path === 'model.safetensors')!
  hub.sent = 0
  const access = await repository.open(file)
  assert.is(access.name, 'hf://timm/resnet/model.safetensors')
  assert.is(access.byteLength, bytes.length)
  assert.match(access.statedSha256!, /^[0-9a-f]{64}$/)
  assert.equal(await access.read(700_000, 5), bytes.subarray(700_000, 700_005))
  assert.ok(hub.sent < bytes.length, `${hub.sent} of ${bytes.length} bytes were sent`)
  assert.equal(hub.leaked, [])
  const beside = await repository.open(repository.files.find(({ path }) => path === 'a/b c.onnx')!)
  assert.is(beside.byteLength, small.length)
  assert.is(beside.statedSha256, undefined)
})

test('what may not be read, is not there, or is only a pointer, in a sentence with what to do', async () => {
  const at = (address: string, token?: string) => () =>
    openRepository(hubAddress(address)!, { endpoint: hub.endpoint, retries: 0, ...(token && { token }) })
  assert.match(
    await problem(at('hf://no/such')),
    /hf:\/\/no\/such: there is no such repository, or it is private: set HF_TOKEN.*401/,
  )
  assert.match(await problem(at('hf://secret/net', 'hf_wrong')), /the token in HF_TOKEN may not read it/)
  assert.is((await at('hf://secret/net', 'hf_right')()).files.length, 1)
  assert.match(await problem(at('hf://gated/net')), /is gated: accept its terms on its page and set HF_TOKEN/)
  assert.match(await problem(at('hf://timm/resnet@nothing')), /no revision nothing \(HTTP 404\)/)
  assert.match(
    await problem(() => openRepository(hubAddress('hf://o/n')!, { endpoint: 'http://127.0.0.1:9', retries: 0 })),
    /hf:\/\/o\/n: .*(does not answer|cannot be reached)/,
  )
  const repository = await at('hf://pointers/net')()
  const pointer = { ...repository.files[0]!, bytes: 5_000_000 }
  assert.match(await problem(() => repository.open(pointer)), /where the hub lists 5000000; it is perhaps a Git LFS pointer/)
})

test('a hub that is busy is asked again after the pause that it wants', async () => {
  hub.failures.push({ status: 429, retryAfter: '0' }, { status: 503 }, { status: 429, retryAfter: '1' })
  const started = performance.now()
  const repository = await openRepository(hubAddress('hf://timm/resnet')!, { endpoint: hub.endpoint })
  assert.is(repository.files.length, 5)
  assert.ok(performance.now() - started > 1000, 'the pause was kept')
  hub.failures.push({ status: 429 })
  assert.match(
    await problem(() => openRepository(hubAddress('hf://timm/resnet')!, { endpoint: hub.endpoint, retries: 0 })),
    /takes no more requests for now \(HTTP 429\); try again later/,
  )
})

test.run()
