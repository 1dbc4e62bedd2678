import type { LayerRow } from '../measure/layer-row.ts'
import type { Parameters } from '../measure/model-row.ts'
import type { FinishedLayer } from '../measure/options.ts'
import type { Moments } from '../wasm/moments.ts'

/*
 * The journal of a run: which layers are finished. One record each, appended as the run goes:
 *
 *   | bytes that follow the check: u32 | check of them: u32 | bytes of the text: u32 | text, filled up with spaces | doubles |
 *
 * The text is JSON: the layer's key, and its row with its arrays' lengths; their values are the doubles. All is a multiple of
 * four bytes, in the order of the machine (a journal never leaves it). The first record, text alone, says under which version,
 * parameters and module the rows were measured; a journal of another run is not used. A record that was cut off by a crash
 * fails its check and ends the journal. Only the places of a model's records are held in memory; the rows are read again model
 * by model. (Records of text alone, with doubles as hexadecimal digits, took ten times as long as measuring a tiny layer.)
 */

/** Where the records are kept. */
export interface JournalStore {
  /** Bytes that are there; 0 when there is none. */
  size(): number
  /** Those bytes, synchronously: a run asks for a layer in the middle of its work. */
  read(offset: number, length: number): Uint8Array
  /** Adds a record, whose bytes are copied; the last ones may be lost in a crash, never half used. */
  append(bytes: Uint8Array): Promise<void>
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
const LARGEST_RECORD = 1 << 24 // a row of an 11×11 layer with three scatter matrices has about 0.4 MB
const HEAD = 12 // bytes of the three numbers

/** Bytes [from, to) of the journal. */
type Place = readonly [from: number, to: number]

/** Opens the journal of a run with these parameters; what another run left is dropped. */
export async function openJournal(store: JournalStore, version: string, parameters: Parameters): Promise<Journal> {
  const header = recordOf(JSON.stringify({ filterlens: version, parameters }))
  const places = new Map<string, Place[]>()
  let found = 0
  let good = 0
  for (const { bytes, from, to } of recordsOf(store)) {
    if (from === 0) {
      if (bytes.length !== header.length || bytes.some((byte, k) => byte !== header[k])) break
    } else {
      const model = modelKey(keyOf(textOf(bytes)))
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
      await store.append(layerRecord(key, layer))
      held++
    },
    remove: () => store.remove(),
  }
}

/** The whole records of a store; read in pieces. */
function* recordsOf(store: JournalStore): Generator<{ bytes: Uint8Array; from: number; to: number }> {
  const size = store.size()
  let rest = new Uint8Array(0)
  let at = 0 // of the first byte of `rest`
  for (let read = 0; read < size && rest.length < LARGEST_RECORD; ) {
    const piece = store.read(read, Math.min(PIECE, size - read))
    if (piece.length === 0) return
    read += piece.length
    const bytes = new Uint8Array(rest.length + piece.length)
    bytes.set(rest)
    bytes.set(piece, rest.length)
    let begin = 0
    for (let end = endOf(bytes, begin); end !== undefined && end <= bytes.length; end = endOf(bytes, begin)) {
      const record = bytes.slice(begin, end)
      if (!isWhole(record)) return
      yield { bytes: record, from: at + begin, to: at + end }
      begin = end
    }
    rest = bytes.slice(begin)
    at += begin
  }
}

function rowsAt(store: JournalStore, places: readonly Place[]): Map<string, FinishedLayer> {
  const rows = new Map<string, FinishedLayer>()
  for (const [from, to] of places) {
    const bytes = store.read(from, to - from)
    for (let begin = 0, end = endOf(bytes, 0); end !== undefined && end <= bytes.length; begin = end, end = endOf(bytes, begin)) {
      const record = bytes.slice(begin, end)
      rows.set(keyText(keyOf(textOf(record))), layerOf(record))
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

/** Names of a row's sets, in the order of their doubles. */
const sets = ['scaled', 'raw', 'clean'] as const

type PlainSet = readonly [count: number, mean: number, scatter: number]
/** `fractions` names the members that stand among the doubles, before the sets (as text they take the most time, and there is no -0). */
type LayerText = readonly [
  input: string,
  model: string,
  layer_id: number,
  layer: string,
  narrowed: number,
  fractions: readonly string[],
  row: Readonly<Record<string, unknown>> & Readonly<Record<(typeof sets)[number], PlainSet>>,
]

function layerRecord({ input, model, layer_id, layer }: LayerKey, { row, narrowed }: FinishedLayer): Uint8Array {
  const lengthsOf = ({ count, mean, scatter }: Moments): PlainSet => [count, mean.length, scatter.length]
  const plain: Record<string, unknown> = { ...row }
  const names: string[] = []
  const fractions: number[] = []
  for (const name in plain) {
    const value = plain[name]
    if (typeof value !== 'number' || (Number.isInteger(value) && !Object.is(value, -0))) continue
    names.push(name)
    fractions.push(value)
    plain[name] = 0
  }
  const arrays: Float64Array[] = [Float64Array.from(fractions)]
  for (const name of sets) {
    plain[name] = lengthsOf(row[name])
    arrays.push(row[name].mean, row[name].scatter)
  }
  const text = [input, model, layer_id, layer, narrowed, names, plain as LayerText[6]] satisfies LayerText
  return recordOf(JSON.stringify(text), arrays)
}

function layerOf(record: Uint8Array): FinishedLayer {
  const [, , , , narrowed, names, plain] = JSON.parse(textOf(record)) as LayerText
  let at = HEAD + wordsOf(record)[2]!
  const take = (length: number): Float64Array => {
    const values = new Float64Array(record.slice(at, at + 8 * length).buffer)
    at += 8 * length
    return values
  }
  const row: Record<string, unknown> = { ...plain }
  const fractions = take(names.length)
  for (const [k, name] of names.entries()) row[name] = fractions[k]
  for (const name of sets) {
    const [count, mean, scatter] = plain[name]
    row[name] = { count, mean: take(mean), scatter: take(scatter) } satisfies Moments
  }
  return { narrowed, row: row as unknown as LayerRow }
}

function keyOf(text: string): LayerKey {
  const [input, model, layer_id, layer] = JSON.parse(text) as LayerText
  return { input, model, layer_id, layer }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function recordOf(text: string, arrays: readonly Float64Array[] = []): Uint8Array {
  const plain = encoder.encode(text)
  const filled = (plain.length + 3) & ~3
  const bytes = new Uint8Array(arrays.reduce((sum, array) => sum + array.byteLength, HEAD + filled))
  bytes.set(plain, HEAD)
  bytes.fill(0x20, HEAD + plain.length, HEAD + filled)
  let at = HEAD + filled
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  const words = wordsOf(bytes)
  words[0] = bytes.length - 8
  words[2] = filled
  words[1] = checkOf(words)
  return bytes
}

/** The bytes' words; `bytes` begins at the start of its buffer or at a multiple of four. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
}

function textOf(record: Uint8Array): string {
  return decoder.decode(record.subarray(HEAD, HEAD + wordsOf(record)[2]!))
}

/** Where the record that begins at `begin` ends; undefined when its first numbers are not there. */
function endOf(bytes: Uint8Array, begin: number): number | undefined {
  if (begin + HEAD > bytes.length) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset + begin, 4).getUint32(0, littleEndian)
  return begin + 8 + Math.max(4, length)
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

function isWhole(record: Uint8Array): boolean {
  const words = wordsOf(record)
  return record.length % 4 === 0 && words[1] === checkOf(words) && HEAD + words[2]! <= record.length
}

/** FNV-1a, word by word, over all but the first two: enough to notice a torn record. */
function checkOf(words: Uint32Array): number {
  let hash = 0x811c9dc5
  for (let k = 2; k < words.length; k++) hash = Math.imul(hash ^ words[k]!, 0x01000193)
  return hash >>> 0
}
