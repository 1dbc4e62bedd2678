import { InputError } from '../errors.ts'

export interface UrlOptions {
  /** Most bytes taken into memory from a server that ignores ranges. */
  readonly largestDownload?: number
  /** Milliseconds without a byte after which a request is given up; 60,000 by default. */
  readonly patience?: number
  /** How often a request that failed on the way is sent again; four times by default. */
  readonly retries?: number
  /** The `authorization` header that the address's own server gets ("Bearer …"); servers that it redirects to do not. */
  readonly authorization?: string
}

/** An address that has been opened. */
export interface Remote {
  readonly name: string
  /** As it was given, for workers. */
  readonly given: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly options: UrlOptions
  /** The entity tag of the first answer: every later one must have the same. */
  tag: string | undefined
  /** The file's length, once it is known. */
  total: number | undefined
}

/** What a server answers to a range request: the part that was asked for, or the whole file. */
export type RangeResponse =
  | { readonly kind: 'part'; readonly bytes: Uint8Array; readonly total: number }
  | {
      readonly kind: 'whole'
      /** Undefined when the server does not say or compresses. */
      readonly byteLength: number | undefined
      read(most: number, tooLong: () => Error): Promise<Uint8Array>
      cancel(): Promise<void>
    }

const PATIENCE = 60_000
const RETRIES = 4
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 30_000
const FIRST_ROOM = 1 << 16
/** Bytes that must come within the patience: a server that sends one byte a second is given up too. */
const LEAST_PROGRESS = 1 << 16

/** A failure that may pass: the request is worth another try, after `pause` milliseconds when the server asks for that. */
class Passing extends Error {
  readonly pause: number | undefined

  constructor(message: string, options?: ErrorOptions, pause?: number) {
    super(message, options)
    this.pause = pause
  }
}

/**
 * Up to `length` bytes from `offset`; fewer only at the file's end.
 * @throws InputError when the server refuses, fails repeatedly or contradicts itself; its cause is the HTTP status
 */
export async function fetchRange(remote: Remote, offset: number, length: number): Promise<RangeResponse> {
  return retrying(remote, () => once(remote, offset, length))
}

/**
 * All of a short answer, as text.
 * @throws InputError when the server refuses, fails repeatedly or sends more than `most` bytes; its cause is the HTTP status
 */
export function fetchText(remote: Remote, most: number): Promise<{ readonly text: string; readonly headers: Headers }> {
  return retrying(remote, async () => {
    const guard = patient(remote)
    return guarded(guard, async () => {
      const response = await request(remote, guard, {})
      if (!response.ok) throw refusal(remote.name, response.status)
      const bytes = await body(remote, guard, response, most)
      if (bytes.length > most) throw new InputError(remote.name, `the server answers with more than ${most} bytes`)
      return { text: new TextDecoder().decode(bytes), headers: response.headers }
    })
  })
}

/** Work that is tried again, after growing pauses, as long as its failures may pass. */
async function retrying<T>(remote: Remote, work: () => Promise<T>): Promise<T> {
  const retries = remote.options.retries ?? RETRIES
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (attempt >= retries) throw new InputError(remote.name, error.message, { cause: error.cause })
      const pause = Math.min(LONGEST_PAUSE, error.pause ?? FIRST_PAUSE * (1 << attempt))
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

function once(remote: Remote, offset: number, length: number): Promise<RangeResponse> {
  const guard = patient(remote)
  return guarded(guard, () => answerOf(remote, guard, offset, length))
}

/** One request: when it fails the connection is given up too, whatever is still to come. */
async function guarded<T>(guard: Guard, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    guard.giveUp()
    throw error
  }
}

async function answerOf(remote: Remote, guard: Guard, offset: number, length: number): Promise<RangeResponse> {
  const { name } = remote
  const response = await request(remote, guard, { range: `bytes=${offset}-${offset + length - 1}` })
  if (response.status === 416 && offset === 0) throw new InputError(name, 'is empty; get it again')
  if (response.status === 200) {
    requireSame(remote, response)
    return whole(remote, guard, response)
  }
  if (response.status !== 206) throw refusal(name, response.status)
  const encoding = response.headers.get('content-encoding')
  if (encoding && encoding !== 'identity')
    throw new InputError(
      name,
      `the server sends parts of a file that it compressed (${encoding}), which cannot be read by range; download it and open it from disk`,
    )
  requireSame(remote, response)
  const answered = response.headers.get('content-range')
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answered ?? '')
  const bytes = await body(remote, guard, response, length)
  const contradiction = (what: string): InputError =>
    new InputError(name, `the server contradicts itself: ${what}; download the file and open it from disk`)
  if (answered !== null && !range) throw contradiction(`it answers ${JSON.stringify(answered.slice(0, 100))}, which is no range`)
  if (range && range[3] !== '*' && !Number.isSafeInteger(Number(range[3])))
    throw contradiction(`it says that the file has ${range[3]} bytes`)
  // A page of another origin may not see Content-Range unless the server allows it.
  const total = range && range[3] !== '*' ? Number(range[3]) : (remote.total ??= await lengthOf(remote))
  const expected = Math.min(length, total - offset)
  if (range && (Number(range[1]) !== offset || Number(range[2]) !== offset + expected - 1))
    throw contradiction(`asked for bytes ${offset} to ${offset + expected - 1} of ${total} it answers ${range[0]}`)
  if (bytes.length > expected) throw contradiction(`it sends more than the ${expected} bytes it was asked for`)
  if (bytes.length < expected)
    throw new Passing(
      `the server ended an answer after ${bytes.length} of ${expected} bytes; try again, or download the file and open it from disk`,
    )
  return { kind: 'part', bytes, total }
}

/** The length of a file when the range responses do not state it. */
async function lengthOf(remote: Remote): Promise<number> {
  const guard = patient(remote)
  const response = await guarded(guard, () => request(remote, guard, {}, 'HEAD'))
  guard.done()
  const length = response.ok ? response.headers.get('content-length') : null
  if (length === null || !/^\d{1,15}$/.test(length) || response.headers.has('content-encoding'))
    throw new InputError(remote.name, 'the server does not say how long the file is; download it and open it from disk')
  return Number(length)
}

function whole(remote: Remote, guard: Guard, response: Response): RangeResponse {
  const encoded = response.headers.get('content-encoding')
  const stated = response.headers.get('content-length')
  const byteLength = stated !== null && /^\d+$/.test(stated) && (!encoded || encoded === 'identity') ? Number(stated) : undefined
  return {
    kind: 'whole',
    byteLength,
    async read(most, tooLong) {
      const bytes = await body(remote, guard, response, most).catch((error: unknown) => {
        throw error instanceof Passing ? new InputError(remote.name, error.message, { cause: error.cause }) : error
      })
      if (bytes.length > most) throw tooLong()
      if (byteLength !== undefined && bytes.length !== byteLength)
        throw new InputError(remote.name, `the server sent ${bytes.length} of ${byteLength} bytes; try again`)
      return bytes
    },
    async cancel() {
      guard.done()
      await response.body?.cancel().catch(() => undefined)
    },
  }
}

/** An answer's bytes; one more than `most` when there are more, and the rest is not taken. */
async function body(remote: Remote, guard: Guard, response: Response, most: number): Promise<Uint8Array> {
  const stated = Number(response.headers.get('content-length') ?? Number.NaN)
  let bytes = new Uint8Array(stated >= 0 && stated <= most ? stated : Math.min(most, FIRST_ROOM))
  let length = 0
  const reader = response.body?.getReader()
  try {
    let progress = LEAST_PROGRESS
    while (reader && length <= most) {
      if (progress >= LEAST_PROGRESS) {
        guard.wait()
        progress = 0
      }
      const { done, value } = await reader.read()
      if (done) break
      progress += value.length
      guard.some = true
      if (length + value.length > bytes.length) {
        const more = new Uint8Array(Math.min(most + 1, Math.max(2 * bytes.length, length + value.length)))
        more.set(bytes.subarray(0, length))
        bytes = more
      }
      bytes.set(value.subarray(0, bytes.length - length), length)
      length = Math.min(length + value.length, most + 1)
    }
  } catch (error) {
    throw failure(remote, guard, error)
  } finally {
    guard.done()
    if (length > most) await reader?.cancel().catch(() => undefined)
  }
  return bytes.subarray(0, length)
}

async function request(remote: Remote, guard: Guard, headers: Record<string, string>, method = 'GET'): Promise<Response> {
  guard.wait()
  try {
    const response = await fetch(remote.url, {
      method,
      headers: { ...remote.headers, 'accept-encoding': 'identity', ...headers },
      signal: guard.signal,
    })
    if (response.status === 429 || response.status >= 500) {
      const sentence =
        response.status === 429
          ? 'the server takes no more requests for now (HTTP 429)'
          : `the server failed (HTTP ${response.status})`
      throw new Passing(`${sentence}; try again later`, { cause: response.status }, pauseOf(response))
    }
    return response
  } catch (error) {
    throw error instanceof Passing ? error : failure(remote, guard, error)
  }
}

/** Milliseconds that a server asks to be left alone: Retry-After in seconds (a date is not read). */
function pauseOf(response: Response): number | undefined {
  const seconds = response.headers.get('retry-after')
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? 1000 * Number(seconds) : undefined
}

function requireSame(remote: Remote, response: Response): void {
  const tag = response.headers.get('etag') ?? response.headers.get('last-modified') ?? ''
  if (remote.tag !== undefined && remote.tag !== tag)
    throw new InputError(remote.name, 'has changed while it was read; open it again')
  remote.tag = tag
}

interface Guard {
  readonly signal: AbortSignal
  readonly late: boolean
  /** Bytes have come since the clock was started. */
  some: boolean
  /** Starts the clock anew. */
  wait(): void
  done(): void
  /** Ends the request, however far it has come. */
  giveUp(): void
}

/** Ends a request that stands still. */
function patient({ options }: Remote): Guard {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let late = false
  return {
    signal: controller.signal,
    get late() {
      return late
    },
    some: false,
    wait() {
      clearTimeout(timer)
      this.some = false
      timer = setTimeout(() => {
        late = true
        controller.abort()
      }, options.patience ?? PATIENCE)
    },
    done: () => clearTimeout(timer),
    giveUp() {
      clearTimeout(timer)
      controller.abort()
    },
  }
}

/** What a request failed of: one that may pass, or one for good, such as an answer that is none. */
function failure({ name, options }: Remote, guard: Guard, error: unknown): Error {
  if (guard.late)
    return new Passing(
      `the server ${guard.some ? `sent fewer than ${LEAST_PROGRESS} bytes in` : 'sent nothing for'} ${(options.patience ?? PATIENCE) / 1000} s; try again, or download the file and open it from disk`,
    )
  const cause = error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined
  const known: Record<string, string> = {
    ENOTFOUND: 'there is no such server, or no connection to the network; look at the address, connect, or give a file on disk',
    EAI_AGAIN: 'there is no such server, or no connection to the network; connect, or give a file on disk',
    ENETUNREACH: 'there is no connection to the network; connect, or give a file on disk',
    ECONNREFUSED: 'the server does not answer at this address',
    ECONNRESET: 'the connection broke; try again',
    UND_ERR_SOCKET: 'the connection broke; try again',
  }
  const sentence = cause?.code === undefined ? undefined : known[cause.code]
  if (sentence) return new Passing(sentence, { cause: error })
  const final = cause && problemForGood(cause)
  if (final) return new InputError(name, final, { cause: error })
  if (cause?.message) return new Passing(`cannot be reached (${cause.message})`, { cause: error })
  return new Passing(
    'cannot be reached: there is no connection, or its server does not let web pages read it (CORS); download the file and open it from disk',
    { cause: error },
  )
}

/** What asking again cannot mend: redirects that lead nowhere, and bytes that are no HTTP. */
function problemForGood({ code = '', message = '' }: { code?: string; message?: string }): string | undefined {
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'the server answers with headers that are too large; look at the address'
  if (code.startsWith('HPE_')) return `the server answers with something that is no HTTP (${message}); look at the address`
  if (code !== '' && code !== 'ERR_INVALID_URL') return undefined
  if (/redirect count/i.test(message))
    return 'the server redirects again and again, from one address to the next; look at the address'
  if (/scheme|invalid url/i.test(message))
    return 'the server redirects to something that is no http or https address; look at the address'
  if (/content-encoding/i.test(message)) return `the server compresses its answer too often (${message})`
  return undefined
}

function refusal(name: string, status: number): InputError {
  const sentences: Record<number, string> = {
    401: 'may be read only by who signs in (HTTP 401); download it and open it from disk',
    403: 'may not be read (HTTP 403); download it and open it from disk',
    404: 'there is no such file on the server (HTTP 404); look at the address',
    409: 'was changed, replaced or removed since its server listed it (HTTP 409); start filterlens view again, or open the file from disk',
    410: 'is no longer on the server (HTTP 410)',
  }
  return new InputError(name, sentences[status] ?? `the server refuses it (HTTP ${status}); download it and open it from disk`, {
    cause: status === 410 ? 404 : status,
  })
}

/** @throws InputError for a name or password that is no percent-encoded Latin-1 text, which is all that Basic can send */
function basicOf(name: string, { username, password }: URL): string {
  try {
    return btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  } catch (error) {
    throw new InputError(name, 'is given with a user name or password that cannot be sent; check its percent signs', {
      cause: error,
    })
  }
}

/**
 * An address before anything is asked of it. Its name is what a person may see: no password, and no query, in which tokens travel.
 * @throws InputError when it is no http or https address
 */
export function remoteOf(url: string, options: UrlOptions): Remote {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch (error) {
    throw new InputError(url, 'is no address; it should look like https://example.org/model.onnx', { cause: error })
  }
  const name = `${parsed.protocol}//${parsed.host}${parsed.pathname}`
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new InputError(name, `begins with ${parsed.protocol}, and only http: and https: addresses are read`)
  const headers: Record<string, string> = {}
  if (options.authorization !== undefined) headers['authorization'] = options.authorization
  if (parsed.username !== '') headers['authorization'] = `Basic ${basicOf(name, parsed)}`
  parsed.username = ''
  parsed.password = ''
  parsed.hash = ''
  return { name, given: url, url: parsed.href, headers, options, tag: undefined, total: undefined }
}
