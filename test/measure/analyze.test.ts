import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { InputError, NonFiniteWeightError, UsageError } from '../../src/errors.ts'
import { type Input, type LazyInput, memoryAccess } from '../../src/io/random-access.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import type { FinishedLayer } from '../../src/measure/options.ts'
import { type MeasureEvent, measure } from '../../src/measure/run.ts'
import { convolution, memoryInput, safetensors, someModels } from './models.ts'

async function failure(run: () => Promise<unknown>): Promise<Error> {
  try {
    await run()
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not fail')
}

test('rows come in input order, numbered by layer, with what was left out and why', async () => {
  const { models, layers, skipped, warnings, failed } = await analyze(someModels())
  assert.equal(
    models.map(({ model, layers }) => [model, layers]),
    [
      ['a/net', 4],
      ['b/net', 1],
    ],
  )
  assert.equal(
    layers.map(({ model, layer, layer_id, kernel, filters }) => [model, layer, layer_id, kernel, filters]),
    [
      ['a/net', 'stem.weight', 0, '3x3', 48],
      ['a/net', 'wide.weight', 1, '3x3', 72000],
      ['a/net', 'depthwise.weight', 2, '3x3', 32],
      ['a/net', 'zero.weight', 3, '3x3', 16],
      ['b/net', 'conv.weight', 0, '3x3', 7],
    ],
  )
  assert.equal(
    skipped.map(({ model, name, reason }) => [model, name, reason]),
    [
      ['a/net', 'big_kernel.weight', '5×5, not asked for (--kernel all)'],
      ['a/net', 'pointwise.weight', '1×1'],
      ['b/net', 'bar.weight', '1×7, not asked for (--kernel all)'],
    ],
  )
  // The weights are drawn at random, and that is said.
  assert.equal(
    warnings.map((text) => text.slice(0, text.indexOf(':'))),
    ['a/net looks untrained'],
  )
  assert.equal(failed, [])
  // The depth counts every convolution, measured or not.
  assert.equal(
    layers.map(({ conv_depth, conv_depth_norm }) => [conv_depth, conv_depth_norm]),
    [
      [0, 0],
      [1, 0.2],
      [2, 0.4],
      [5, 1],
      [0, 0],
    ],
  )
})

test('a model sums its layers with the weights of the paper', async () => {
  const { models, layers } = await analyze(someModels())
  const own = layers.filter(({ model }) => model === 'a/net')
  const model = models[0]!
  const sum = (value: (row: LayerRow) => number): number => own.reduce((n, row) => n + value(row), 0)
  assert.is(
    model.filters,
    sum((row) => row.filters),
  )
  assert.is(model.sparsity, sum((row) => row.sparse_filters) / sum((row) => row.filters))
  const defined = own.filter((row) => row.variance_entropy !== null)
  assert.is(defined.length, 3)
  const weights = defined.map((row) => row.filters - row.sparse_filters)
  const mean = defined.reduce((n, row, k) => n + row.variance_entropy! * weights[k]!, 0) / weights.reduce((a, b) => a + b)
  assert.ok(Math.abs(model.variance_entropy! - mean) < 1e-14)
})

test('undefined metrics are null and say why', async () => {
  const { layers } = await analyze(someModels())
  const zero = layers.find(({ layer }) => layer === 'zero.weight')!
  assert.is(zero.sparsity, 1)
  assert.is(zero.variance_entropy, null)
  assert.is(zero.undefined_because.variance_entropy, 'no non-sparse filters')
  const single = layers.find(({ layer }) => layer === 'conv.weight')!
  assert.is(single.orthogonality, null)
  assert.is(single.undefined_because.orthogonality, 'one output channel only')
})

test('all kernel sizes, and one that is asked for', async () => {
  const all = await analyze(someModels(), { kernel: 'all' })
  assert.equal(
    all.layers.map(({ kernel, scaled }) => [kernel, scaled.mean.length]),
    [
      ['3x3', 9],
      ['3x3', 9],
      ['3x3', 9],
      ['5x5', 25],
      ['3x3', 9],
      ['3x3', 9],
      ['1x7', 7],
    ],
  )
  const bars = await analyze(someModels(), { kernel: '1x7' })
  assert.equal(
    bars.layers.map(({ layer }) => layer),
    ['bar.weight'],
  )
  assert.equal(bars.warnings, [
    'a/net: no layer to measure: 6 left out: 4 Conv 3×3, not asked for (--kernel all); 1 Conv 5×5, not asked for (--kernel all); 1 Conv 1×1',
  ])
})

test('a subset of the metrics leaves the others null and the parameters say so', async () => {
  const { layers, parameters } = await analyze(someModels(), { metrics: ['sparsity'] })
  assert.equal(parameters.metrics, ['sparsity'])
  assert.is(layers[0]!.orthogonality, null)
  assert.is(layers[0]!.undefined_because.orthogonality, 'not asked for')
  assert.type(layers[0]!.sparsity, 'number')
})

test('a weight that is not finite ends the run, or is listed', async () => {
  const bad = convolution('bad.weight', [4, 2, 3, 3], 9)
  bad.values[40] = Number.NaN
  const input = () => memoryInput('bad.safetensors', safetensors([convolution('good.weight', [4, 2, 3, 3], 8), bad]))
  const error = await failure(() => analyze([input()]))
  assert.instance(error, NonFiniteWeightError)
  assert.match(error.message, /^bad\.safetensors: model bad, layer bad\.weight: the weight at index 40 is NaN/)
  const { layers, skipped } = await analyze([input()], { skipNonFinite: true })
  assert.equal(
    layers.map(({ layer }) => layer),
    ['good.weight'],
  )
  assert.equal(skipped, [
    { model: 'bad', name: 'bad.weight', kind: 'Conv', shape: [4, 2, 3, 3], reason: 'the weight at index 40 is NaN' },
  ])
})

test('with keepGoing broken inputs are listed and the others measured', async () => {
  const broken = memoryInput('broken.bin', new Uint8Array([60, 33, 68, 79]))
  const bad = convolution('bad.weight', [4, 2, 3, 3], 9)
  bad.values[71] = Number.POSITIVE_INFINITY
  const half = memoryInput('half.safetensors', safetensors([convolution('first.weight', [4, 2, 3, 3], 8), bad]))
  const good = memoryInput('good.safetensors', safetensors([convolution('conv.weight', [4, 2, 3, 3], 8)]))
  const { layers, models, failed } = await analyze([broken, half, good], { keepGoing: true })
  assert.equal(
    models.map(({ model }) => model),
    ['good'],
  )
  assert.equal(
    layers.map(({ model }) => model),
    ['good'],
  )
  assert.equal(
    failed.map(({ file }) => file),
    ['broken.bin', 'half.safetensors'],
  )
  assert.instance(await failure(() => analyze([broken, good])), InputError)
})

test('nothing to measure is explained', async () => {
  const error = await failure(() =>
    analyze([memoryInput('p.safetensors', safetensors([convolution('p.weight', [4, 4, 1, 1], 1)]))]),
  )
  assert.is(error.message, 'p.safetensors: no layer to measure: 1 left out: 1 Conv 1×1')
  assert.instance(await failure(() => analyze([])), UsageError)
})

test('options that mean nothing are refused', async () => {
  for (const options of [
    { kernel: '4y4' },
    { kernel: '1x1' },
    { kernel: '12x12' },
    { threshold: 2 },
    { threshold: '0.1' as never },
    { batchSize: 0 },
    { metrics: ['peak' as never] },
    { profile: 'x' as never },
  ]) {
    assert.instance(await failure(() => analyze(someModels(), options)), UsageError, JSON.stringify(options))
  }
})

test('doubles that are no float32 are narrowed, and it is said once', async () => {
  const values = Float64Array.from({ length: 36 }, (_, k) => k / 10)
  const { warnings } = await analyze(
    [memoryInput('d.safetensors', safetensors([{ name: 'c.weight', shape: [2, 2, 3, 3], values }]))],
    { memory: 0 },
  )
  assert.is(warnings.length, 1)
  assert.match(warnings[0]!, /^d\.safetensors: \d+ weights were not exactly a float32/)
})

test('a run can be stopped, and goes on from finished layers', async () => {
  const controller = new AbortController()
  const rows: FinishedLayer[] = []
  const stopped = await failure(async () => {
    for await (const event of measure(someModels(), { signal: controller.signal })) {
      if (event.kind === 'layer') rows.push(event)
      if (rows.length === 2) controller.abort()
    }
  })
  assert.is(stopped.name, 'AbortError')
  assert.is(rows.length, 2)
  const measured: boolean[] = []
  const whole: LayerRow[] = []
  const finished = ({ model, layer_id }: { model: string; layer_id: number }) =>
    rows.find(({ row }) => row.model === model && row.layer_id === layer_id)
  for await (const event of measure(someModels(), { finished })) {
    if (event.kind !== 'layer') continue
    measured.push(event.measured)
    whole.push(event.row)
  }
  assert.equal(measured, [false, false, true, true, true])
  assert.equal(whole, (await analyze(someModels())).layers)
})

test('a continued run reports what the finished layers reported: narrowed weights are counted again', async () => {
  const values = Float64Array.from({ length: 36 }, (_, k) => k / 10)
  const inputs = () => [memoryInput('d.safetensors', safetensors([{ name: 'c.weight', shape: [2, 2, 3, 3], values }]))]
  const tell = async (options: Parameters<typeof measure>[1]): Promise<MeasureEvent[]> => {
    const events: MeasureEvent[] = []
    for await (const event of measure(inputs(), { memory: 0, ...options })) events.push(event)
    return events
  }
  const first = await tell({})
  const finished = first.find((event): event is Extract<MeasureEvent, { kind: 'layer' }> => event.kind === 'layer')!
  assert.ok(finished.narrowed > 0)
  const warning = first.find(({ kind }) => kind === 'warning')
  const again = await tell({ finished: () => finished })
  assert.equal(
    again.find(({ kind }) => kind === 'warning'),
    warning,
  )
  assert.ok(again.some((event) => event.kind === 'layer' && !event.measured))
})

test('further files that a model is read from are named with their sizes and hashes', async () => {
  const bytes = safetensors([convolution('c.weight', [4, 4, 3, 3], 1)])
  const index = new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: { 'c.weight': 'shard-1.safetensors' } }))
  const input: Input = {
    path: 'sub/model.safetensors.index.json',
    access: memoryAccess('model.safetensors.index.json', index),
    folder: { open: async (path) => (path === 'shard-1.safetensors' ? memoryAccess(`/somewhere/${path}`, bytes) : undefined) },
  }
  const { models } = await analyze([input])
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  assert.equal(models[0]!.parts, [{ file: 'sub/shard-1.safetensors', bytes: bytes.length, sha256 }])
  assert.is((await analyze([input], { hash: false })).models[0]!.parts, undefined)
  assert.ok(!('parts' in (await analyze(someModels())).models[0]!))
})

test('inputs without a layer to measure do not stay open until one with layers comes', async () => {
  let open = 0
  let most = 0
  const lazy = (k: number): LazyInput => ({
    path: `p${k}.safetensors`,
    open: async () => {
      most = Math.max(most, ++open)
      const { access, ...rest } = memoryInput(`p${k}.safetensors`, safetensors([convolution('p.weight', [4, 4, 1, 1], 1)]))
      return { ...rest, access: { ...access, close: async () => void open-- } }
    },
  })
  let models = 0
  for await (const { kind } of measure(Array.from({ length: 200 }, (_, k) => lazy(k)))) if (kind === 'model') models++
  assert.equal([models, open], [200, 0])
  assert.ok(most <= 40, `${most} were open at a time`)
})

test('progress counts layers and filters', async () => {
  const seen: string[] = []
  await analyze(someModels(), {
    onProgress: ({ inputs, layers, filters }) =>
      seen.push(`${inputs.done}/${inputs.total} ${layers.done}/${layers.total} ${filters.done}/${filters.total}`),
  })
  assert.equal(seen, ['0/2 1/4 48/72096', '0/2 2/4 72048/72096', '0/2 3/4 72080/72096', '0/2 4/4 72096/72096', '1/2 1/1 7/7'])
})

test.run()
