import { InputError } from '../errors.ts'
import { fetchRange, type Remote, remoteOf, type UrlOptions } from './http-request.ts'
import { type Folder, type Input, memoryAccess, type RandomAccess, requireRange } from './random-access.ts'

export type { UrlOptions } from './http-request.ts'

const BLOCK = 1 << 18
const KEPT = 64
const LARGEST_DOWNLOAD = 1 << 30
/** Most bytes taken from a server that ignores ranges and does not say how many there will be: memory for them grows by doubling. */
const LARGEST_UNSTATED = 1 << 28

/**
 * A file behind an http or https address, read by range requests. From a server that ignores ranges the whole file is
 * taken into memory, up to `largestDownload` bytes (1 GiB).
 * @throws InputError when the address is wrong, nothing is there, or the server's answers contradict each other
 */
export async function openUrl(url: string, options: UrlOptions = {}): Promise<RandomAccess> {
  const remote = remoteOf(url, options)
  const { name } = remote
  const first = await fetchRange(remote, 0, BLOCK)
  if (first.kind === 'whole') {
    const most = options.largestDownload ?? (first.byteLength === undefined ? LARGEST_UNSTATED : LARGEST_DOWNLOAD)
    const unranged = (size: string): InputError =>
      new InputError(
        name,
        `the server sends files only as a whole (it ignores ranges), and this one has ${size} bytes; download it and open it from disk`,
      )
    if (first.byteLength !== undefined && first.byteLength > most) {
      await first.cancel()
      throw unranged(String(first.byteLength))
    }
    return memoryAccess(name, await first.read(most, () => unranged(`more than ${most}`)))
  }
  return ranged(remote, first.total, first.bytes)
}

function ranged(remote: Remote, byteLength: number, first: Uint8Array): RandomAccess {
  const { name } = remote
  const kept = new Map<number, Promise<Uint8Array>>([[0, Promise.resolve(first)]])
  const take = async (offset: number, length: number): Promise<Uint8Array> => {
    const part = await fetchRange(remote, offset, length)
    if (part.kind === 'whole') {
      await part.cancel()
      throw new InputError(name, 'the server has stopped answering range requests; download the file and open it from disk')
    }
    if (part.total !== byteLength || part.bytes.length !== length)
      throw new InputError(name, `has changed while it was read (${byteLength} bytes before, ${part.total} now); open it again`)
    return part.bytes
  }
  const block = (index: number): Promise<Uint8Array> => {
    let bytes = kept.get(index)
    if (bytes) kept.delete(index)
    else {
      bytes = take(index * BLOCK, Math.min(BLOCK, byteLength - index * BLOCK))
      bytes.catch(() => kept.delete(index))
    }
    kept.set(index, bytes)
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!)
    return bytes
  }
  return {
    name,
    byteLength,
    origin: { at: { kind: 'url', url: remote.given, ...authorizationOf(remote) }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      // Headers are read in small pieces, weights in large ones: only the former are worth keeping.
      if (length > BLOCK) {
        out.set(await take(offset, length))
        return out
      }
      for (let done = 0; done < length; ) {
        const index = Math.floor((offset + done) / BLOCK)
        const from = offset + done - index * BLOCK
        const part = (await block(index)).subarray(from, from + length - done)
        out.set(part, done)
        done += part.length
      }
      return out
    },
  }
}

function authorizationOf({ options }: Remote): { authorization?: string } {
  return options.authorization === undefined ? {} : { authorization: options.authorization }
}

/** The files beside an address: those below its last slash. A file that the server does not have is not there; any other failure is an error. */
export function urlFolder(url: string, options: UrlOptions = {}): Folder {
  return {
    async open(path) {
      const parts = path.split('/').filter((part) => part !== '' && part !== '.')
      if (parts.length === 0 || path.startsWith('/') || path.includes('\\') || parts.includes('..')) return undefined
      if (/\p{Surrogate}/u.test(path)) return undefined // half a pair, which no address can hold
      const beside = new URL(parts.map(encodeURIComponent).join('/'), new URL('.', new URL(url)))
      try {
        return await openUrl(beside.href, options)
      } catch (error) {
        if (error instanceof InputError && error.cause === 404) return undefined
        throw error
      }
    },
  }
}

/** An address as an input: named by its last part, with the files beside it. */
export async function urlInput(url: string, options: UrlOptions = {}): Promise<Input> {
  const access = await openUrl(url, options)
  const last = new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? ''
  return { path: plain(last) || new URL(url).hostname, access, folder: urlFolder(url, options) }
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('/', '_')
  } catch {
    return part
  }
}
