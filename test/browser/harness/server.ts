import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, resolve, sep } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

export interface TestServer {
  /** "http://127.0.0.1:40123", no slash at the end. */
  readonly url: string
  /** Paths asked for so far, query included. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** Serves folders on 127.0.0.1: `folders` maps a path prefix ("/", "/data/") to a folder on disk. Ranges are answered. */
export async function serveFolders(
  folders: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const requests: string[] = []
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length)
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname)
    const prefix = prefixes.find((start) => path.startsWith(start))
    const root = prefix === undefined ? undefined : resolve(folders[prefix]!)
    const file = root === undefined ? undefined : join(root, path.slice(prefix!.length) || 'index.html')
    const refuse = (): void => void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
    if (!file?.startsWith(root! + sep)) return refuse()
    stat(file).then((found) => {
      if (!found.isFile()) return refuse()
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
      const start = range ? Number(range[1]) : 0
      const end = range?.[2] ? Math.min(Number(range[2]), found.size - 1) : found.size - 1
      response.writeHead(range ? 206 : 200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-length': Math.max(0, end - start + 1),
        'accept-ranges': 'bytes',
        'cache-control': 'no-store',
        ...(range && { 'content-range': `bytes ${start}-${end}/${found.size}` }),
        ...headers,
      })
      if (request.method === 'HEAD' || found.size === 0) response.end()
      else createReadStream(file, { start, end }).pipe(response)
    }, refuse)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
