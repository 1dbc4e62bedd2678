import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findHubInputs } from '../../src/inputs/hub-inputs.ts'
import { urlFolder, urlInput } from '../../src/io/http.ts'
import { hubAddress } from '../../src/io/hub.ts'
import { openSource } from '../../src/sources/open.ts'
import { filterlens, inFolder } from '../cli/run.ts'
import { problem } from '../helpers/problem.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** What a server of another host was sent as `authorization`. */
const leaked: string[] = []
let handler: Handler
let asked = 0
/** What a server answers that does not speak HTTP, byte for byte. */
let raw = ''
const servers: { close(): void }[] = []
let root: string
let rawRoot: string
let elsewhere: string

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

test.before(async () => {
  const answer = createServer((request, response) => {
    asked++
    handler(request, response)
  })
  const other = createServer(({ headers }, response) => {
    if (headers.authorization !== undefined) leaked.push(headers.authorization)
    response.end('[]')
  })
  const tcp = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(raw, 'latin1'))
  })
  root = `http://127.0.0.1:${await listening(answer)}`
  elsewhere = `http://127.0.0.1:${await listening(other)}`
  rawRoot = `http://127.0.0.1:${await listening(tcp)}`
})

test.after(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections()
    server.close()
  }
})

/** Patience that a loaded machine does not exhaust. */
const once = { patience: 20_000, retries: 0 }

async function open(address: string): Promise<void> {
  const source = await openSource(await urlInput(address, once))
  await source.close()
}

test('redirects: without end, to files, to nothing', async () => {
  const cases: [string, string, RegExp][] = [
    ['to itself', '/again', /redirects again and again/],
    ['on and on', '', /redirects again and again/],
    ['to a file', 'file:///etc/passwd', /redirects to something that is no http or https address/],
    ['to data', 'data:text/plain,x', /redirects to something that is no http or https address/],
    ['to nothing', 'http://[', /redirects to something that is no http or https address/],
  ]
  for (const [name, location, sentence] of cases) {
    handler = ({ url }, response) => void response.writeHead(302, { location: location || `${url}x` }).end()
    asked = 0
    // With all of its patience: what cannot pass is not tried again.
    assert.match(await problem(() => urlInput(`${root}/net.onnx`)), sentence, name)
    assert.ok(asked <= 30, `${name}: asked ${asked} times`)
  }
})

test('pages of errors, compressed bombs, headers without end: a sentence each, and bounded memory', async () => {
  const page = '<!DOCTYPE html><html><body>Bad gateway</body></html>'
  const bomb = gzipSync(new Uint8Array(300 << 20), { level: 1 })
  const cases: [string, Handler, RegExp][] = [
    ['an HTML page', (_, r) => void r.writeHead(200, { 'content-type': 'text/html' }).end(page), /is an HTML page/],
    ['a gzip bomb', (_, r) => void r.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), /more than 268435456 bytes/],
    [
      'compressed a hundred times',
      (_, r) => void r.writeHead(200, { 'content-encoding': Array(100).fill('gzip').join(', ') }).end(bomb.subarray(0, 1000)),
      /compresses its answer too often/,
    ],
    ['large headers', (_, r) => void r.writeHead(200, { 'x-much': 'a'.repeat(100_000) }).end('x'), /headers that are too large/],
  ]
  const before = process.resourceUsage().maxRSS
  for (const [name, one, sentence] of cases) {
    handler = one
    assert.match(await problem(() => open(`${root}/net.onnx`)), sentence, name)
  }
  assert.ok(process.resourceUsage().maxRSS - before < 900 << 10, `${process.resourceUsage().maxRSS >> 10} MiB`)
})

test('lengths and ranges that cannot be: negative, no number, beyond 2^53, two of them', async () => {
  const ok = 'HTTP/1.1 200 OK\r\n'
  const part = (range: string, body = 'x'.repeat(262_144)): string =>
    `HTTP/1.1 206 Partial Content\r\nContent-Length: ${body.length}\r\nContent-Range: ${range}\r\n\r\n${body}`
  const cases: [string, string, RegExp][] = [
    ['negative', `${ok}Content-Length: -5\r\n\r\nhello`, /no HTTP/],
    ['no number', `${ok}Content-Length: NaN\r\n\r\nhello`, /no HTTP/],
    ['two', `${ok}Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello..`, /no HTTP/],
    ['large', `${ok}Content-Length: 99999999999999999999\r\n\r\nhello`, /no HTTP/],
    ['more than is sent', `${ok}Content-Length: 900000000\r\n\r\nhello`, /connection broke/],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n', /no HTTP/],
    ['broken chunks', `${ok}Transfer-Encoding: chunked\r\n\r\nZZZ\r\n`, /no HTTP/],
    [
      'a part of 10^23',
      part('bytes 0-262143/99999999999999999999999'),
      /contradicts itself: it says that the file has 9{23} bytes/,
    ],
    ['a part of nothing', part('bytes 0-0/0', ''), /contradicts itself/],
    ['a part of another', part('bytes 7-262150/700000'), /contradicts itself/],
    ['a part of no number', part('bytes 0-NaN/-5'), /contradicts itself: it answers "bytes 0-NaN\/-5"/],
  ]
  for (const [name, text, sentence] of cases) {
    raw = text
    assert.match(await problem(() => open(`${rawRoot}/net.onnx`)), sentence, name)
  }
})

const commit = 'c'.repeat(40)

/** What comes of a hub that lists these entries; the text is that of the listing itself, where one is given. */
async function listed(entries: unknown, link?: (url: string) => string): Promise<string[]> {
  handler = ({ url = '' }, response) => {
    if (url.includes('/revision/')) return void response.end(JSON.stringify({ sha: commit }))
    if (link) response.setHeader('link', link(url))
    response.end(typeof entries === 'string' ? entries : JSON.stringify(entries))
  }
  const inputs = await findHubInputs(hubAddress('hf://owner/net')!, { ...once, endpoint: root, token: 'hf_secret' })
  return inputs.map(({ path }) => path)
}

const file = (path: string, size: unknown = 5): object => ({ type: 'file', path, size })

test('a hub whose listing is none: names that lead upwards, twice, that are no text; sizes; pages without end', async () => {
  assert.equal(await listed([file('a/net.onnx')]), ['owner/net/a/net.onnx'])
  const none = /answers with something that is no listing/
  const cases: [string, unknown][] = [
    ['upwards', [file('../../net.onnx')]],
    ['below itself', [file('a/../net.onnx')]],
    ['absolute', [file('/etc/net.onnx')]],
    ['half a surrogate pair', '[{"type": "file", "path": "\\ud800.onnx", "size": 5}]'],
    ['twice', [file('net.onnx'), file('net.onnx')]],
    ['a negative size', [file('net.onnx', -5)]],
    ['a size in words', [file('net.onnx', '5')]],
    ['no list', 'null'],
    ['a page', '<html></html>'],
    ['lists in lists', '['.repeat(1_000_000)],
  ]
  for (const [name, entries] of cases) assert.match(await problem(() => listed(entries)), none, name)
  assert.match(await problem(() => listed(`[${'[],'.repeat(6_000_000)}[]]`)), /more than 16777216 bytes/)
  assert.match(await problem(() => listed([], () => `<${root}/api/models/owner/net/tree/${commit}?page=2>; rel="next"`)), none)
  assert.match(await problem(() => listed([file('net.onnx')], () => '<http://[>; rel="next"')), none)
  assert.match(
    await problem(() => listed([file('net.onnx')], (url) => `<${root}${url}>; rel="next"`)),
    none,
    'the same page again',
  )
  for (const answer of ['null', '7', '{"sha": {"a": 1}}', '{"sha": "main"}']) {
    handler = (_, response) => void response.end(answer)
    const address = hubAddress('hf://owner/net')!
    assert.match(await problem(() => findHubInputs(address, { ...once, endpoint: root })), none, answer)
  }
})

test('the token of the hub goes to no other host, whoever sends there', async () => {
  const address = hubAddress('hf://owner/net')!
  const options = { ...once, endpoint: root, token: 'hf_secret' }
  await problem(() => listed([file('net.onnx')], () => `<${elsewhere}/more>; rel="next"`))
  handler = (_, response) => void response.writeHead(307, { location: `${elsewhere}/api` }).end()
  await problem(() => findHubInputs(address, options))
  let tokens = 0
  handler = ({ url = '', headers }, response) => {
    if (headers.authorization === 'Bearer hf_secret') tokens++
    if (url.includes('/revision/')) return void response.end(JSON.stringify({ sha: commit }))
    if (url.includes('/tree/')) return void response.end(JSON.stringify([file('net.onnx')]))
    response.writeHead(302, { location: `${elsewhere}/net.onnx` }).end()
  }
  const [input] = await findHubInputs(address, options)
  await problem(() => input!.open())
  assert.is(tokens, 3)
  assert.equal(leaked, [])
})

test('a name beside an address that no address can hold is not there', async () => {
  assert.is(await urlFolder(`${root}/net.onnx`, once).open('\ud800.bin'), undefined)
})

test('the command: exit code 2, one sentence, no results', () =>
  inFolder(async (folder) => {
    handler = ({ url }, response) => void response.writeHead(302, { location: `${url}x` }).end()
    const out = join(folder, 'results')
    const { code, err } = await filterlens(['analyze', `${root}/net.onnx`, '-o', out])
    assert.is(code, 2)
    assert.match(err, /^filterlens: http:\S+net\.onnx: the server redirects again and again[^\n]*\n$/)
    handler = ({ url = '' }, response) =>
      void response.end(url.includes('/revision/') ? JSON.stringify({ sha: commit }) : JSON.stringify([file('../up.onnx')]))
    const hub = await filterlens(['analyze', 'hf://owner/net', '-o', out], { env: { HF_ENDPOINT: root, HF_TOKEN: 'hf_secret' } })
    assert.is(hub.code, 2)
    assert.match(hub.err, /^filterlens: hf:\/\/owner\/net: the hub answers with something that is no listing[^\n]*\n$/)
  }))

test.run()
