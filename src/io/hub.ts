import { InputError } from '../errors.ts'
import { openUrl } from './http.ts'
import { fetchText, remoteOf, type UrlOptions } from './http-request.ts'
import type { RandomAccess } from './random-access.ts'

/** What a repository of the hub is for; it is part of every address. */
type RepositoryKind = 'models' | 'datasets' | 'spaces'

/** A repository of the Hugging Face hub, at a revision, or a file or folder in it. */
export interface HubAddress {
  readonly kind: RepositoryKind
  /** "owner/name", or "name" for the hub's oldest models. */
  readonly repository: string
  /** A branch, a tag or a commit; "main" unless one is named. */
  readonly revision: string
  /** Path of a file or folder in the repository, with forward slashes; empty for all of it. */
  readonly path: string
}

/** Where the hub is, and who asks. */
export interface HubOptions extends UrlOptions {
  /** The hub's own address: another one for a mirror. */
  readonly endpoint?: string
  /** An access token, for repositories that are private or gated. */
  readonly token?: string
}

/** A file of a repository. */
export interface HubFile {
  /** Path in the repository, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** As the hub states it; it does for large files, and for them it is the name under which they are kept. */
  readonly sha256?: string
}

/** A repository's files at one commit. */
export interface HubRepository {
  /** The commit that the revision stood for when it was asked: 40 hexadecimal digits. */
  readonly commit: string
  readonly files: readonly HubFile[]
  /** Opens a file by range requests. @throws InputError */
  open(file: HubFile): Promise<RandomAccess>
}

export const HUB_ENDPOINT = 'https://huggingface.co'
/** Most bytes of one page of a repository's listing (parsed, they may take forty times as much), and most files of a repository. */
const LARGEST_ANSWER = 16 << 20
const MOST_FILES = 1_000_000
/** Pages of a listing; the hub's own hold a thousand files each. */
const MOST_PAGES = 10_000

/** The first part of the hub's own pages, which is no owner's name. */
const pages = new Set([
  'api',
  'blog',
  'collections',
  'docs',
  'join',
  'login',
  'models',
  'new',
  'organizations',
  'papers',
  'posts',
  'pricing',
  'settings',
  'tasks',
])

/**
 * The repository that an address means: `hf://owner/name[@revision][/path]`, the same with datasets/ or spaces/ before the owner,
 * or a page of the hub (https://huggingface.co/owner/name, …/tree/revision/path, …/blob/revision/path, …/resolve/revision/path).
 * @param endpoint the hub's own address; one that is none is nobody's
 * @returns undefined when it is no such address
 * @throws InputError for `hf://` without a repository
 */
export function hubAddress(text: string, endpoint: string = HUB_ENDPOINT): HubAddress | undefined {
  if (/^hf:\/\//i.test(text)) return schemeAddress(text)
  // Every path of a list comes here: most are none of the web, and that is told first.
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const homes = [endpoint, HUB_ENDPOINT, 'https://hf.co', 'https://www.huggingface.co']
  const hosts = homes.filter((home) => URL.canParse(home)).map((home) => new URL(home).host)
  const url = new URL(text)
  return hosts.includes(url.host) ? pageAddress(url) : undefined
}

function schemeAddress(text: string): HubAddress {
  const parts = text
    .slice('hf://'.length)
    .split('/')
    .filter((part) => part !== '')
  const kind = kindOf(parts[0])
  if (kind) parts.shift()
  const named = parts.slice(0, 2)
  const at = named.findIndex((part) => part.includes('@'))
  const count = at === 0 || parts.length === 1 ? 1 : 2
  const [owner, name] = [named[0], count === 2 ? named[1] : undefined]
  const [last, revision] = splitOnce(name ?? owner ?? '', '@')
  const repository = name === undefined ? last : `${owner}/${last}`
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(repository) || revision === '')
    throw new InputError(
      text,
      'names no repository; it should look like hf://owner/name, hf://owner/name@revision or hf://owner/name/file',
    )
  const rest = parts.slice(count)
  // A revision with slashes is written with %2F; those that the hub makes itself are understood without.
  const own = revision === 'refs' && rest.length >= 2 ? rest.splice(0, 2) : []
  return {
    kind: kind ?? 'models',
    repository,
    revision: decoded([revision ?? 'main', ...own].join('/')),
    path: rest.map(decoded).join('/'),
  }
}

function pageAddress({ pathname }: URL): HubAddress | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decoded)
  const kind = kindOf(parts[0])
  if (kind) parts.shift()
  if (parts.length < 2 || pages.has(parts[0]!)) return undefined
  const [owner, name, view, revision, ...path] = parts
  const repository = `${owner}/${name}`
  if (view === undefined) return { kind: kind ?? 'models', repository, revision: 'main', path: '' }
  if (!['tree', 'blob', 'resolve', 'raw'].includes(view) || revision === undefined) return undefined
  // "refs/pr/1" is one revision.
  const own = revision === 'refs' && path.length >= 2 ? path.splice(0, 2) : []
  return { kind: kind ?? 'models', repository, revision: [revision, ...own].join('/'), path: path.join('/') }
}

function kindOf(part: string | undefined): RepositoryKind | undefined {
  return part === 'models' || part === 'datasets' || part === 'spaces' ? part : undefined
}

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** How an address is written, shortest form. */
export function hubName({ kind, repository, revision, path }: HubAddress): string {
  const prefix = kind === 'models' ? '' : `${kind}/`
  return `hf://${prefix}${repository}${revision === 'main' ? '' : `@${revision.replaceAll('/', '%2F')}`}${path === '' ? '' : `/${path}`}`
}

/**
 * Asks the hub which commit a revision stands for, and which files it has; nothing of them is read.
 * @throws InputError when there is no such repository or revision, it may not be read, or the hub cannot be reached
 */
export async function openRepository(address: HubAddress, options: HubOptions = {}): Promise<HubRepository> {
  const endpoint = (options.endpoint ?? HUB_ENDPOINT).replace(/\/$/, '')
  const { endpoint: _, token, ...rest } = options
  const url: UrlOptions = { ...rest, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const api = `${endpoint}/api/${address.kind}/${address.repository}`
  const revision = encodeURIComponent(address.revision)
  const { json } = await ask(`${api}/revision/${revision}`, address, url)
  const { sha: commit } = (json ?? {}) as { sha?: unknown }
  if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) throw unexpected(address)
  const files = await listing(`${api}/tree/${commit}?recursive=true`, address, url)
  const home = `${endpoint}/${address.kind === 'models' ? '' : `${address.kind}/`}${address.repository}/resolve/${commit}`
  return {
    commit,
    files,
    async open(file) {
      const access = await openUrl(`${home}/${file.path.split('/').map(encodeURIComponent).join('/')}`, url)
      const name = hubName({ ...address, path: file.path })
      if (access.byteLength !== file.bytes)
        throw new InputError(
          name,
          `has ${access.byteLength} bytes where the hub lists ${file.bytes}; ${access.byteLength < 1024 ? 'it is perhaps a Git LFS pointer: use the hub itself or a mirror that resolves large files' : 'try again'}`,
        )
      return { ...access, name, ...(file.sha256 !== undefined && { statedSha256: file.sha256 }) }
    },
  }
}

/** All files of a repository, page by page. */
async function listing(first: string, address: HubAddress, options: UrlOptions): Promise<HubFile[]> {
  const files = new Map<string, HubFile>()
  let entries = 0
  let page: string | undefined = first
  for (let pages = 1; page !== undefined; pages++) {
    const { json, next }: Answer = await ask(page, address, options)
    if (!Array.isArray(json)) throw unexpected(address)
    for (const entry of json) {
      const file = fileOf(entry, address)
      if (file && files.has(file.path)) throw unexpected(address)
      if (file) files.set(file.path, file)
    }
    entries += json.length
    if (entries > MOST_FILES) throw new InputError(hubName(address), `has more than ${MOST_FILES} files; name a folder of it`)
    // A page without an entry leads nowhere: such a listing could go on for ever.
    if (next !== undefined && (json.length === 0 || pages >= MOST_PAGES || !URL.canParse(next, page))) throw unexpected(address)
    const following: URL | undefined = next === undefined ? undefined : new URL(next, page)
    if (following && following.origin !== new URL(first).origin) throw unexpected(address)
    page = following?.href
  }
  return [...files.values()]
}

interface Answer {
  readonly json: unknown
  /** The next page of a listing. */
  readonly next: string | undefined
}

async function ask(url: string, address: HubAddress, options: UrlOptions): Promise<Answer> {
  const name = hubName(address)
  let answer: Awaited<ReturnType<typeof fetchText>>
  try {
    answer = await fetchText(remoteOf(url, options), LARGEST_ANSWER)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(name, problemOf(error, address, options), { cause: error })
  }
  try {
    return { json: JSON.parse(answer.text), next: /<([^<>]{1,4096})>; ?rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] }
  } catch (error) {
    throw new InputError(name, 'the hub answers with something that is no listing; try again, or look at HF_ENDPOINT', {
      cause: error,
    })
  }
}

function problemOf(error: InputError, { revision }: HubAddress, { authorization }: UrlOptions): string {
  const signed = authorization !== undefined
  if (error.cause === 401)
    return signed
      ? 'there is no such repository, or the token in HF_TOKEN may not read it (HTTP 401)'
      : 'there is no such repository, or it is private: set HF_TOKEN to an access token (HTTP 401)'
  if (error.cause === 403)
    return signed
      ? 'is gated, and the token in HF_TOKEN has not been granted access: accept its terms on its page (HTTP 403)'
      : 'is gated: accept its terms on its page and set HF_TOKEN to an access token (HTTP 403)'
  if (error.cause === 404) return `there is no such repository, or it has no revision ${revision} (HTTP 404)`
  return error.problem
}

function fileOf(entry: unknown, address: HubAddress): HubFile | undefined {
  const { type, path, size, lfs } = (entry ?? {}) as Record<string, unknown>
  if (type === 'directory') return undefined
  if (type !== 'file' || typeof path !== 'string' || !isCount(size) || !isPlain(path)) throw unexpected(address)
  const { oid, size: large } = (lfs ?? {}) as Record<string, unknown>
  const stated = typeof oid === 'string' ? /^(?:sha256:)?([0-9a-f]{64})$/.exec(oid)?.[1] : undefined
  return {
    path,
    bytes: isCount(large) ? large : size,
    ...(stated !== undefined && { sha256: stated }),
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** A path that stays below the repository and can be asked for (half a surrogate pair cannot). */
function isPlain(path: string): boolean {
  return (
    path !== '' &&
    !/\p{Surrogate}/u.test(path) &&
    !path.includes('\\') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

function unexpected(address: HubAddress): InputError {
  return new InputError(hubName(address), 'the hub answers with something that is no listing; try again, or look at HF_ENDPOINT')
}
