import { mkdir, mkdtemp, open, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pagePolicy, serve } from '../../src/cli/serve.ts'
import { servedFiles } from '../../src/cli/served-files.ts'
import { openUrl } from '../../src/io/http.ts'
import { randomWords } from '../../src/shift/random.ts'
import { inFolder } from './run.ts'

/** A request as it is written: fetch forbids its own Host header and mends paths. Paths are below the page's own address. */
function get(url: string, path: string, headers: Record<string, string> = {}): ReturnType<typeof ask> {
  return ask(url, new URL(url).pathname.slice(0, -1) + path, headers)
}

function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path, headers, setHost: !('host' in headers) }, (response) => {
      let body = ''
      response.on('data', (part) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode!, body, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

async function emptyPage(folder: string): Promise<string> {
  await mkdir(join(folder, 'page'))
  await writeFile(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>')
  return join(folder, 'page')
}

async function withServer(work: (url: string, folder: string, urlOnce: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-serve-'))
  const webRoot = await emptyPage(folder)
  await writeFile(join(folder, 'm ü.onnx'), '0123456789')
  await writeFile(join(folder, 'm ü.onnx_data'), 'abc')
  await writeFile(join(folder, 'other.txt'), 'secret')
  const server = await serve({ webRoot, files: await servedFiles([join(folder, 'm ü.onnx')]) })
  try {
    await work(server.url, folder, server.urlOnce)
  } finally {
    await server.close()
    await rm(folder, { recursive: true })
  }
}

test('the page comes with its policy, from loopback only', () =>
  withServer(async (url) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/)
    const page = await get(url, '/index.html')
    assert.is(page.status, 200)
    assert.is(page.headers['content-security-policy'], pagePolicy)
    assert.is(page.headers['x-content-type-options'], 'nosniff')
    assert.is(page.headers['referrer-policy'], 'no-referrer')
    const { status, headers } = await get(url, '/')
    assert.equal([status, headers['location']], [302, `${new URL(url).pathname}?data`])
  }))

test('data is listed, and read whole or by range', () =>
  withServer(async (url) => {
    const listing = JSON.parse((await get(url, '/data/index.json')).body)
    assert.equal(listing, {
      files: [
        { path: 'm ü.onnx', bytes: 10, beside: false },
        { path: 'm ü.onnx_data', bytes: 3, beside: true },
      ],
    })
    const path = `/data/${encodeURIComponent('m ü.onnx')}`
    assert.is((await get(url, path)).body, '0123456789')
    const part = await get(url, path, { range: 'bytes=2-4' })
    assert.equal([part.status, part.body, part.headers['content-range']], [206, '234', 'bytes 2-4/10'])
    assert.is((await get(url, path, { range: 'bytes=7-' })).body, '789')
    assert.is((await get(url, path, { range: 'bytes=10-' })).status, 416)
  }))

test('nothing else is served: other files, other hosts, other methods', () =>
  withServer(async (url) => {
    for (const path of ['/data/other.txt', '/data/../other.txt', '/data/..%2Fother.txt', '/data/%E0%A4%A', '/data/'])
      assert.is((await get(url, path)).status, 404, path)
    assert.is((await get(url, '/%2e%2e/%2e%2e/etc/passwd')).status, 404)
    assert.is((await get(url, '/index.html', { host: 'evil.example' })).status, 421)
    assert.is((await fetch(`${url}index.html`, { method: 'POST' })).status, 405)
  }))

test('without the secret part of the address nothing is served; the address that a browser is started with leads there once', () =>
  withServer(async (url, _folder, urlOnce) => {
    const secret = new URL(url).pathname.split('/')[1]!
    const wrong = [...secret].reverse().join('')
    for (const path of [
      '/',
      '/index.html',
      '/data/index.json',
      `/${wrong}/`,
      `/${wrong}/data/index.json`,
      `/${secret}x/`,
      '/?data',
    ])
      assert.is((await ask(url, path)).status, 404, path)
    assert.is((await ask(url, `/${secret}`)).headers['location'], `/${secret}/`)
    const once = new URL(urlOnce).pathname
    assert.not.match(once, secret)
    const [first, second] = [await ask(url, once), await ask(url, once)]
    assert.equal([first.status, first.headers['location'], second.status], [302, `/${secret}/`, 404])
  }))

test("a page of another site is refused, the server's own page is not", () =>
  withServer(async (url) => {
    const { port } = new URL(url)
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${Number(port) + 1}`, `https://127.0.0.1:${port}`])
      assert.is((await get(url, '/data/index.json', { origin })).status, 403, origin)
    for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`])
      assert.is((await get(url, '/data/index.json', { origin })).status, 200, origin)
  }))

test('links are served as they are followed elsewhere: to files, to folders, never in a circle', () =>
  inFolder(async (folder) => {
    // As a Hugging Face cache lies on the disk: snapshots of links into blobs.
    const snapshot = join(folder, 'models--a--b/snapshots/1')
    await mkdir(join(folder, 'models--a--b/blobs'), { recursive: true })
    await mkdir(snapshot, { recursive: true })
    await writeFile(join(folder, 'models--a--b/blobs/abc'), '0123')
    await symlink('../../blobs/abc', join(snapshot, 'model.safetensors'))
    await symlink('../../gone', join(snapshot, 'broken.onnx'))
    await symlink('..', join(snapshot, 'up'))
    const paths = (await servedFiles([snapshot])).map(({ path }) => path)
    assert.ok(paths.includes('1/model.safetensors'))
    assert.not.ok(paths.some((path) => path.includes('broken') || path.split('up/').length > 3))
    const server = await serve({
      webRoot: await emptyPage(folder),
      files: await servedFiles([join(snapshot, 'model.safetensors')]),
    })
    try {
      assert.is((await get(server.url, '/data/model.safetensors')).body, '0123')
    } finally {
      await server.close()
    }
  }))

/** Sends bytes as they are, and gives back the beginning of the answer. */
function send(url: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes))
    socket.on('data', (part) => (text += part.toString('latin1')))
    socket.on('close', () => resolve(text))
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)))
  })
}

/** Requests that no browser sends, by number: targets that are no path, headers that are no headers, plain junk. */
function malformed(k: number, url: string): string | Buffer {
  const { host, pathname } = new URL(url)
  const next = randomWords(k)
  const junk = (length: number): string =>
    Buffer.from(Array.from({ length }, () => next() & 255))
      .toString('latin1')
      .replace(/[\r\n]/g, '?')
  const printable = (length: number): string => Array.from({ length }, () => String.fromCharCode(33 + (next() % 94))).join('')
  const targets = ['//', '/%', 'http://[', '*', '/%00', '/..%2f', '\\', `${pathname}%`, `${pathname}data/%ff`, `//${host}//`]
  const target =
    k % 3 === 0 ? targets[(k / 3) % targets.length]! : k % 3 === 1 ? `${pathname}${printable(k % 60)}` : printable(k % 200)
  const headers = [
    `Host: ${host}`,
    k % 5 === 0 ? `Range: bytes=${printable(9)}` : '',
    k % 7 === 0 ? `Origin: ${printable(20)}` : '',
  ]
  if (k % 4 === 3) return Buffer.from(junk(1 + (k % 500)), 'latin1')
  const method = ['GET', 'GET', 'HEAD', 'CONNECT', 'OPTIONS', 'PUT', printable(5)][k % 7]!
  return `${method} ${target} HTTP/1.1\r\n${headers.filter((text) => text !== '').join('\r\n')}\r\nConnection: close\r\n\r\n`
}

test('10,000 malformed requests are answered with 4xx or not at all, and the server is still there', () =>
  withServer(async (url) => {
    for (const target of ['//', '/%', 'http://['])
      assert.match(await send(url, `GET ${target} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`), /^HTTP\/1\.1 4\d\d /, target)
    let next = 0
    const answers = new Map<string, number>()
    const sender = async (): Promise<void> => {
      while (next < 10_000) {
        const status = /^HTTP\/1\.1 (\d{3})/.exec(await send(url, malformed(next++, url)))?.[1] ?? 'none'
        answers.set(status, (answers.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 8 }, sender))
    const bad = [...answers.keys()].filter((status) => !/^4\d\d$/.test(status))
    // A target may be a right one by chance (the secret part is in it): the page itself and the way to it.
    assert.ok(
      bad.every((status) => status === 'none' || status === '200' || status === '302'),
      JSON.stringify([...answers]),
    )
    assert.ok((answers.get('400') ?? 0) > 1000 && (answers.get('404') ?? 0) > 1000, JSON.stringify([...answers]))
    assert.is((await get(url, '/index.html')).status, 200)
  }))

test('a page that is not built, a port that is taken and a path that is missing are said in a sentence', async () => {
  const problem = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (error) => error.message,
    )
  assert.match(await problem(serve({ webRoot: '/nowhere' })), /holds no built page/)
  assert.match(await problem(servedFiles(['/nowhere/x.onnx'])), /there is no such file/)
  await withServer(async (url, folder) => {
    assert.match(
      await problem(serve({ webRoot: join(folder, 'page'), port: Number(new URL(url).port) })),
      /is taken by another program/,
    )
  })
})

test('a listed file that is another one now is not sent: replaced, a link to elsewhere, changed in place, gone, a folder', () =>
  inFolder(async (folder) => {
    const models = join(folder, 'models')
    await mkdir(models)
    const changes: Record<string, (path: string) => Promise<unknown>> = {
      'link.onnx': (path) => rm(path).then(() => symlink('/etc/passwd', path)),
      'replaced.onnx': (path) => writeFile(`${folder}/new`, 'abcdef').then(() => rename(`${folder}/new`, path)),
      'longer.onnx': (path) => writeFile(path, 'more', { flag: 'a' }),
      'shorter.onnx': (path) => truncate(path, 3),
      'same time.onnx': async (path) => {
        const { atime, mtime } = await stat(path)
        await writeFile(path, 'abcdef')
        await utimes(path, atime, mtime)
      },
      'gone.onnx': (path) => rm(path),
      'folder.onnx': (path) => rm(path).then(() => mkdir(path)),
    }
    for (const name of [...Object.keys(changes), 'same.onnx']) await writeFile(join(models, name), '012345')
    const server = await serve({ webRoot: await emptyPage(folder), files: await servedFiles([models]) })
    try {
      for (const [name, change] of Object.entries(changes)) {
        const path = `/data/models/${encodeURIComponent(name)}`
        assert.is((await get(server.url, path)).body, '012345', name)
        await change(join(models, name))
        for (const headers of [{}, { range: 'bytes=0-1' }] as Record<string, string>[]) {
          const { status, body } = await get(server.url, path, headers)
          assert.is(status, 409, name)
          assert.is(
            body,
            `models/${name}: was changed, replaced or removed since filterlens view was started; start it again to see what is there now\n`,
          )
        }
      }
      assert.is((await get(server.url, '/data/models/same.onnx')).body, '012345')
      const told = await openUrl(`${server.url}data/models/link.onnx`).catch((error: Error) => error.message)
      assert.match(String(told), /was changed, replaced or removed .*start filterlens view again/)
    } finally {
      await server.close()
    }
  }))

test('a file that is cut or written to while it is sent breaks the connection at once: no part passes for the whole', () =>
  inFolder(async (folder) => {
    const bytes = 64 << 20
    const changes: Record<string, (path: string) => Promise<unknown>> = {
      'cut.npy': (path) => truncate(path, 1000),
      'written.npy': async (path) => {
        const file = await open(path, 'r+')
        await file.write('x', 0)
        await file.close()
      },
    }
    for (const name of Object.keys(changes)) {
      await writeFile(join(folder, name), '')
      await truncate(join(folder, name), bytes)
    }
    const server = await serve({
      webRoot: await emptyPage(folder),
      files: await servedFiles(Object.keys(changes).map((name) => join(folder, name))),
    })
    try {
      for (const [name, change] of Object.entries(changes)) {
        let received = 0
        const { pathname, port } = new URL(server.url)
        const ended = await new Promise<string>((resolve) => {
          const asked = request({ hostname: '127.0.0.1', port, path: `${pathname}data/${name}` }, (response) => {
            response.once('data', async (first: Buffer) => {
              received += first.length
              response.pause()
              await change(join(folder, name))
              response.on('data', (part: Buffer) => (received += part.length)).resume()
            })
            response
              .on('end', () => resolve('whole'))
              .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
          })
          asked.on('error', () => resolve('no answer')).end()
          setTimeout(resolve, 5000, 'nothing came any more').unref()
        })
        assert.equal([ended, received < bytes], ['ECONNRESET', true], name)
      }
    } finally {
      await server.close()
    }
  }))

test.run()
