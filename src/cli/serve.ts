import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../errors.ts'
import { listedBytes, openListed } from './listed-file.ts'
import { type ServedFile, servedFiles } from './served-files.ts'

/** What the served page may do: run its own scripts and WebAssembly, talk to this server, and nothing else. */
export const pagePolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; font-src 'self'; " +
  "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export interface ServeOptions {
  /** Folder of the built page. */
  readonly webRoot: string
  readonly files?: readonly ServedFile[]
  /** Default 0: any free one. */
  readonly port?: number
}

export interface Served {
  /** The page. A part of it cannot be guessed, and nothing is served without it. */
  readonly url: string
  /**
   * Leads to `url` once. A browser that is started with an address shows it in the list of processes, where other users of
   * the machine can read it; by then this one is used up.
   */
  readonly urlOnce: string
  close(): Promise<void>
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/**
 * Serves the page and the files on 127.0.0.1 alone. Requests under another host name or from another site's page are refused,
 * and so is everything without the address's secret part: neither a web site nor another user of the machine reads the files.
 * What is no request of the page gets an answer of 400 to 499; none ends the server.
 * @throws InputError when the page has not been built, or the port is taken
 */
export async function serve({ webRoot, files = [], port = 0 }: ServeOptions): Promise<Served> {
  const page = await pageFiles(webRoot)
  const byPath = new Map(files.map((file) => [file.path, file]))
  const listing = JSON.stringify({ files: files.map(({ path, bytes, beside }) => ({ path, bytes, beside })) })
  const [secret, once] = [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')]
  let hosts: readonly string[] = []
  let isOnceUsed = false
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusal(request, hosts)
    const [, first = '', path] = /^\/([^/?]*)(?:\/([^?]*))?/.exec(request.url ?? '') ?? []
    if (refused) refuse(response, ...refused)
    else if (!isOnceUsed && request.method === 'GET' && isSame(first, once)) {
      isOnceUsed = true
      redirect(response, `/${secret}/`)
    } else if (!isSame(first, secret)) refuse(response, 404, 'not found')
    else if (path === undefined) redirect(response, `/${secret}/`)
    else if (path === '' && files.length > 0 && !request.url!.includes('?')) redirect(response, `/${secret}/?data`)
    else if (path === 'data/index.json') send(response, 200, 'application/json', listing)
    else if (path.startsWith('data/'))
      await sendFile(request, response, byPath.get(decoded(path.slice('data/'.length))), 'application/octet-stream')
    else {
      const file = page.get(decoded(path === '' ? 'index.html' : path))
      await sendFile(request, response, file, types[extname(file?.path ?? '')] ?? 'application/octet-stream')
    }
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      // Whatever was asked, it is one request that fails, and the page goes on.
      if (response.headersSent) response.destroy()
      else refuse(response, 400, 'this is no request of the page')
    })
  })
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n'))
  await new Promise<void>((done, failed) => {
    // Later ones are of connections that could not be taken (no descriptor is free): the browser tries again.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code === 'EADDRINUSE' ? 'is taken by another program; choose another --port' : error.message
      failed(new InputError(`port ${port}`, problem, { cause: error }))
    })
    server.listen(port, '127.0.0.1', done)
  })
  const address = server.address() as { port: number }
  hosts = [`127.0.0.1:${address.port}`, `localhost:${address.port}`]
  return {
    url: `http://127.0.0.1:${address.port}/${secret}/`,
    urlOnce: `http://127.0.0.1:${address.port}/${once}`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** The files of the built page by their paths. @throws InputError when there is none */
async function pageFiles(webRoot: string): Promise<Map<string, ServedFile>> {
  const files = await servedFiles([webRoot]).catch(() => [])
  const page = new Map(files.map((file) => [file.path.slice(file.path.indexOf('/') + 1), file]))
  if (!page.has('index.html')) throw new InputError(webRoot, 'holds no built page; run npm run build:web first')
  return page
}

/** Takes the same time whatever of a guess is right. */
function isSame(given: string, secret: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(secret))
}

function setSafeHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', pagePolicy)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cache-control', 'no-store')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
}

function redirect(response: ServerResponse, location: string): void {
  setSafeHeaders(response)
  response.writeHead(302, { location }).end()
}

/** What is answered to a request that is none of the page's own; undefined for those that are. */
function refusal(
  { method, headers: { host, origin } }: IncomingMessage,
  hosts: readonly string[],
): readonly [status: number, text: string] | undefined {
  if (!hosts.includes(host ?? '')) return [421, 'this server answers only to its own address']
  if (origin !== undefined && !hosts.some((own) => origin === `http://${own}`))
    return [403, 'this server answers only to its own page']
  return method === 'GET' || method === 'HEAD' ? undefined : [405, 'files are only read here']
}

function refuse(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text)
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  setSafeHeaders(response)
  response.writeHead(status, { 'content-type': type }).end(text)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Only listed files are sent, as they were when they were listed: their paths are keys of a table and never joined. */
async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: ServedFile | undefined,
  type: string,
): Promise<void> {
  if (!file) {
    refuse(response, 404, 'not found')
    return
  }
  const opened = await openListed(file)
  if ('problem' in opened) {
    refuse(response, opened.status, opened.problem)
    return
  }
  try {
    const { headers, method } = request
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
    const start = range ? Number(range[1]) : 0
    const end = Math.min(range?.[2] ? Number(range[2]) : file.bytes - 1, file.bytes - 1)
    response.setHeader('accept-ranges', 'bytes')
    if (range && (start >= file.bytes || end < start)) {
      response.setHeader('content-range', `bytes */${file.bytes}`)
      refuse(response, 416, 'there are no such bytes')
      return
    }
    setSafeHeaders(response)
    if (range) response.setHeader('content-range', `bytes ${start}-${end}/${file.bytes}`)
    response.setHeader('content-type', type)
    response.setHeader('content-length', Math.max(0, end - start + 1))
    response.writeHead(range ? 206 : 200)
    if (method === 'HEAD') response.end()
    // Where the bytes end early, or are no longer those of the listed file, the connection breaks: the page asks again, and is told why.
    else await pipeline(listedBytes(opened.handle, file, start, end + 1), response)
  } finally {
    await opened.handle.close()
  }
}
