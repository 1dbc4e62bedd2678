import * as v from 'valibot'
import { layerProblem } from '../measure/layer-problem.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { FinishedLayer } from '../measure/options.ts'
import type { Moments } from '../wasm/moments.ts'
import { recordNumberBytes, recordNumbers, recordOf, recordText, recordValue } from './records.ts'

/*
 * A measured layer as a record: the text is JSON, the layer's key and its row with its arrays' lengths; their values are the
 * doubles. (Records of text alone, with doubles as hexadecimal digits, took ten times as long as measuring a tiny layer.)
 */

/** What tells one layer of one run from all others; `input` identifies the bytes of its files. */
export interface LayerKey {
  readonly input: string
  readonly model: string
  readonly layer_id: number
  readonly layer: string
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

export function layerRecord({ input, model, layer_id, layer }: LayerKey, { row, narrowed }: FinishedLayer): Uint8Array {
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

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const plainSet = v.strictTuple([size, size, size])
const textSchema = v.strictTuple([
  v.string(),
  v.string(),
  size,
  v.string(),
  size,
  v.array(v.string()),
  v.looseObject({ scaled: plainSet, raw: plainSet, clean: plainSet }),
])

/** A layer in a record that holds one. */
export interface RecordedLayer {
  readonly key: LayerKey
  readonly layer: FinishedLayer
}

/** The layer of a record that was read from a file, which may hold anything; what is wrong with it where it holds none. */
export function layerInRecord(
  record: Uint8Array,
  text: string = recordText(record),
): RecordedLayer | { readonly problem: string } {
  const read = recordValue(textSchema, text, 'is that of no layer')
  if ('problem' in read) return read
  const told = read.value as LayerText
  const [, model, layer_id, layer, , names, plain] = told
  const of = `layer ${layer} of ${model}`
  const doubles = sets.reduce((sum, name) => sum + plain[name][1] + plain[name][2], names.length)
  const bytes = recordNumberBytes(record)
  if (bytes !== 8 * doubles) return { problem: `${of} has ${bytes / 8} numbers for ${doubles}` }
  const unknown = names.find((name) => !Object.hasOwn(plain, name) || plain[name] !== 0)
  if (unknown !== undefined) return { problem: `${of} has a number for ${unknown}, which is none` }
  const found = layerFrom(told, record)
  const { row } = found
  const problem = layerProblem(row)
  if (problem !== undefined) return { problem: `${of}: ${problem}` }
  if (row.model !== model || row.layer !== layer || row.layer_id !== layer_id) return { problem: `${of} has the row of another` }
  return { key: keyOf(told), layer: found }
}

/** The layer of a record that this run wrote, or that was checked. */
export function layerOf(record: Uint8Array, text: string = recordText(record)): FinishedLayer {
  return layerFrom(JSON.parse(text) as LayerText, record)
}

function layerFrom([, , , , narrowed, names, plain]: LayerText, record: Uint8Array): FinishedLayer {
  const { doubles } = recordNumbers(record)
  const row: Record<string, unknown> = { ...plain }
  const fractions = doubles(names.length)
  for (const [k, name] of names.entries()) row[name] = fractions[k]
  for (const name of sets) {
    const [count, mean, scatter] = plain[name]
    row[name] = { count, mean: doubles(mean), scatter: doubles(scatter) } satisfies Moments
  }
  return { narrowed, row: row as unknown as LayerRow }
}

/** The key of a record's layer, likewise. */
export function layerKeyOf(text: string): LayerKey {
  return keyOf(JSON.parse(text) as LayerText)
}

function keyOf([input, model, layer_id, layer]: LayerText): LayerKey {
  return { input, model, layer_id, layer }
}

/** The key as one text. */
export function layerKeyText(key: LayerKey): string {
  return JSON.stringify([key.input, key.model, key.layer_id, key.layer])
}
