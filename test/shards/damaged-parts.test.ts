import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FinishedLayer } from '../../src/measure/options.ts'
import { layerKeyOf, layerOf, layerRecord } from '../../src/results/layer-record.ts'
import { recordOf, recordsOf, recordText } from '../../src/results/records.ts'
import { mergedEvents } from '../../src/shards/merged-events.ts'
import { checkPart, partHeader, readPartSummary } from '../../src/shards/part-file.ts'
import { problem } from '../helpers/problem.ts'
import { memoryStore } from '../results/memory-store.ts'
import { partsInMemory, planInMemory, shardInMemory, textsOf } from './in-memory.ts'

process.chdir(new URL('../../../', import.meta.url).pathname)

const plan = await planInMemory(['data/vgg_w16_cifar10_normal.onnx'], 1)
const part = await shardInMemory(plan, 0)
const records = [...recordsOf(memoryStore(part.slice(0, -4)))].map(({ bytes }) => bytes)
const [first, ...rest] = records as [Uint8Array, ...Uint8Array[]]
const seal = rest.pop()!
/** The record that ends the model, behind those of its layers. */
const end = rest.pop()!
const layers = rest

/** A part of these records, whose seal fits them. */
function sealed(...between: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat([first, ...between])
  const sha256 = createHash('sha256').update(body).digest('hex')
  const last = recordOf(JSON.stringify({ ...JSON.parse(recordText(seal)), records: between.length + 1, sha256 }))
  const foot = new Uint8Array(4)
  new DataView(foot.buffer).setUint32(0, last.length, true)
  return Buffer.concat([body, last, foot])
}

async function refusal(...between: readonly Uint8Array[]): Promise<string> {
  const bytes = sealed(...between)
  const open = partsInMemory([bytes])
  await checkPart(await open(0), partHeader(plan.hash, 'measure', 0))
  return problem(textsOf(mergedEvents(plan, open)))
}

/** The records with another second layer. */
const withSecond = (second: Uint8Array): Uint8Array[] => [layers[0]!, second, ...layers.slice(2), end]

/** The second layer's record with other members in its row. */
function changed(change: Readonly<Record<string, unknown>>): Uint8Array {
  const { narrowed, row } = layerOf(layers[1]!)
  return layerRecord(layerKeyOf(recordText(layers[1]!)), { narrowed, row: { ...row, ...change } } as FinishedLayer)
}

/** The record that ends the model, with other members. */
const ended = (change: Readonly<Record<string, unknown>>): Uint8Array[] => [
  ...layers,
  recordOf(JSON.stringify({ ...JSON.parse(recordText(end)), ...change })),
]

test('the parts of these tests are whole when nothing is changed', async () => {
  assert.is(layers.length, 6)
  assert.equal(sealed(...layers, end), Buffer.from(part))
})

test('a part whose checksums fit and whose records hold what no layer can is refused in a sentence', async () => {
  const { row } = layerOf(layers[1]!)
  const [, , , , , names, plain] = JSON.parse(recordText(layers[1]!))
  const key = ['', row.model, row.layer_id, row.layer, 0]
  const damaged: Readonly<Record<string, Uint8Array[]>> = {
    'no JSON': withSecond(recordOf('[xx')),
    'no layer': withSecond(recordOf('[]')),
    'no row': withSecond(recordOf(JSON.stringify([...key, names, null]))),
    'a row without members': withSecond(recordOf(JSON.stringify([...key, names, {}]))),
    'numbers cut off': withSecond(recordOf(JSON.stringify([...key, names, plain]))),
    'another set': withSecond(recordOf(JSON.stringify([...key, [], { ...plain, scaled: {} }]))),
    ...Object.fromEntries(
      [
        { orthogonality: Number.NaN },
        { raw: { ...row.raw, mean: new Float64Array(9).fill(Number.NaN) } },
        { scaled: { count: 0, mean: new Float64Array(0), scatter: new Float64Array(0) } },
        { zero_weights: 'x' },
        { in_channels: 'x' },
        { dead_inputs: 1e308 },
        { sparse_filters: null },
        { spectral_norm: [] },
        { sparsity: null },
        { undefined_because: { orthogonality: 'x' } },
        { undefined_because: null },
        { spectral_norm: -1 },
        { groups: -1 },
        { kernel: -1 },
        { kernel: '3x4' },
        { node: 1e308 },
        { flags: [] },
        { depth: undefined },
        { more: 1 },
        { peak: 1e300 },
        { sparsity: 1e300 },
        { variance_entropy: 1 },
        { filters: row.filters + 1 },
        { clean: { ...row.clean, count: row.filters + 1 } },
      ].map((change) => [JSON.stringify(change), withSecond(changed(change))]),
    ),
    'a model that is no JSON': [...layers, recordOf('{')],
    'a model that is null': [...layers, recordOf('null')],
    'no skipped layers': ended({ skipped: -1 }),
    'skipped layers without a name': ended({ skipped: [{ kind: 'Conv', shape: [1], reason: 'x' }] }),
    'none found': ended({ found: null }),
    'no origin': ended({ origin: {} }),
    'no kind': ended({ kind: 'x' }),
  }
  for (const [what, between] of Object.entries(damaged)) {
    const said = await refusal(...between)
    assert.match(said, /^part 0: damaged: [^\n]{5,300}; delete it and run the shard again$/, what)
  }
})

test('a part whose layers are not those of its plan, or stand in another order, is refused by name', async () => {
  const [one, two, ...more] = layers as [Uint8Array, Uint8Array, ...Uint8Array[]]
  for (const [what, between] of Object.entries({
    'a layer dropped': [one, ...more, end],
    'the last one dropped': [one, two, ...more.slice(0, -1), end],
    'a layer twice': [one, one, two, ...more, end],
    'another order': [two, one, ...more, end],
    'fewer found than planned': ended({ found: 1 }),
    'the model twice': [...layers, end, end],
    'nothing at all': [],
  }))
    assert.is(
      await refusal(...between),
      'part 0: does not hold what was planned for its shard; delete it and run the shard again',
      what,
    )
  const { row } = layerOf(two)
  const half = { out_channels: row.out_channels / 2, filters: row.filters / 2 }
  const sets = Object.fromEntries(
    (['raw', 'clean', 'scaled'] as const).map((set) => [set, { ...row[set], count: Math.min(row[set].count, half.filters) }]),
  )
  const counts = { sparse_filters: 0, dead_outputs: 0, duplicate_outputs: 0 }
  assert.match(
    await refusal(...withSecond(changed({ ...half, ...sets, ...counts }))),
    /^plan: its parts hold \d+ filters, and \d+ were planned: one of them is damaged; delete them and run the shards again$/,
  )
})

test('a seal or a first record that is none is that of a damaged part', async () => {
  const foot = (record: Uint8Array): Uint8Array => Uint8Array.of(...new Uint8Array(Uint32Array.of(record.length).buffer))
  for (const text of ['{"kind":"seal"}', 'null', '{', '[]']) {
    const last = recordOf(text)
    const [open] = [partsInMemory([Buffer.concat([first, last, foot(last)]), Buffer.concat([recordOf(text), seal, foot(seal)])])]
    for (const k of [0, 1]) assert.is(await problem(readPartSummary(await open(k))), `part ${k}: is cut short or damaged`, text)
  }
})

test.run()
