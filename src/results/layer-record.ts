import type { LayerRow } from '../measure/layer-row.ts'
import type { FinishedLayer } from '../measure/options.ts'
import type { Moments } from '../wasm/moments.ts'
import { recordNumbers, recordOf, recordText } from './records.ts'

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

/** The layer of a record, whose text may have been read already. */
export function layerOf(record: Uint8Array, text: string = recordText(record)): FinishedLayer {
  const [, , , , narrowed, names, plain] = JSON.parse(text) as LayerText
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

export function layerKeyOf(text: string): LayerKey {
  const [input, model, layer_id, layer] = JSON.parse(text) as LayerText
  return { input, model, layer_id, layer }
}

/** The key as one text. */
export function layerKeyText(key: LayerKey): string {
  return JSON.stringify([key.input, key.model, key.layer_id, key.layer])
}
