import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type JournalStore, type LayerKey, openJournal } from '../../src/artifact/journal.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import type { Parameters } from '../../src/measure/model-row.ts'

const parameters: Parameters = { profile: 'cvprw22', threshold: 0.01, kernel: '3x3', kernel_sha256: 'k' }
const moments = (seed: number) => ({
  count: 3,
  mean: Float64Array.of(seed, -0, 1 / 3),
  scatter: Float64Array.of(5e-324, seed, -0, 2),
})
const row = (layer_id: number) =>
  ({
    model: 'm\n"<',
    layer: `w${layer_id}`,
    layer_id,
    peak: -0,
    sparsity: null,
    undefined_because: { sparsity: 'x' },
    scaled: moments(1),
    raw: moments(2),
    clean: moments(Number.MIN_VALUE),
  }) as unknown as LayerRow
const key = (layer_id: number): LayerKey => ({ input: 'a.onnx 12 34', model: 'm', layer_id, layer: `w${layer_id}` })

function memoryStore(text: string = ''): JournalStore & { text: string } {
  const store = {
    text,
    read: async () => store.text,
    append: async (more: string) => void (store.text += more),
    reset: async (anew: string) => void (store.text = anew),
    remove: async () => void (store.text = ''),
  }
  return store
}

test('finished layers come back with every bit', async () => {
  const store = memoryStore()
  const first = await openJournal(store, '1', parameters)
  assert.is(first.found, 0)
  await first.add(key(0), row(0))
  await first.add(key(1), row(1))
  const second = await openJournal(store, '1', parameters)
  assert.is(second.found, 2)
  const back = second.find(key(1))!
  assert.equal(back, row(1))
  assert.ok(Object.is(back.peak, -0))
  assert.equal(new Uint8Array(back.raw.mean.buffer), new Uint8Array(row(1).raw.mean.buffer))
  assert.is(second.find(key(2)), undefined)
  assert.is(second.find({ ...key(1), input: 'a.onnx 12 35' }), undefined)
})

test('a journal cut anywhere keeps the whole lines before the cut, and can be continued', async () => {
  const store = memoryStore()
  const journal = await openJournal(store, '1', parameters)
  for (let k = 0; k < 3; k++) await journal.add(key(k), row(k))
  const whole = store.text
  const ends = [...whole.matchAll(/\n/g)].map((m) => m.index + 1)
  for (let cut = 0; cut <= whole.length; cut += 7) {
    const torn = memoryStore(whole.slice(0, cut))
    const again = await openJournal(torn, '1', parameters)
    assert.is(again.found, Math.max(0, ends.filter((end) => end <= cut).length - 1), `cut at ${cut}`)
    await again.add(key(9), row(9))
    assert.is((await openJournal(torn, '1', parameters)).found, again.found + 1)
  }
})

test('a flipped character ends the journal there', async () => {
  const store = memoryStore()
  const journal = await openJournal(store, '1', parameters)
  await journal.add(key(0), row(0))
  await journal.add(key(1), row(1))
  const at = store.text.lastIndexOf('w1')
  store.text = `${store.text.slice(0, at)}v${store.text.slice(at + 1)}`
  assert.is((await openJournal(store, '1', parameters)).found, 1)
})

test('the journal of other parameters, another version or another kernel is dropped', async () => {
  const store = memoryStore()
  await (await openJournal(store, '1', parameters)).add(key(0), row(0))
  for (const [version, other] of [
    ['2', parameters],
    ['1', { ...parameters, threshold: 0.02 }],
    ['1', { ...parameters, kernel_sha256: 'l' }],
  ] as const) {
    const copy = memoryStore(store.text)
    assert.is((await openJournal(copy, version, other)).found, 0)
    assert.not.ok(copy.text.includes('w0'))
  }
})

test.run()
