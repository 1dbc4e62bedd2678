import * as v from 'valibot'
import { createSha256 } from '#io'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import type { FinishedLayer } from '../measure/options.ts'
import type { JournalStore } from '../results/journal.ts'
import { type LayerKey, layerInRecord, layerKeyText, layerOf } from '../results/layer-record.ts'
import { recordOf, recordsIn, recordsOf, recordText } from '../results/records.ts'
import { version } from '../version.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { type PassName, passes } from './plan-paths.ts'
import { type ToldRecord, toldInRecord } from './told-records.ts'

/*
 * A part: what one shard found in one pass. Records (results/records.ts): first which part of which plan it is, then layers
 * (text: an array, as in a journal) and what else there is to tell (text: an object), at last a seal: how many records, the SHA-256 of
 * all bytes before it, and how the shard ran. Four bytes with the seal's length end the file. While a shard is at work the file
 * without its seal is the journal; with its seal it is renamed.
 */

/** Which part it is. */
export interface PartHeader {
  readonly filterlens: string
  readonly module: string
  /** Hash of the plan. */
  readonly plan: string
  readonly pass: PassName
  readonly shard: number
}

/** How a shard ran: what differs from run to run and decides nothing. */
export interface PartFacts {
  /** When it ended, ISO 8601. */
  readonly finished: string
  readonly seconds: number
  /** Of all processors. */
  readonly processorSeconds: number
  readonly host: string
  readonly engine: string
  /** Layers that are in it. */
  readonly layers: number
  /** Models and inputs that failed. */
  readonly failures: number
}

interface Seal extends PartFacts {
  readonly kind: 'seal'
  readonly records: number
  readonly sha256: string
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const duration = v.pipe(v.number(), v.finite(), v.minValue(0))

const headerSchema: v.GenericSchema<PartHeader> = v.object({
  filterlens: v.string(),
  module: v.string(),
  plan: v.string(),
  pass: v.picklist(passes),
  shard: count,
})

const sealSchema: v.GenericSchema<Seal> = v.object({
  kind: v.literal('seal'),
  records: count,
  sha256: v.string(),
  finished: v.string(),
  seconds: duration,
  processorSeconds: duration,
  host: v.string(),
  engine: v.string(),
  layers: count,
  failures: count,
})

/** What a part says of itself, without its records. */
export interface PartSummary {
  readonly header: PartHeader
  readonly facts: PartFacts
}

export function partHeader(plan: string, pass: PassName, shard: number): PartHeader {
  return { filterlens: version, module: moduleSha256, plan, pass, shard }
}

/** What finds a layer in a part. */
export type PartLayerKey = Omit<LayerKey, 'input'>

/** A part that grows. */
export interface GrowingPart {
  /** The model of the last record that ends one; undefined when there is none. */
  readonly done: string | undefined
  /** Layers found in it, those of models that are complete too. */
  readonly found: number
  readonly layers: number
  /** A layer of the model that is not complete. */
  find(key: PartLayerKey): FinishedLayer | undefined
  /** Whether it holds a layer; of the model that is not complete, or where parts have no models. */
  has(key: PartLayerKey): boolean
  addLayer(record: Uint8Array): Promise<void>
  /** Adds a record that ends a model: told, or failed. */
  addModel<Told extends ToldRecord>(told: Told): Promise<void>
  /** Completes it; it then waits for its name. */
  seal(facts: Omit<PartFacts, 'layers' | 'failures'>): Promise<void>
}

/** Opens the part that a store holds so far; what is of another plan, torn or damaged is dropped, and measured again. */
export async function growPart(
  store: JournalStore,
  header: PartHeader,
  keyOf: (record: Uint8Array, text: string) => PartLayerKey | undefined = keyOfMeasured,
): Promise<GrowingPart> {
  const first = recordOf(JSON.stringify(header))
  const hash = await createSha256()
  const open = new Map<string, readonly [from: number, to: number]>()
  let [records, layers, failures, good] = [0, 0, 0, 0]
  let done: string | undefined
  for (const { bytes, from, to } of recordsOf(store)) {
    if (from === 0) {
      if (bytes.length !== first.length || bytes.some((byte, k) => byte !== first[k])) break
    } else {
      const text = recordText(bytes)
      if (text.startsWith('[')) {
        const key = keyOf(bytes, text)
        if (!key) break
        open.set(textOf(key), [from, to])
        layers++
      } else {
        const told = toldInRecord(text)
        if ('damage' in told) break // or its seal: it was not named, and is sealed anew
        if (told.kind === 'failed') failures++
        done = told.model
        open.clear()
      }
    }
    hash.update(bytes)
    records++
    good = to
  }
  if (good < store.size()) await store.cut(good)
  const append = async (record: Uint8Array): Promise<void> => {
    await store.append(record)
    hash.update(record)
    records++
  }
  if (records === 0) await append(first)
  const found = layers
  return {
    done,
    found,
    get layers() {
      return layers
    },
    find(key) {
      const place = open.get(textOf(key))
      if (!place) return undefined
      const record = store.read(place[0], place[1] - place[0])
      return layerOf(record.slice())
    },
    has: (key) => open.has(textOf(key)),
    async addLayer(record) {
      await append(record)
      layers++
    },
    async addModel(told) {
      await append(recordOf(JSON.stringify(told)))
      if (told.kind === 'failed') failures++
    },
    async seal(facts) {
      const seal: Seal = { kind: 'seal', records, sha256: hash.hex(), ...facts, layers, failures }
      const record = recordOf(JSON.stringify(seal))
      await store.append(record)
      await store.append(lengthBytes(record.length))
    },
  }
}

function keyOfMeasured(record: Uint8Array, text: string): PartLayerKey | undefined {
  const read = layerInRecord(record, text)
  return 'problem' in read ? undefined : read.key
}

function textOf({ model, layer_id, layer }: PartLayerKey): string {
  return layerKeyText({ input: '', model, layer_id, layer })
}

const FOOT = 4

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(FOOT)
  new DataView(bytes.buffer).setUint32(0, length, true)
  return bytes
}

/** What a part says of itself. @throws InputError when it has no seal: it is cut short, or no part */
export async function readPartSummary(access: RandomAccess): Promise<PartSummary> {
  const { header, seal } = await endsOf(access)
  const { kind: _kind, records: _records, sha256: _sha256, ...facts } = seal
  return { header, facts }
}

async function endsOf(access: RandomAccess): Promise<{ header: PartHeader; seal: Seal; end: number }> {
  const { byteLength } = access
  const broken = (): InputError => new InputError(access.name, 'is cut short or damaged')
  if (byteLength <= FOOT) throw broken()
  const foot = await access.read(byteLength - FOOT, FOOT)
  const length = new DataView(foot.buffer, foot.byteOffset, FOOT).getUint32(0, true)
  const end = byteLength - FOOT - length
  if (end <= 0) throw broken()
  const told: string[] = []
  const last = { byteLength: length, read: (offset: number, bytes: number) => access.read(end + offset, bytes) }
  for (const source of [access, last])
    for await (const { bytes } of recordsIn(source)) {
      told.push(recordText(bytes))
      break
    }
  const [header, seal] = [parsed(headerSchema, told[0]), parsed(sealSchema, told[1])]
  if (!header || !seal) throw broken()
  return { header, seal, end }
}

/** What a text says by a schema; undefined where it says something else. */
function parsed<Schema extends v.GenericSchema>(schema: Schema, text: string | undefined): v.InferOutput<Schema> | undefined {
  try {
    const read = v.safeParse(schema, JSON.parse(text ?? ''))
    return read.success ? read.output : undefined
  } catch {
    return undefined
  }
}

/**
 * Holds a part against its seal and the plan, all its bytes. @returns how it ran
 * @throws InputError when it is damaged, or of another plan, pass or shard
 */
export async function checkPart(access: RandomAccess, expected: PartHeader): Promise<PartFacts> {
  const { header, seal, end } = await endsOf(access)
  if (header.plan !== expected.plan) throw new InputError(access.name, 'is of another plan')
  if (header.module !== expected.module || header.filterlens !== expected.filterlens)
    throw new InputError(access.name, `was made by filterlens ${header.filterlens}, this is ${version} or another build of it`)
  if (header.pass !== expected.pass || header.shard !== expected.shard)
    throw new InputError(access.name, `is the part of shard ${header.shard} in the pass ${header.pass}`)
  const hash = await createSha256()
  for (let at = 0; at < end; at += PIECE) hash.update(await access.read(at, Math.min(PIECE, end - at)))
  if (hash.hex() !== seal.sha256) throw new InputError(access.name, 'is damaged: it is not what was written')
  const { kind: _kind, records: _records, sha256: _sha256, ...facts } = seal
  return facts
}

const PIECE = 4 << 20

/** A record of a part. */
export interface PartRecord {
  /** The part that it is of. */
  readonly file: string
  readonly text: string
  readonly bytes: Uint8Array
}

/** The records of a part but its first and its seal, one after the other; of a part that was checked. */
export async function* partRecords(access: RandomAccess): AsyncGenerator<PartRecord> {
  const { end } = await endsOf(access)
  let good = 0
  for await (const { bytes, from, to } of recordsIn(access, end)) {
    if (from > 0) yield { file: access.name, text: recordText(bytes), bytes }
    good = to
  }
  if (good < end) throw damagedPart(access.name, 'a record in it is not whole')
}

/** What is said of a part whose bytes are those that were sealed, and hold what no shard writes. */
export function damagedPart(file: string, problem: string): InputError {
  return new InputError(file, `damaged: ${problem}; delete it and run the shard again`)
}

/** The layer of a record of the pass `measure`. @throws InputError when it holds none */
export function layerOfPart({ file, text, bytes }: PartRecord): FinishedLayer {
  const read = layerInRecord(bytes, text)
  if ('problem' in read) throw damagedPart(file, read.problem)
  return read.layer
}
