import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Parameters } from '../../src/measure/model-row.ts'
import type { FinishedLayer } from '../../src/measure/options.ts'
import { openJournal } from '../../src/results/journal.ts'
import { type LayerKey, layerRecord } from '../../src/results/layer-record.ts'
import { recordOf } from '../../src/results/records.ts'
import { memoryStore } from './memory-store.ts'
import { wholeRow } from './whole-row.ts'

const parameters: Parameters = { profile: 'cvprw22', threshold: 0.01, kernel: '3x3', kernel_sha256: 'k' }
const moments = (seed: number) => ({
  count: 3,
  mean: Float64Array.of(seed, -0, 1 / 3),
  scatter: Float64Array.of(5e-324, seed, -0, 2, 3, 4, 5, 6, -7),
})
const layer = (layer_id: number): FinishedLayer => ({
  narrowed: layer_id,
  row: {
    ...wholeRow('m\n"<', layer_id, '3x1'),
    layer: `w${layer_id}`,
    peak: -0,
    scaled: moments(1),
    raw: moments(2),
    clean: moments(Number.MIN_VALUE),
  },
})
const key = (layer_id: number): LayerKey => ({ input: 'a.onnx 12 34', model: 'm\n"<', layer_id, layer: `w${layer_id}` })

test('finished layers come back with every bit', async () => {
  const store = memoryStore()
  const first = await openJournal(store, '1', parameters)
  assert.is(first.found, 0)
  await first.add(key(0), layer(0))
  await first.add(key(1), layer(1))
  const second = await openJournal(store, '1', parameters)
  assert.is(second.found, 2)
  const back = second.find(key(1))!
  assert.equal(back, layer(1))
  assert.ok(Object.is(back.row.peak, -0))
  assert.equal(new Uint8Array(back.row.raw.mean.buffer), new Uint8Array(layer(1).row.raw.mean.buffer))
  assert.is(second.find(key(2)), undefined)
  assert.is(second.find({ ...key(1), input: 'a.onnx 12 35' }), undefined)
})

test('a journal cut anywhere keeps the whole lines before the cut, and can be continued', async () => {
  const store = memoryStore()
  const journal = await openJournal(store, '1', parameters)
  const ends: number[] = []
  for (let k = 0; k < 3; k++) {
    await journal.add(key(k), layer(k))
    ends.push(store.size())
  }
  const whole = store.bytes
  for (let cut = 0; cut <= whole.length; cut += 7) {
    const torn = memoryStore(whole.slice(0, cut))
    const again = await openJournal(torn, '1', parameters)
    assert.is(again.found, ends.filter((end) => end <= cut).length, `cut at ${cut}`)
    await again.add(key(9), layer(9))
    assert.is((await openJournal(torn, '1', parameters)).found, again.found + 1)
  }
})

test('models that stand in several places of a journal, and keys and rows beyond one piece, are found', async () => {
  const store = memoryStore()
  const of = (model: string, k: number): LayerKey => ({ input: `ü${model}.onnx`, model, layer_id: k, layer: `w${k}` })
  const layerIn = (model: string, k: number): FinishedLayer => ({ ...layer(k), row: { ...layer(k).row, model } })
  const first = await openJournal(store, '1', parameters)
  for (const model of ['a', 'b']) for (let k = 0; k < 3; k++) await first.add(of(model, k), layerIn(model, k))
  const second = await openJournal(store, '1', parameters)
  for (let k = 3; k < 5; k++) await second.add(of('a', k), layerIn('a', k))
  const long = (k: number): FinishedLayer => ({ narrowed: 0, row: { ...wholeRow('c', k, '11x11'), layer: `w${k}` } })
  for (const k of [4, 5, 6, 7]) await second.add(of('c', k), long(k))
  await second.add(of('c', 8), layerIn('c', 8))
  assert.is(second.held, 13)
  const third = await openJournal(store, '1', parameters)
  assert.is(third.found, 13)
  for (let k = 0; k < 5; k++) assert.equal(third.find(of('a', k)), layerIn('a', k))
  assert.equal(third.find(of('b', 2)), layerIn('b', 2))
  for (const k of [4, 7]) assert.equal(third.find(of('c', k)), long(k))
  assert.equal(third.find(of('c', 8)), layerIn('c', 8))
  assert.is(third.find(of('b', 3)), undefined)
})

test('a flipped bit anywhere in a record ends the journal there', async () => {
  const store = memoryStore()
  const journal = await openJournal(store, '1', parameters)
  await journal.add(key(0), layer(0))
  const first = store.size()
  await journal.add(key(1), layer(1))
  for (let at = first; at < store.size(); at++) {
    const flipped = memoryStore(store.bytes.slice())
    flipped.bytes[at]! ^= 1 << (at % 8)
    assert.is((await openJournal(flipped, '1', parameters)).found, 1, `byte ${at}`)
  }
})

test('a record that is whole and holds no layer ends the journal there, and the layer is measured again', async () => {
  const store = memoryStore()
  const journal = await openJournal(store, '1', parameters)
  await journal.add(key(0), layer(0))
  const good = store.bytes
  const whole = layer(1)
  const { orthogonality: _, ...others } = whole.row.undefined_because
  const empty = { count: 0, mean: new Float64Array(0), scatter: new Float64Array(0) }
  const damaged: Readonly<Record<string, Uint8Array>> = {
    'no JSON': recordOf('[xx'),
    'no text': recordOf(''),
    null: recordOf('null'),
    'no layer': recordOf('[]'),
    'no numbers': recordOf(
      JSON.stringify(['a', 'm', 1, 'w1', 0, [], { ...whole.row, scaled: [3, 3, 9], raw: [3, 3, 9], clean: [3, 3, 9] }]),
    ),
    ...Object.fromEntries(
      Object.entries({
        'NaN in a list': { raw: { ...whole.row.raw, mean: Float64Array.of(1, Number.NaN, 2) } },
        'no taps': { scaled: empty },
        'a share of two': { orthogonality: 1.5, undefined_because: others },
        'no reason': { undefined_because: others },
        'a count of half': { zero_weights: 0.5 },
        'a negative count': { dead_inputs: -1 },
        'more than there are': { sparse_filters: 4 },
        'a text for a number': { depth: 'x' as unknown as number },
        'no kernel': { kernel: '3×1' },
        'another layer': { layer: 'w2' },
        'a number for a text': { node: 1e308 as unknown as string },
      }).map(([what, change]) => [what, layerRecord(key(1), { narrowed: 1, row: { ...whole.row, ...change } })]),
    ),
  }
  for (const [what, record] of Object.entries(damaged)) {
    const torn = memoryStore(Uint8Array.of(...good, ...record, ...layerRecord(key(2), layer(2))))
    const again = await openJournal(torn, '1', parameters)
    assert.is(again.found, 1, what)
    assert.equal(torn.bytes, good, what)
  }
  const sound = memoryStore(Uint8Array.of(...good, ...layerRecord(key(1), whole), ...layerRecord(key(2), layer(2))))
  assert.is((await openJournal(sound, '1', parameters)).found, 3)
})

test('the journal of other parameters, another version or another module is dropped', async () => {
  const store = memoryStore()
  await (await openJournal(store, '1', parameters)).add(key(0), layer(0))
  for (const [version, other] of [
    ['2', parameters],
    ['1', { ...parameters, threshold: 0.02 }],
    ['1', { ...parameters, kernel_sha256: 'l' }],
  ] as const) {
    const copy = memoryStore(store.bytes)
    assert.is((await openJournal(copy, version, other)).found, 0)
    assert.is(copy.size(), 0)
  }
})

test.run()
