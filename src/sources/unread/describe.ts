import type { Input, RandomAccess } from '../../io/random-access.ts'
import { parsedJson } from '../json-text.ts'
import { PickleCut } from '../pickle/cursor.ts'
import { unpickle } from '../pickle/unpickle.ts'
import { wouldRun } from '../pickle/unsafe.ts'
import { PickleProblem } from '../pickle/values.ts'
import { afterComments } from '../text-start.ts'
import { type Seen, type UnreadKind, unreadKinds } from './kinds.ts'

const WINDOW = 4096
const END_OF_ZIP = 22 + 0xffff

/** What a file is that no reader recognises, as the end of a sentence that says what to do: "model.pt: is an HTML page …". */
export async function describeUnknown(head: Uint8Array, { access, path }: Pick<Input, 'access' | 'path'>): Promise<string> {
  if (head.length === 0) return 'is empty; get it again'
  if (await isAllZero(head, access))
    return `consists of ${access.byteLength} zero bytes; the download was not finished, get it again`
  if (head[0] === 0x50 && head[1] === 0x4b) return describeZip(head, access)
  if (isTar(head)) return 'is a tar archive; unpack it (tar -xf) and give the files inside'
  const seen = seenOf(head, access, path)
  const known = await unreadKind(seen)
  if (known) return known.says
  if (seen.text !== undefined) return describeText(seen.text, head.length < access.byteLength)
  return `is no format that filterlens reads (it begins with the bytes ${hex(head)})`
}

/** The kind of file that is known and not read. */
export async function unreadKind(seen: Seen): Promise<UnreadKind | undefined> {
  for (const kind of unreadKinds) if (await kind.tells(seen)) return kind
  return undefined
}

/** Whether a file is called like a kind that is known and not read. */
export function mayBeUnread(name: string): boolean {
  const lower = name.toLowerCase()
  return unreadKinds.some(({ endings }) => endings?.some((ending) => lower.endsWith(`.${ending}`)))
}

/** A file's first bytes, looked at as text and as JSON. */
export function seenOf(head: Uint8Array, access: RandomAccess, path: string): Seen {
  const text = asText(head)
  const start = text === undefined ? undefined : afterComments(text)
  let json: unknown
  if (start && /^[{[]/.test(start) && head.length >= access.byteLength) {
    try {
      json = parsedJson(start)
    } catch {
      json = undefined // what only looks like JSON is described by its text
    }
  }
  return { path, head, text: start, json, access }
}

async function isAllZero(head: Uint8Array, access: RandomAccess): Promise<boolean> {
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
  if (!isZero(head)) return false
  const length = Math.min(WINDOW, access.byteLength)
  const places = [Math.floor((access.byteLength - length) / 2), access.byteLength - length]
  for (const place of places) if (!isZero(await access.read(place, length))) return false
  return true
}

async function describeZip(head: Uint8Array, access: RandomAccess): Promise<string> {
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

function describeText(start: string, isCut: boolean): string {
  if (start === '') return 'holds nothing but blanks; get it again'
  if (start.startsWith('version https://git-lfs.github.com/spec')) {
    const size = /^size (\d+)/m.exec(start)?.[1]
    return `is a Git LFS pointer to a file of ${size ?? 'unknown'} bytes, not the file itself; run git lfs pull in its repository`
  }
  if (/^<(!doctype html|html|head|body)/i.test(start)) {
    const title = /<title[^<>]*>([^<]*)/i.exec(start)?.[1]
    return `is an HTML page${title?.trim() ? ` (“${oneLine(title)}”)` : ''}, not a model; the server sent a page instead of the file, download it again`
  }
  if (/^<[?!A-Za-z]/.test(start)) {
    const code = /<(?:Code|Message)>([^<]*)</.exec(start)?.[1]
    return `is an XML document${code ? ` (“${oneLine(code)}”)` : ''}, not a model`
  }
  const pickle = describeTextPickle(start, isCut)
  if (pickle !== undefined) return pickle
  if (start.startsWith('{') || start.startsWith('[')) return describeJson(start, isCut)
  return `is a text file that begins with “${oneLine(start)}”, not a model`
}

/** A pickle of protocol 0 is lines of text: it is one when it can be followed to its end, or to the window's. */
function describeTextPickle(start: string, isCut: boolean): string | undefined {
  const unsafe = new Set<string>()
  try {
    unpickle(new TextEncoder().encode(start), { known: new Map(), unsafe })
  } catch (error) {
    if (!(error instanceof PickleProblem)) throw error
    if (!(error instanceof PickleCut && isCut)) return undefined
  }
  const code = wouldRun(unsafe)
  if (code !== undefined) return `is a pickle that ${code}; do not load it`
  return 'is a pickle of protocol 0 (text), which is not read; load it and save it with torch.save'
}

function describeJson(text: string, isCut: boolean): string {
  let json: unknown
  try {
    json = parsedJson(text)
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

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
