import type { LayerRow } from '../measure/layer-row.ts'
import type { Parameters } from '../measure/model-row.ts'
import type { FinishedLayer } from '../measure/options.ts'

/*
 * The journal of a run: which layers are finished. One line each, appended as the run goes:
 *
 *   <8 hexadecimal digits: FNV-1a of the rest> <key as JSON> <tab> <row as JSON> \n
 *
 * The first line says under which version, parameters and kernel the rows were measured; a journal of another run is not
 * used. A line that was cut off by a crash fails its check and ends the journal. Only the places of a model's lines are held
 * in memory; the rows are read again model by model.
 */

/** Where the lines are kept. */
export interface JournalStore {
  /** Bytes that are there; 0 when there is none. */
  size(): number
  /** Those bytes, at once: a run asks for a layer in the middle of its work. */
  read(offset: number, length: number): Uint8Array
  /** Adds lines; they may still be lost in a power cut, never half used. */
  append(text: string): Promise<void>
  /** Drops everything from a byte on. */
  cut(length: number): Promise<void>
  /** Forgets it all: the run is finished. */
  remove(): Promise<void>
}

/** What tells one layer of one run from all others; `input` identifies the bytes of its files. */
export interface LayerKey {
  readonly input: string
  readonly model: string
  readonly layer_id: number
  readonly layer: string
}

/** Finished layers of an interrupted run, and a place for those of this one. */
export interface Journal {
  /** Layers that were found in it. */
  readonly found: number
  /** Layers that it holds now. */
  readonly held: number
  find(key: LayerKey): FinishedLayer | undefined
  add(key: LayerKey, layer: FinishedLayer): Promise<void>
  remove(): Promise<void>
}

const PIECE = 1 << 20
const LARGEST_LINE = 1 << 24 // a row of an 11×11 layer with three scatter matrices has about 0.7 MB
const NEWLINE = 10

/** Bytes [from, to) of the journal. */
type Place = readonly [from: number, to: number]

/** Opens the journal of a run with these parameters; what another run left is dropped. */
export async function openJournal(store: JournalStore, version: string, parameters: Parameters): Promise<Journal> {
  const header = lineOf(JSON.stringify({ filterlens: version, parameters }))
  const places = new Map<string, Place[]>()
  let found = 0
  let good = 0
  for (const { text, from, to } of linesOf(store)) {
    if (from === 0) {
      if (`${text}\n` !== header) break
    } else {
      const key = keyOfLine(text)
      if (!key) break
      const model = modelKey(key)
      const before = places.get(model)
      const last = before?.at(-1)
      if (!before) places.set(model, [[from, to]])
      else if (last![1] === from) before[before.length - 1] = [last![0], to]
      else before.push([from, to])
      found++
    }
    good = to
  }
  if (good < store.size()) await store.cut(good)

  let held = found
  let begun = good > 0
  let current: { model: string; rows: Map<string, FinishedLayer> } | undefined
  return {
    found,
    get held() {
      return held
    },
    find(key) {
      const model = modelKey(key)
      const known = places.get(model)
      if (!known) return undefined
      if (current?.model !== model) current = { model, rows: rowsAt(store, known) }
      return current.rows.get(keyText(key))
    },
    async add(key, layer) {
      if (!begun) await store.append(header)
      begun = true
      await store.append(lineOf(`${keyText(key)}\t${JSON.stringify([layer.narrowed, layer.row], toPlain)}`))
      held++
    },
    remove: () => store.remove(),
  }
}

/** The whole lines of a store, without their ends; read in pieces. */
function* linesOf(store: JournalStore): Generator<{ text: string; from: number; to: number }> {
  const decoder = new TextDecoder()
  const size = store.size()
  let rest = new Uint8Array(0)
  let at = 0 // of the first byte of `rest`
  for (let read = 0; read < size && rest.length < LARGEST_LINE; ) {
    const piece = store.read(read, Math.min(PIECE, size - read))
    read += piece.length
    const bytes = new Uint8Array(rest.length + piece.length)
    bytes.set(rest)
    bytes.set(piece, rest.length)
    let begin = 0
    for (let end = bytes.indexOf(NEWLINE, rest.length); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      yield { text: decoder.decode(bytes.subarray(begin, end)), from: at + begin, to: at + end + 1 }
      begin = end + 1
    }
    rest = bytes.slice(begin)
    at += begin
  }
}

function rowsAt(store: JournalStore, places: readonly Place[]): Map<string, FinishedLayer> {
  const rows = new Map<string, FinishedLayer>()
  const decoder = new TextDecoder()
  for (const [from, to] of places) {
    for (const line of decoder.decode(store.read(from, to - from)).split('\n')) {
      const tab = line.indexOf('\t')
      if (tab < 0) continue
      const [narrowed, row] = JSON.parse(line.slice(tab + 1), fromPlain) as [number, LayerRow]
      rows.set(line.slice(9, tab), { narrowed, row })
    }
  }
  return rows
}

function keyText(key: LayerKey): string {
  return JSON.stringify([key.input, key.model, key.layer_id, key.layer])
}

function modelKey({ input, model }: Pick<LayerKey, 'input' | 'model'>): string {
  return JSON.stringify([input, model])
}

function lineOf(text: string): string {
  return `${fnv1a(text)} ${text}\n`
}

/** The key of a line; undefined for a line that is not whole. */
function keyOfLine(line: string): LayerKey | undefined {
  const tab = line.indexOf('\t')
  if (tab < 0 || line.slice(0, 8) !== fnv1a(line.slice(9))) return undefined
  try {
    const [input, model, layer_id, layer] = JSON.parse(line.slice(9, tab)) as [string, string, number, string]
    return { input, model, layer_id, layer }
  } catch {
    return undefined
  }
}

/** JSON has no typed arrays and no -0; a row must come back with every bit it had. */
function toPlain(_name: string, value: unknown): unknown {
  if (value instanceof Float64Array) return { f64: hexOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) }
  return Object.is(value, -0) ? { f64: '-0' } : value
}

function fromPlain(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('f64' in value) || typeof value.f64 !== 'string') return value
  if (value.f64 === '-0') return -0
  const text = value.f64
  const bytes = new Uint8Array(text.length / 2)
  for (let k = 0; k < bytes.length; k++) bytes[k] = (digitOf(text.charCodeAt(2 * k)) << 4) | digitOf(text.charCodeAt(2 * k + 1))
  return new Float64Array(bytes.buffer)
}

const digits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const ascii = new TextDecoder()

/** Two digits a byte; a row has thousands of them, so they are put together as bytes. */
function hexOf(bytes: Uint8Array): string {
  const text = new Uint8Array(2 * bytes.length)
  for (let k = 0; k < bytes.length; k++) {
    text[2 * k] = digits[bytes[k]! >> 4]!
    text[2 * k + 1] = digits[bytes[k]! & 15]!
  }
  return ascii.decode(text)
}

/** The number of a digit that hexOf wrote, by its character code. */
function digitOf(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57
}

/** FNV-1a over UTF-16 code units, 32 bits: enough to tell a torn line. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
