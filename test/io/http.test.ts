import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openUrl, urlFolder, urlInput } from '../../src/io/http.ts'
import { openOrigin } from '../../src/io/node.ts'
import { problem } from '../helpers/problem.ts'

// 700,000 bytes that tell their place: more than two blocks of the reader.
const file = Uint8Array.from({ length: 700_000 }, (_, k) => (k * 31 + (k >> 8)) & 255)
const same = (bytes: Uint8Array, offset: number): boolean => bytes.every((byte, k) => byte === file[offset + k])

type Handler = (request: IncomingMessage, response: ServerResponse, range: [number, number] | undefined) => void
const handlers: Record<string, Handler> = {}
const asked: string[] = []
let server: Server
let root: string

test.before(async () => {
  server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const path = new URL(request.url!, 'http://x').pathname
    asked.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim())
    const handler = handlers[path]
    if (handler) handler(request, response, range ? [Number(range[1]), Number(range[2])] : undefined)
    else response.writeHead(404).end('<html>not here</html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

test.after(() => {
  server.closeAllConnections()
  server.close()
})

/** A server that does as it should. */
const honest: Handler = (_, response, range) => {
  if (!range) return void response.writeHead(200, { 'content-length': file.length }).end(file)
  const end = Math.min(range[1], file.length - 1)
  response.writeHead(206, { 'content-range': `bytes ${range[0]}-${end}/${file.length}`, etag: '"1"' })
  response.end(file.subarray(range[0], end + 1))
}

/** Patience that a loaded machine does not exhaust, and one that a silent server soon does. */
const once = { patience: 20_000, retries: 0 }
const quick = { patience: 300, retries: 0 }

test('reads by range, small pieces from blocks that are kept', async () => {
  handlers['/a/model.bin'] = honest
  asked.length = 0
  const access = await openUrl(`${root}/a/model.bin?token=secret#part`)
  assert.is(access.byteLength, file.length)
  assert.is(access.name, `${root}/a/model.bin`, 'no query in a name that is shown')
  for (const [offset, length] of [
    [0, 10],
    [5, 100],
    [262_140, 20],
    [699_990, 10],
    [0, 0],
  ] as const)
    assert.ok(same(await access.read(offset, length), offset))
  assert.is(asked.length, 3, asked.join('; '))
  const into = new Uint8Array(500_000)
  assert.ok(same(await access.read(100_000, 400_000, into), 100_000))
  assert.is(asked.at(-1), 'GET /a/model.bin bytes=100000-499999')
  assert.match(await problem(() => access.read(699_999, 2)), /ends at byte 700000/)
})

test('a worker opens the same address again', async () => {
  handlers['/a/model.bin'] = honest
  const access = await openUrl(`${root}/a/model.bin`)
  const again = await openOrigin(access.origin!.at, access.name)
  assert.ok(same(await again.read(650_000, 1000), 650_000))
})

test('follows redirects, and finds the files beside an address', async () => {
  handlers['/b/model.json'] = honest
  handlers['/b/shard 1.bin'] = honest
  handlers['/b/shard%201.bin'] = honest
  handlers['/old'] = (_, response) => response.writeHead(302, { location: '/b/model.json' }).end()
  assert.is((await openUrl(`${root}/old`)).byteLength, file.length)
  const input = await urlInput(`${root}/b/model.json`)
  assert.is(input.path, 'model.json')
  assert.ok(await input.folder.open('shard 1.bin'))
  assert.is(await input.folder.open('none.bin'), undefined)
  assert.is(await input.folder.open('../a/model.bin'), undefined)
  assert.is(await input.folder.open('//127.0.0.1/a/model.bin'), undefined)
  handlers['/b/broken.bin'] = (_, response) => response.writeHead(403).end()
  assert.match(await problem(() => urlFolder(`${root}/b/model.json`).open('broken.bin') as Promise<unknown>), /HTTP 403/)
})

test('a server that ignores ranges: the whole file within a limit, with and without a stated length', async () => {
  handlers['/whole'] = (_, response) => response.writeHead(200, { 'content-length': file.length }).end(file)
  handlers['/chunked'] = (_, response) =>
    void response.writeHead(200).write(file.subarray(0, 1000), () => response.end(file.subarray(1000)))
  handlers['/gzip'] = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file))
  for (const path of ['/whole', '/chunked', '/gzip']) {
    const access = await openUrl(root + path)
    assert.is(access.byteLength, file.length)
    assert.ok(same(await access.read(123, 456_789), 123))
    assert.match(await problem(() => openUrl(root + path, { largestDownload: 1000 })), /ignores ranges.*download it/)
  }
})

test('a server that hides Content-Range is asked for the length once', async () => {
  handlers['/hidden'] = (request, response, range) => {
    if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': file.length }).end()
    response.writeHead(206).end(file.subarray(range![0], range![1] + 1))
  }
  asked.length = 0
  const access = await openUrl(`${root}/hidden`)
  assert.ok(same(await access.read(300_000, 300_000), 300_000))
  assert.is(asked.filter((line) => line.startsWith('HEAD')).length, 1)
  handlers['/nolength'] = (request, response, range) => {
    if (request.method === 'HEAD') return void response.writeHead(405).end()
    response.writeHead(206).end(file.subarray(range![0], range![1] + 1))
  }
  assert.match(await problem(() => openUrl(`${root}/nolength`)), /does not say how long/)
})

test('servers that lie are found out', async () => {
  const lying =
    (respond: (response: ServerResponse, start: number, end: number) => void): Handler =>
    (_, response, range) =>
      respond(response, range![0], Math.min(range![1], file.length - 1))
  const cases: [string, Handler, RegExp][] = [
    [
      '/shifted',
      lying((r, s, e) =>
        r.writeHead(206, { 'content-range': `bytes ${s + 1}-${e}/${file.length}` }).end(file.subarray(s + 1, e + 1)),
      ),
      /contradicts itself/,
    ],
    [
      '/more',
      lying((r, s, e) => r.writeHead(206, { 'content-range': `bytes ${s}-${e}/${file.length}` }).end(file.subarray(s, e + 50))),
      /contradicts itself/,
    ],
    [
      '/less',
      lying((r, s, e) => r.writeHead(206, { 'content-range': `bytes ${s}-${e}/${file.length}` }).end(file.subarray(s, e - 50))),
      /ended an answer/,
    ],
    [
      '/packed',
      lying((r, s, e) =>
        r
          .writeHead(206, { 'content-range': `bytes ${s}-${e}/${file.length}`, 'content-encoding': 'gzip' })
          .end(gzipSync(file.subarray(s, e))),
      ),
      /compressed \(gzip\)/,
    ],
    [
      '/cut',
      (_, r) => void r.writeHead(200, { 'content-length': 1000 }).write(file.subarray(0, 500), () => r.destroy()),
      /broke|terminated|cannot be reached/,
    ],
  ]
  for (const [path, handler, sentence] of cases) {
    handlers[path] = handler
    assert.match(await problem(() => openUrl(root + path, once)), sentence, path)
  }
})

test('a file that changes while it is read is noticed', async () => {
  let version = 1
  handlers['/changing'] = (_, response, range) => {
    const end = Math.min(range![1], file.length - 1)
    response.setHeader('last-modified', new Date(1e12 * version).toUTCString())
    response.writeHead(206, { 'content-range': `bytes ${range![0]}-${end}/${file.length}` })
    response.end(file.subarray(range![0], end + 1))
  }
  const access = await openUrl(`${root}/changing`, once)
  version = 2
  assert.match(await problem(() => access.read(400_000, 10)), /has changed while it was read/)
  handlers['/turning'] = honest
  const other = await openUrl(`${root}/turning`, once)
  handlers['/turning'] = (_, response) => response.writeHead(200, { etag: '"1"' }).end(file)
  assert.match(await problem(() => other.read(400_000, 10)), /stopped answering range requests/)
})

test('what is refused is said in a sentence', async () => {
  assert.match(await problem(() => openUrl(`${root}/nothing`, once)), /no such file on the server \(HTTP 404\)/)
  handlers['/secret'] = (_, response) => response.writeHead(401).end()
  assert.match(await problem(() => openUrl(`${root}/secret`, once)), /signs in/)
  handlers['/empty'] = (_, response) => response.writeHead(416, { 'content-range': 'bytes */0' }).end()
  assert.match(await problem(() => openUrl(`${root}/empty`, once)), /is empty/)
  handlers['/loop'] = (_, response) => response.writeHead(302, { location: '/loop' }).end()
  assert.match(await problem(() => openUrl(`${root}/loop`, once)), /redirect/)
  assert.match(await problem(() => openUrl('http://127.0.0.1:9/x', once)), /cannot be reached|does not answer/)
  assert.match(await problem(() => openUrl('ftp://127.0.0.1/x')), /begins with ftp:/)
  assert.match(await problem(() => openUrl('no address')), /is no address/)
})

test('failures that pass are tried again, a server that stands still is given up', async () => {
  let left = 2
  handlers['/flaky'] = (request, response, range) => {
    if (left-- > 0) response.writeHead(503).end()
    else honest(request, response, range)
  }
  assert.is((await openUrl(`${root}/flaky`)).byteLength, file.length)
  left = 2
  assert.match(await problem(() => openUrl(`${root}/flaky`, once)), /HTTP 503/)
  handlers['/silent'] = () => undefined
  assert.match(await problem(() => openUrl(`${root}/silent`, quick)), /nothing for 0\.3 s/)
  handlers['/stalls'] = (_, response) =>
    void response.writeHead(206, { 'content-range': `bytes 0-262143/${file.length}` }).write(file.subarray(0, 9))
  assert.match(await problem(() => openUrl(`${root}/stalls`, quick)), /sent fewer than 65536 bytes in 0\.3 s/)
})

test('a server that sends next to nothing is given up, and so is a body without an end', async () => {
  const timers: NodeJS.Timeout[] = []
  handlers['/drips'] = (_, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-262143/${file.length}` })
    timers.push(setInterval(() => response.write(file.subarray(0, 1)), 50))
  }
  handlers['/endless'] = (_, response) => {
    response.writeHead(200)
    const piece = new Uint8Array(1 << 20)
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  assert.match(await problem(() => openUrl(`${root}/drips`, quick)), /sent fewer than 65536 bytes in 0\.3 s/)
  const before = process.memoryUsage().rss
  assert.match(
    await problem(() => openUrl(`${root}/endless`, { ...once, largestDownload: 1 << 24 })),
    /more than 16777216 bytes; download it/,
  )
  assert.ok(process.memoryUsage().rss - before < 200e6)
  for (const timer of timers) clearInterval(timer)
})

test('a name and password in the address are sent and not shown', async () => {
  handlers['/private'] = (request, response, range) => {
    if (request.headers.authorization === `Basic ${btoa('me:it')}`) honest(request, response, range)
    else response.writeHead(401).end()
  }
  const access = await openUrl(`${root.replace('//', '//me:it@')}/private`)
  assert.not.match(access.name, /me|it@/)
})

test.run()
