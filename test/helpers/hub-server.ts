import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A repository of the hub's kind, in memory. */
export interface FakeRepository {
  readonly commit: string
  /** Branches and tags beside `main`. */
  readonly revisions?: readonly string[]
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Large files are kept elsewhere: the hub redirects to them and states their SHA-256. */
  readonly large?: readonly string[]
  /** The token that may read it. */
  readonly token?: string
  readonly gated?: boolean
}

/** A server that answers as the Hugging Face hub does: revisions, paged listings, redirects to another host for large files, ranges. */
export interface FakeHub {
  readonly endpoint: string
  /** What was asked, of the hub ("GET /path") and of the host of large files ("LARGE range"). */
  readonly asked: string[]
  /** Authorization headers that reached the host of large files: there must be none. */
  readonly leaked: string[]
  /** Bytes of files that were sent. */
  sent: number
  /** Statuses that the next requests are answered with, before anything else. */
  readonly failures: { status: number; retryAfter?: string }[]
  close(): void
}

/** Entries of a listing's page, so that small repositories have several. */
const PAGE = 3

export async function startHub(repositories: Readonly<Record<string, FakeRepository>>): Promise<FakeHub> {
  const large = createServer((request, response) => {
    hub.asked.push(`LARGE ${request.headers.range ?? 'whole'}`)
    if (request.headers.authorization) hub.leaked.push(request.headers.authorization)
    const path = decodeURIComponent(request.url!.slice(1))
    const at = path.indexOf('|')
    send(hub, request, response, repositories[path.slice(0, at)]!.files[path.slice(at + 1)]!)
  })
  const server = createServer((request, response) => answer(hub, repositories, () => addressOf(large), request, response))
  for (const one of [server, large]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  const hub: FakeHub = {
    endpoint: addressOf(server),
    asked: [],
    leaked: [],
    sent: 0,
    failures: [],
    close() {
      for (const one of [server, large]) {
        one.closeAllConnections()
        one.close()
      }
    },
  }
  return hub
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(
  hub: FakeHub,
  repositories: Readonly<Record<string, FakeRepository>>,
  large: () => string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  hub.asked.push(`${request.method} ${request.url}`)
  const failure = hub.failures.shift()
  if (failure) {
    return void response
      .writeHead(failure.status, failure.retryAfter ? { 'retry-after': failure.retryAfter } : {})
      .end('{"error":"later"}')
  }
  const url = new URL(request.url!, hub.endpoint)
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname)
  const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
  const name = api?.[1] ?? file?.[1] ?? ''
  const repository = repositories[name]
  const isAllowed = repository && (!repository.token || request.headers.authorization === `Bearer ${repository.token}`)
  if (!isAllowed) return void response.writeHead(repository?.gated ? 403 : 401).end('{"error":"Invalid username or password."}')
  const revision = decodeURIComponent(api?.[3] ?? file![2]!)
  if (![repository.commit, 'main', ...(repository.revisions ?? [])].includes(revision))
    return void response.writeHead(404).end('{"error":"Invalid rev id"}')
  if (api?.[2] === 'revision') return void response.end(JSON.stringify({ id: name, sha: repository.commit, private: false }))
  if (api) {
    list(hub, name, repository, url, response)
    return
  }
  const path = decodeURIComponent(file![3]!)
  const bytes = repository.files[path]
  if (!bytes) return void response.writeHead(404).end('Entry not found')
  if (repository.large?.includes(path))
    return void response.writeHead(302, { location: `${large()}/${encodeURIComponent(`${name}|${path}`)}` }).end()
  send(hub, request, response, bytes)
}

function list(hub: FakeHub, name: string, { files, large, commit }: FakeRepository, url: URL, response: ServerResponse): void {
  const folders = new Set(
    Object.keys(files).flatMap((path) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, k, parts) => parts.slice(0, k + 1).join('/')),
    ),
  )
  const all = [
    ...[...folders].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path })),
    ...Object.entries(files).map(([path, bytes]) => ({
      type: 'file',
      oid: '1'.repeat(40),
      size: bytes.length,
      path,
      ...(large?.includes(path) && {
        lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 134 },
      }),
    })),
  ]
  const from = Number(url.searchParams.get('cursor') ?? 0)
  if (from + PAGE < all.length)
    response.setHeader(
      'link',
      `<${hub.endpoint}/api/models/${name}/tree/${commit}?recursive=true&cursor=${from + PAGE}>; rel="next"`,
    )
  response.end(JSON.stringify(all.slice(from, from + PAGE)))
}

function send(hub: FakeHub, request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  response.setHeader('etag', `"${createHash('sha256').update(bytes).digest('hex')}"`)
  if (!range) {
    hub.sent += bytes.length
    return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)]
  if (start >= bytes.length) return void response.writeHead(416).end()
  hub.sent += end + 1 - start
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${bytes.length}` }).end(bytes.subarray(start, end + 1))
}
