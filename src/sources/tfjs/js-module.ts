import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import { type RandomAccess, requireRange } from '../../io/random-access.ts'
import { readText } from '../json-file.ts'

// nsfwjs and others ship models as scripts: model.min.js exports the object that model.json would be, and each
// group1-shardXofY.min.js exports a string, its bytes in base64. They are read as text; nothing is executed.

const EXPORTS = /(?:\bmodule\.exports|\bexports\.default|\.exports)\s*=\s*|\bexport\s+default\s+/g
const HEAD = 4096
const DEEPEST = 256

/** Where the value that a script exports begins, if it begins with one of `first`; -1 when there is none. */
function exportedAt(text: string, first: string): number {
  for (const match of text.matchAll(EXPORTS)) {
    const at = match.index + match[0].length
    if (first.includes(text[at] ?? ' ')) return at
  }
  return -1
}

/** True for the beginning of a script that exports an object with a TensorFlow.js model's members. */
export function looksLikeModelModule(head: string): boolean {
  const at = exportedAt(head, '{')
  return at >= 0 && /\b["']?(modelTopology|weightsManifest|generatedBy|convertedBy)["']?\s*:/.test(head.slice(at))
}

/** The object that a script exports. @throws InputError when there is none or it is more than a literal */
export async function readModelModule(access: RandomAccess): Promise<unknown> {
  const text = await readText(access)
  const at = exportedAt(text, '{')
  if (at < 0) throw new InputError(access.name, 'exports no object')
  return parseLiteral(text, at, access.name)
}

/**
 * The bytes behind a script that exports one base64 string; decoded range by range.
 * @returns undefined when the script exports no string
 */
export async function openBase64Module(access: RandomAccess): Promise<RandomAccess | undefined> {
  const head = byteText(await access.read(0, Math.min(HEAD, access.byteLength)))
  const quote = exportedAt(head, '"\'`')
  if (quote < 0) return undefined
  const tailLength = Math.min(HEAD, access.byteLength - quote - 1)
  const tailStart = access.byteLength - tailLength
  const tail = byteText(await access.read(tailStart, tailLength))
  const close = tail.indexOf(head[quote]!)
  if (close < 0) throw new InputError(access.name, 'its base64 string does not end; the file is cut short, get it again')
  const start = quote + 1
  const characters = tailStart + close - start
  if (characters % 4 !== 0)
    throw new InputError(
      access.name,
      `its base64 string has ${characters} characters, which is no multiple of 4; the file is damaged, get it again`,
    )
  const padding = tail[close - 1] !== '=' ? 0 : tail[close - 2] === '=' ? 2 : 1
  const byteLength = (characters / 4) * 3 - padding
  return {
    name: access.name,
    byteLength,
    async read(offset, length, into) {
      requireRange(access.name, byteLength, offset, length)
      const first = Math.floor(offset / 3)
      const last = Math.ceil((offset + length) / 3)
      const text = await access.read(start + first * 4, (last - first) * 4)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      decodeBase64(access.name, text, offset - first * 3, out)
      return out
    },
    ...(access.close && { close: () => access.close!() }),
  }
}

const SIXBITS = new Int8Array(128).fill(-1)
for (let k = 0; k < 64; k++) SIXBITS['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(k)] = k

/** Decodes whole groups of four, leaves out the first `skip` bytes (0 to 2) and fills `out`. */
function decodeBase64(file: string, text: Uint8Array, skip: number, out: Uint8Array): void {
  let at = -skip
  for (let k = 0; k < text.length; k += 4) {
    let bits = 0
    for (let n = 0; n < 4; n++) {
      const code = text[k + n]!
      const isPadding = code === 0x3d && k + 4 === text.length && n >= 2
      const six = isPadding ? 0 : (SIXBITS[code] ?? -1)
      if (six < 0)
        throw new InputError(
          file,
          `holds ${JSON.stringify(String.fromCharCode(code))} inside its base64 string; the file is damaged, get it again`,
        )
      bits = (bits << 6) | six
    }
    for (let shift = 16; shift >= 0; shift -= 8, at++) if (at >= 0 && at < out.length) out[at] = bits >> shift
  }
}

/**
 * A JavaScript literal of objects, arrays, strings, numbers, true, false, null, undefined and what minifiers make of them
 * (!0, !1, void 0, bare keys, numbers that begin with a dot).
 * @throws InputError for anything else
 */
function parseLiteral(text: string, start: number, file: string): unknown {
  let at = start
  const fail = (): never => {
    throw new InputError(
      file,
      `is a script whose exported value is more than a literal at character ${at} (${JSON.stringify(text.slice(at, at + 20))}); it is not executed`,
    )
  }
  const token = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) return undefined
    at += match[0].length
    return match[0]
  }
  const space = (): unknown => token(/(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\n]*)*/y)
  const take = (character: string): boolean => {
    space()
    if (text[at] !== character) return false
    at++
    return true
  }
  const string = (): string => {
    const quoted =
      token(/"[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*"|'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*'|`[^`\\$]*(?:\\[\s\S][^`\\$]*)*`/y) ?? fail()
    return quoted
      .slice(1, -1)
      .replace(/\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\r\n|([\s\S]))/g, (_, a, b, c, d) => {
        const hex: string | undefined = a ?? b ?? c
        if (hex) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))
        return d === undefined ? '' : (ESCAPES[d as string] ?? (d as string))
      })
  }
  const value = (depth: number): unknown => {
    if (depth > DEEPEST) fail()
    space()
    const first = text[at]
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first === '"' || first === "'" || first === '`') return string()
    const word = token(/(?:true|false|null|undefined|NaN|Infinity|void 0|!0|!1)(?![\w$])/y)
    if (word !== undefined) return WORDS[word]
    const number = token(/[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)/y)
    return number === undefined ? fail() : Number(number)
  }
  const object = (depth: number): unknown => {
    at++
    const members = new Map<string, unknown>()
    while (!take('}')) {
      if (members.size > 0 && !take(',')) fail()
      if (take('}')) break
      const key = text[at] === '"' || text[at] === "'" ? string() : (token(/[\w$]+/y) ?? fail())
      if (!take(':')) fail()
      members.set(key, value(depth + 1))
    }
    return Object.fromEntries(members)
  }
  const array = (depth: number): unknown => {
    at++
    const items: unknown[] = []
    while (!take(']')) {
      if (items.length > 0 && !take(',')) fail()
      if (take(']')) break
      items.push(value(depth + 1))
    }
    return items
  }
  return value(0)
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
  '\n': '',
  '\u2028': '',
  '\u2029': '',
}
const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  null: null,
  '!0': true,
  '!1': false,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
}
