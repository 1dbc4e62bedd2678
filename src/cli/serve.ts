import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { basename, dirname, join, resolve } from 'node:path'
import sirv from 'sirv'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'

/** What the served page may do: run its own scripts and WebAssembly, talk to this server, and nothing else. */
export const pagePolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; font-src 'self'; " +
  "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A file that the page can read by range. */
export interface ServedFile {
  /** As the page shows it: below what was named, forward slashes. */
  readonly path: string
  /** On disk. */
  readonly location: string
  readonly bytes: number
  /** Not an input itself: it lies beside one that may need it. */
  readonly beside: boolean
}

export interface ServeOptions {
  /** Folder of the built page. */
  readonly webRoot: string
  readonly files?: readonly ServedFile[]
  /** Default 0: any free one. */
  readonly port?: number
}

export interface Served {
  /** What to open in a browser. */
  readonly url: string
  close(): Promise<void>
}

const MOST_FILES = 20_000
const passedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules'

/**
 * The files that paths stand for: a file (with those beside it that begin with its name or look like its data), or
 * everything in a folder.
 * @throws InputError for a path that is missing, a folder without files, or one of too many
 */
export async function servedFiles(paths: readonly string[]): Promise<ServedFile[]> {
  const files = new Map<string, ServedFile>()
  const add = (path: string, location: string, bytes: number, beside: boolean): void => {
    let name = path
    for (let k = 2; files.has(name) && files.get(name)!.location !== location; k++) name = `${k}/${path}`
    if (!files.get(name) || !beside) files.set(name, { path: name, location, bytes, beside })
    if (files.size > MOST_FILES)
      throw new InputError(
        path,
        `holds more than ${MOST_FILES} files; name a smaller folder, or analyze first and view the results`,
      )
  }
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (passedOver(entry.name)) continue
      const location = join(folder, entry.name)
      if (entry.isDirectory()) await walk(location, `${prefix}${entry.name}/`)
      else if (entry.isFile()) add(prefix + entry.name, location, (await stat(location)).size, false)
    }
  }
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      throw new InputError(path, fileProblem(error), { cause: error })
    })
    const location = resolve(path)
    if (found.isDirectory()) {
      const before = files.size
      await walk(location, `${basename(location)}/`)
      if (files.size === before) throw new InputError(path, 'holds no files; give model files, folders of them or results')
      continue
    }
    add(basename(location), location, found.size, false)
    const stem = basename(location).replace(/\.[^.]*$/, '')
    for (const entry of await readdir(dirname(location), { withFileTypes: true })) {
      const needed = entry.name.startsWith(stem) || /\.(bin|data|weights|onnx_data)$/.test(entry.name)
      if (!entry.isFile() || !needed || entry.name === basename(location) || passedOver(entry.name)) continue
      const sibling = join(dirname(location), entry.name)
      add(entry.name, sibling, (await stat(sibling)).size, true)
    }
  }
  return [...files.values()]
}

/**
 * Serves the page and the files on 127.0.0.1 alone. Requests under another host name are refused, so that no web site can
 * reach the files through a name of its own.
 * @throws InputError when the page has not been built, or the port is taken
 */
export async function serve({ webRoot, files = [], port = 0 }: ServeOptions): Promise<Served> {
  if (!(await stat(join(webRoot, 'index.html')).catch(() => undefined)))
    throw new InputError(webRoot, 'holds no built page; run npm run build:web first')
  const page = sirv(webRoot, { etag: true, setHeaders: (response) => setSafeHeaders(response as ServerResponse) })
  const byPath = new Map(files.map((file) => [file.path, file]))
  const listing = JSON.stringify({ files: files.map(({ path, bytes, beside }) => ({ path, bytes, beside })) })
  let hosts: readonly string[] = []
  const server = createServer((request, response) => {
    if (!hosts.includes(request.headers.host ?? '')) return refuse(response, 421, 'this server answers only to its own address')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'files are only read here')
    const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/' && search === '' && files.length > 0) {
      response.writeHead(302, { location: '/?data' }).end()
    } else if (pathname === '/data/index.json') {
      setSafeHeaders(response)
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(listing)
    } else if (pathname.startsWith('/data/')) {
      sendFile(request, response, byPath.get(decoded(pathname.slice('/data/'.length))))
    } else {
      page(request, response, () => refuse(response, 404, 'not found'))
    }
  })
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code === 'EADDRINUSE' ? 'is taken by another program; choose another --port' : error.message
      failed(new InputError(`port ${port}`, problem, { cause: error }))
    })
    server.listen(port, '127.0.0.1', done)
  })
  const address = server.address() as { port: number }
  hosts = [`127.0.0.1:${address.port}`, `localhost:${address.port}`]
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function setSafeHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', pagePolicy)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Only files of the listing are sent: their paths are looked up, never joined. */
function sendFile(request: IncomingMessage, response: ServerResponse, file: ServedFile | undefined): void {
  if (!file) {
    refuse(response, 404, 'not found')
    return
  }
  setSafeHeaders(response)
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('content-type', 'application/octet-stream')
  response.setHeader('cache-control', 'no-store')
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = range ? Number(range[1]) : 0
  const end = Math.min(range?.[2] ? Number(range[2]) : file.bytes - 1, file.bytes - 1)
  if (range && (start >= file.bytes || end < start)) {
    response.setHeader('content-range', `bytes */${file.bytes}`)
    refuse(response, 416, 'there are no such bytes')
    return
  }
  if (range) response.setHeader('content-range', `bytes ${start}-${end}/${file.bytes}`)
  response.setHeader('content-length', Math.max(0, end - start + 1))
  response.writeHead(range ? 206 : 200)
  if (request.method === 'HEAD' || file.bytes === 0) {
    response.end()
    return
  }
  const stream = createReadStream(file.location, { start, end })
  stream.on('error', () => response.destroy()) // the page says that the file has changed
  response.on('close', () => stream.destroy())
  stream.pipe(response)
}
