import type { Parameters } from '../measure/model-row.ts'
import type { FinishedLayer } from '../measure/options.ts'
import { type LayerKey, layerInRecord, layerKeyOf, layerKeyText, layerOf, layerRecord } from './layer-record.ts'
import { type RecordSource, recordOf, recordsOf, recordText } from './records.ts'

/*
 * The journal of a run: which layers are finished. One record each (records.ts), appended as the run goes. The first record, text
 * alone, says under which version, parameters and module the rows were measured; a journal of another run is not used. A record that
 * was cut off by a crash, or holds what no layer's row can, ends the journal. Only the places of a model's records are held in memory; the rows are read again model
 * by model.
 */

/** Where the records are kept. */
export interface JournalStore extends RecordSource {
  /** Adds a record, whose bytes are copied; the last ones may be lost in a crash, never half used. */
  append(bytes: Uint8Array): Promise<void>
  /** Drops everything from a byte on. */
  cut(length: number): Promise<void>
  /** Forgets it all: the run is finished. */
  remove(): Promise<void>
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
      const read = layerInRecord(bytes)
      if ('problem' in read) break // as one that was cut off: it is measured again
      const model = modelKey(read.key)
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
      return current.rows.get(layerKeyText(key))
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

function rowsAt(store: JournalStore, places: readonly Place[]): Map<string, FinishedLayer> {
  const rows = new Map<string, FinishedLayer>()
  for (const [from, to] of places) {
    const bytes = store.read(from, to - from)
    const held = { size: () => bytes.length, read: (offset: number, length: number) => bytes.subarray(offset, offset + length) }
    for (const record of recordsOf(held)) {
      const text = recordText(record.bytes)
      rows.set(layerKeyText(layerKeyOf(text)), layerOf(record.bytes, text))
    }
  }
  return rows
}

function modelKey({ input, model }: Pick<LayerKey, 'input' | 'model'>): string {
  return JSON.stringify([input, model])
}
