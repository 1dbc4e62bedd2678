import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pagePolicy, serve, servedFiles } from '../../src/cli/serve.ts'

/** A request as it is written: fetch forbids its own Host header and mends paths. */
function get(
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

async function withServer(work: (url: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-serve-'))
  await mkdir(join(folder, 'page'))
  await writeFile(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(folder, 'm ü.onnx'), '0123456789')
  await writeFile(join(folder, 'm ü.onnx_data'), 'abc')
  await writeFile(join(folder, 'other.txt'), 'secret')
  const server = await serve({ webRoot: join(folder, 'page'), files: await servedFiles([join(folder, 'm ü.onnx')]) })
  try {
    await work(server.url, folder)
  } finally {
    await server.close()
    await rm(folder, { recursive: true })
  }
}

test('the page comes with its policy, from loopback only', () =>
  withServer(async (url) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    const page = await get(url, '/index.html')
    assert.is(page.status, 200)
    assert.is(page.headers['content-security-policy'], pagePolicy)
    assert.is(page.headers['x-content-type-options'], 'nosniff')
    assert.equal([(await get(url, '/')).status, (await get(url, '/')).headers['location']], [302, '/?data'])
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

test.run()
