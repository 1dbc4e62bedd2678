import type { Unpack } from './unpack.ts'

// Zstandard frames (RFC 8878) by libzstd as WebAssembly, which checks the checksums of frames. Its own C functions are called, in
// pieces: it holds a frame's window and two pieces, and what comes out goes straight to its place.

/** What is called of libzstd; addresses and sizes are plain numbers, `size_t` comes out signed. */
interface Libzstd {
  readonly memory: WebAssembly.Memory
  malloc(bytes: number): number
  ZSTD_createDCtx(): number
  ZSTD_freeDCtx(context: number): number
  ZSTD_decompressStream(context: number, output: number, input: number): number
}

/** An instance with room for its pieces. */
interface Decoder {
  readonly lib: Libzstd
  context: number
  readonly source: number
  readonly target: number
  /** Two structures of three words: where a piece is, its size, how much of it has been used. */
  readonly input: number
  readonly output: number
}

const PIECE = 1 << 17
const KEPT_MEMORY = 1 << 25 // an instance begins with half of it; its memory never shrinks, so one that has grown more is let go
const LOWEST_ERROR = -120 // ZSTD_error_maxCode

/** What libzstd's error codes mean (zstd_errors.h) where a file can cause them. */
const PROBLEMS: Readonly<Record<number, string>> = {
  10: 'what is there, or what follows, is no frame',
  14: 'its head asks for something unknown',
  16: 'its window is larger than 128 MiB',
  20: 'its bytes are damaged',
  22: 'its checksum is wrong',
  24: 'a table of literals is wrong',
  30: 'its dictionary is damaged',
  32: 'it needs a dictionary',
  64: 'there is no memory for its window',
  70: 'it holds more than its head states',
}

let compiled: Promise<WebAssembly.Module> | undefined
let idle: Decoder | undefined

/**
 * Makes libzstd ready; nothing of it is loaded before. The function unpacks frames, one behind the other, into one array of the length
 * asked for; besides, it holds the largest window of a frame (128 MiB at most) and less than 2 MiB.
 */
export async function loadZstd(): Promise<Unpack> {
  const module = await compiledZstd()
  return (input, byteLength) => {
    const out = new Uint8Array(byteLength)
    let done = 0
    unpackFrames(module, input, (made) => {
      if (made.length > out.length - done) throw new RangeError(`a ZSTD frame holds more than ${out.length} bytes`)
      out.set(made, done)
      done += made.length
    })
    if (done !== out.length) throw new RangeError(`a ZSTD frame holds ${done} of ${out.length} bytes`)
    return out
  }
}

/** The same for frames that are not told how long they are: the function unpacks `most` bytes at most. */
export async function loadZstdWithin(): Promise<(input: Uint8Array, most: number) => Uint8Array> {
  const module = await compiledZstd()
  return (input, most) => {
    let out = new Uint8Array(Math.min(most, 4 * input.length))
    let done = 0
    unpackFrames(module, input, (made) => {
      if (made.length > most - done) throw new RangeError(`a ZSTD frame holds more than ${most} bytes`)
      if (made.length > out.length - done) {
        const larger = new Uint8Array(Math.min(most, 2 * (done + made.length)))
        larger.set(out.subarray(0, done))
        out = larger
      }
      out.set(made, done)
      done += made.length
    })
    return out.subarray(0, done)
  }
}

function compiledZstd(): Promise<WebAssembly.Module> {
  compiled ??= import('./zstd.generated.ts').then(({ zstdBase64 }) =>
    WebAssembly.compile(Uint8Array.from(atob(zstdBase64), (letter) => letter.charCodeAt(0))),
  )
  return compiled
}

/** Hands on what frames hold, piece by piece; a piece is good until the next one. @throws RangeError when they are damaged */
function unpackFrames(module: WebAssembly.Module, packed: Uint8Array, take: (made: Uint8Array) => void): void {
  const decoder = idle ?? newDecoder(module)
  idle = decoder
  try {
    streamFrames(decoder, packed, take)
  } catch (error) {
    decoder.lib.ZSTD_freeDCtx(decoder.context) // it is in the middle of a frame
    decoder.context = decoder.lib.ZSTD_createDCtx()
    throw error
  } finally {
    if (decoder.lib.memory.buffer.byteLength > KEPT_MEMORY) idle = undefined
  }
}

function newDecoder(module: WebAssembly.Module): Decoder {
  // It tells when its memory has grown; views are made anew here whenever it may have.
  const { exports } = new WebAssembly.Instance(module, { env: { emscripten_notify_memory_growth: () => {} } })
  const lib = exports as unknown as Libzstd
  const [source, target, input, output] = [PIECE, PIECE, 12, 12].map((bytes) => lib.malloc(bytes)) as [
    number,
    number,
    number,
    number,
  ]
  return { lib, context: lib.ZSTD_createDCtx(), source, target, input, output }
}

function streamFrames(
  { lib, context, source, target, input, output }: Decoder,
  packed: Uint8Array,
  take: (made: Uint8Array) => void,
): void {
  let missing = 1 // 0 when a frame is whole, else a hint how much is to come
  for (let at = 0; at < packed.length; at += PIECE) {
    const piece = packed.subarray(at, at + PIECE)
    new Uint8Array(lib.memory.buffer, source, piece.length).set(piece)
    new Uint32Array(lib.memory.buffer, input, 3).set([source, piece.length, 0])
    for (let isMore = true; isMore; ) {
      new Uint32Array(lib.memory.buffer, output, 3).set([target, PIECE, 0])
      missing = lib.ZSTD_decompressStream(context, output, input)
      if (missing < 0 && missing >= LOWEST_ERROR)
        throw new RangeError(`a ZSTD frame is damaged (${PROBLEMS[-missing] ?? `error ${-missing} of libzstd`})`)
      const [, , used] = new Uint32Array(lib.memory.buffer, input, 3) as unknown as [number, number, number]
      const [, , made] = new Uint32Array(lib.memory.buffer, output, 3) as unknown as [number, number, number]
      take(new Uint8Array(lib.memory.buffer, target, made))
      isMore = used < piece.length || (made === PIECE && missing !== 0) // a full piece may not be all that there is
    }
  }
  if (missing !== 0) throw new RangeError('a ZSTD frame is damaged (it ends early)')
}
