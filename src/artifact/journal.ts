import type { LayerRow } from '../measure/layer-row.ts'
import type { Parameters } from '../measure/model-row.ts'

/*
 * The journal of a run: which layers are finished. One line each, appended as the run goes:
 *
 *   <8 hexadecimal digits: FNV-1a of the rest> <JSON> \n
 *
 * The first line says under which parameters and kernel the rows were measured; a journal of another run is not used.
 * A line that was cut off by a crash fails its check and ends the journal.
 */

/** Where the lines are kept. */
export interface JournalStore {
  /** The whole text so far; empty when there is none. */
  read(): Promise<string>
  /** Adds lines; they may still be lost in a power cut, never half used. */
  append(text: string): Promise<void>
  /** Starts anew with this text. */
  reset(text: string): Promise<void>
  /** Forgets it all: the run is finished. */
  remove(): Promise<void>
}

/** What tells one layer of one run from all others; `input` holds the file's path, size and time of change. */
export interface LayerKey {
  readonly input: string
  readonly model: string
  readonly layer_id: number
  readonly layer: string
}

/** Finished layers of an interrupted run, and a place for those of this one. */
export interface Journal {
  readonly found: number
  find(key: LayerKey): LayerRow | undefined
  add(key: LayerKey, row: LayerRow): Promise<void>
  remove(): Promise<void>
}

/** Opens the journal of a run with these parameters; what another run left is dropped. */
export async function openJournal(store: JournalStore, version: string, parameters: Parameters): Promise<Journal> {
  const header = line(JSON.stringify({ filterlens: version, parameters }))
  const rows = new Map<string, LayerRow>()
  const text = await store.read()
  const usable = text.startsWith(header)
  let good = usable ? header.length : 0
  if (usable) {
    for (let at = good; ; ) {
      const end = text.indexOf('\n', at)
      if (end < 0) break
      const entry = parseLine(text.slice(at, end))
      if (entry === undefined) break
      rows.set(entry.key, entry.row)
      at = good = end + 1
    }
  }
  if (good < text.length || !usable) await store.reset(usable ? text.slice(0, good) : header)
  return {
    found: rows.size,
    find: (key) => rows.get(keyText(key)),
    add: (key, row) => store.append(line(JSON.stringify({ key: keyText(key), row }, toPlain))),
    remove: () => store.remove(),
  }
}

function keyText(key: LayerKey): string {
  return JSON.stringify([key.input, key.model, key.layer_id, key.layer])
}

function line(json: string): string {
  return `${fnv1a(json)} ${json}\n`
}

function parseLine(text: string): { key: string; row: LayerRow } | undefined {
  if (text.slice(0, 8) !== fnv1a(text.slice(9))) return undefined
  return JSON.parse(text.slice(9), fromPlain) as { key: string; row: LayerRow }
}

/** JSON has no typed arrays and no -0; a row must come back with every bit it had. */
function toPlain(_name: string, value: unknown): unknown {
  if (value instanceof Float64Array)
    return { f64: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)].map(hexByte).join('') }
  return Object.is(value, -0) ? { f64: '0000000000000080' } : value
}

function fromPlain(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('f64' in value) || typeof value.f64 !== 'string') return value
  const bytes = Uint8Array.from(value.f64.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const numbers = new Float64Array(bytes.buffer)
  return numbers.length === 1 && Object.is(numbers[0], -0) ? -0 : numbers
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** FNV-1a over UTF-16 code units, 32 bits: enough to tell a torn line. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
