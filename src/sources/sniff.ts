import type { Input } from '../io/random-access.ts'

const WINDOW = 4096
const END_OF_ZIP = 22 + 0xffff

/** What a file is that no reader recognises, as the end of a sentence that says what to do: "model.pt: is an HTML page …". */
export async function describeUnknown(head: Uint8Array, input: Input): Promise<string> {
  const { access } = input
  if (head.length === 0) return 'is empty; get it again'
  if (await isAllZero(head, input))
    return `consists of ${access.byteLength} zero bytes; the download was not finished, get it again`
  const known = SIGNATURES.find(({ at = 0, bytes }) => bytes.every((byte, k) => head[at + k] === byte))
  if (known) return known.says
  if (startsWith(head, 'PK')) return describeZip(head, input)
  if (isTar(head)) return 'is a tar archive; unpack it (tar -xf) and give the files inside'
  const named = NAMES.find(([pattern]) => pattern.test(input.path))
  const text = asText(head)
  if (named && text === undefined) return named[1]
  if (text !== undefined) return describeText(text, head.length < access.byteLength)
  if (isSavedModel(head))
    return 'is a TensorFlow SavedModel or frozen graph; convert it with tf2onnx or tensorflowjs_converter and give the result'
  return `is no format that filterlens reads (it begins with the bytes ${hex(head)})`
}

interface Signature {
  readonly at?: number
  readonly bytes: readonly number[]
  readonly says: string
}

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0))

const PICKLE = 'is a Python pickle that is no PyTorch checkpoint; save the weights with torch.save or as .npz'

const SIGNATURES: readonly Signature[] = [
  { bytes: [0x1f, 0x8b], says: 'is compressed with gzip; unpack it (gunzip) and give the file inside' },
  { bytes: ascii('BZh'), says: 'is compressed with bzip2; unpack it (bunzip2) and give the file inside' },
  { bytes: [0xfd, ...ascii('7zXZ'), 0], says: 'is compressed with xz; unpack it (unxz) and give the file inside' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], says: 'is compressed with zstd; unpack it (unzstd) and give the file inside' },
  { bytes: [...ascii('7z'), 0xbc, 0xaf, 0x27, 0x1c], says: 'is a 7z archive; unpack it and give the files inside' },
  { bytes: ascii('Rar!'), says: 'is a RAR archive; unpack it and give the files inside' },
  {
    at: 4,
    bytes: ascii('ORTM'),
    says: 'is in the ORT format of ONNX Runtime, which is not read; give the .onnx file that it was made from',
  },
  { bytes: ascii('GGUF'), says: 'is a GGUF file, which holds language models and no convolutions that are read' },
  { bytes: [0x89, ...ascii('HDF')], says: 'is an HDF5 file without filters or Keras layers in it' },
  { bytes: ascii('ARROW1'), says: 'is an Arrow file without a column of filters (FixedSizeList<float>[9])' },
  { bytes: ascii('PAR1'), says: 'is a Parquet file without a column of filters (FixedSizeList<float>[9])' },
  { bytes: [0x93, ...ascii('NUMPY')], says: 'is a NumPy array that is not read' },
  { bytes: ascii('MATLAB 5.0'), says: 'is a MATLAB file; save the weights as .npz and give that' },
  { bytes: [0x89, ...ascii('PNG')], says: 'is a PNG image, not a model' },
  { bytes: [0xff, 0xd8, 0xff], says: 'is a JPEG image, not a model' },
  { bytes: ascii('%PDF'), says: 'is a PDF document, not a model' },
  { bytes: [0x7f, ...ascii('ELF')], says: 'is a program, not a model' },
  { bytes: [0x80, 2], says: PICKLE },
  { bytes: [0x80, 3], says: PICKLE },
  { bytes: [0x80, 4], says: PICKLE },
  { bytes: [0x80, 5], says: PICKLE },
]

/** Files without a signature whose names tell what they belong to. */
const NAMES: readonly (readonly [pattern: RegExp, says: string])[] = [
  [/\.data-\d{5}-of-\d{5}$/, 'holds the weights of a TensorFlow checkpoint; give the .index file that lies beside it'],
  [/\.meta$/, 'is the graph of a TensorFlow checkpoint; give the .index file that lies beside it'],
]

async function isAllZero(head: Uint8Array, { access }: Input): Promise<boolean> {
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
  if (!isZero(head)) return false
  const length = Math.min(WINDOW, access.byteLength)
  const places = [Math.floor((access.byteLength - length) / 2), access.byteLength - length]
  for (const place of places) if (!isZero(await access.read(place, length))) return false
  return true
}

async function describeZip(head: Uint8Array, { access }: Input): Promise<string> {
  if (head[2] === 5) return 'is a zip archive with nothing in it'
  const length = Math.min(END_OF_ZIP, access.byteLength)
  const tail = await access.read(access.byteLength - length, length)
  for (let at = tail.length - 4; at >= 0; at--)
    if (tail[at] === 0x50 && tail[at + 1] === 0x4b && tail[at + 2] === 5 && tail[at + 3] === 6)
      return 'is a zip archive without a model in it that is read'
  const first = new TextDecoder().decode(head.subarray(30, 30 + Math.min(head[26] ?? 0, 100)))
  const what = /\.pkl$|^archive\//.test(first) ? 'a PyTorch checkpoint' : 'a zip archive'
  return `begins like ${what}, but its end is missing; the download was not finished, get it again`
}

/** A tar header holds the sum of its own bytes in octal digits. */
function isTar(head: Uint8Array): boolean {
  if (head.length < 512) return false
  const digits = String.fromCharCode(...head.subarray(148, 156))
    .replaceAll('\0', '')
    .trim()
  if (!/^[0-7]+$/.test(digits)) return false
  let sum = 8 * 0x20
  for (let k = 0; k < 512; k++) if (k < 148 || k >= 156) sum += head[k]!
  return sum === Number.parseInt(digits, 8)
}

/** Bytes as text, when they are UTF-8 (or UTF-16 with a mark) without control characters. */
function asText(bytes: Uint8Array): string | undefined {
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
  for (const cut of [0, 1, 2, 3]) {
    try {
      // A character may be cut at the window's end.
      const text = new TextDecoder(wide ?? 'utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - cut))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters tell that it is no text
      return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text
    } catch {}
  }
  return undefined
}

function describeText(text: string, isCut: boolean): string {
  const start = text.trimStart()
  if (start === '') return 'holds nothing but blanks; get it again'
  if (start.startsWith('version https://git-lfs.github.com/spec')) {
    const size = /^size (\d+)/m.exec(start)?.[1]
    return `is a Git LFS pointer to a file of ${size ?? 'unknown'} bytes, not the file itself; run git lfs pull in its repository`
  }
  if (start.includes('/annex/objects/') && start.length < 500)
    return 'is a git-annex pointer, not the file itself; run git annex get'
  if (/^outs:\s*\n-? *(md5|hash|size|etag)/.test(start)) return 'is a DVC pointer, not the file itself; run dvc pull'
  if (/^(<!--[\s\S]*?-->\s*)*<(!doctype html|html|head|body)/i.test(start)) {
    const title = /<title[^>]*>([^<]*)/i.exec(start)?.[1]
    return `is an HTML page${title?.trim() ? ` (“${oneLine(title)}”)` : ''}, not a model; the server sent a page instead of the file, download it again`
  }
  if (/^<\?xml|^<[A-Za-z]/.test(start)) {
    const code = /<(?:Code|Message)>([^<]*)</.exec(start)?.[1]
    return `is an XML document${code ? ` (“${oneLine(code)}”)` : ''}, not a model`
  }
  if (start.startsWith('{') || start.startsWith('[')) return describeJson(start, isCut)
  if (/^(ir_version|graph|node|opset_import)\s*[:{]/.test(start)) return 'is a model as text; save it in the binary form'
  return `is a text file that begins with “${oneLine(start)}”, not a model`
}

function describeJson(text: string, isCut: boolean): string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return isCut
      ? 'is a JSON file without a model in it that is read'
      : 'begins like a JSON file, but it is damaged or cut short; get it again'
  }
  const message = errorIn(json)
  return message === undefined
    ? 'is a JSON file without a model in it that is read'
    : `is an error message of a server (“${oneLine(message)}”), not a model; download it again`
}

function errorIn(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  for (const key of ['error', 'message', 'detail', 'errors', 'msg']) {
    const value = (json as Record<string, unknown>)[key]
    if (typeof value === 'string') return value
    if (typeof value === 'object' && value !== null)
      return errorIn(Array.isArray(value) ? value[0] : value) ?? JSON.stringify(value)
  }
  return undefined
}

/** A SavedModel is a MetaGraph (field 2) after its version (field 1); a frozen graph is a list of nodes with names. */
function isSavedModel(head: Uint8Array): boolean {
  if (head[0] === 0x08 && head[1] === 0x01 && head[2] === 0x12) return true
  // Node: field 1 of the graph, in it the name: field 1, text.
  if (head[0] !== 0x0a) return false
  let at = 1
  while (head[at]! >= 0x80) at++
  return (
    head[at + 1] === 0x0a &&
    asText(head.subarray(at + 3, at + 3 + (head[at + 2] ?? 0))) !== undefined &&
    includes(head, 'Placeholder')
  )
}

function includes(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder('latin1').decode(bytes).includes(text)
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return ascii(text).every((byte, k) => bytes[k] === byte)
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
