import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { InputError, NonFiniteWeightError } from '../../src/errors.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import { type Input, type LazyInput, memoryAccess } from '../../src/io/random-access.ts'
import type { PassOptions, PassResult } from '../../src/measure/layer-pass.ts'
import {
  growingMeasurer,
  type LayerJob,
  localMeasurer,
  type Measurer,
  openingMeasurer,
  sparingMeasurer,
} from '../../src/measure/measurer.ts'
import type { MeasureOptions } from '../../src/measure/options.ts'
import { openPool } from '../../src/measure/pool.ts'
import { processors } from '../../src/measure/threads/node.ts'
import { layerTableBytes, modelTableBytes } from '../../src/results/tables.ts'
import { openInstance, type WasmInstance } from '../../src/wasm/module.ts'
import { convolution, memoryInput, safetensors, someModels } from './models.ts'

const folder = await mkdtemp(join(tmpdir(), 'filterlens-pool-'))
const large = safetensors([
  convolution('small.weight', [8, 8, 3, 3], 1),
  convolution('large.weight', [512, 700, 3, 3], 2),
  convolution('last.weight', [8, 8, 3, 3], 3),
])
await writeFile(join(folder, 'large.safetensors'), large)
// Ten thousand tiny layers stand here for a folder of tiny models.
const tiny = safetensors(Array.from({ length: 500 }, (_, k) => convolution(`layer${k}.weight`, [4, 4, 3, 3], k)))
await writeFile(join(folder, 'tiny.safetensors'), tiny)

const onDisk = (name: string): LazyInput => ({
  path: name,
  open: async (): Promise<Input> => ({
    path: name,
    access: await openFile(join(folder, name), name),
    folder: diskFolder(folder),
  }),
})

async function hash(inputs: Iterable<Input | LazyInput>, options: MeasureOptions): Promise<string> {
  const analysis = await analyze(inputs, { kernel: 'all', ...options })
  return createHash('sha256').update(layerTableBytes(analysis)).update(modelTableBytes(analysis)).digest('hex')
}

const disk = () => [onDisk('tiny.safetensors'), onDisk('large.safetensors')]
const inDisk = await hash(disk(), { workers: 1 })
const inMemory = await hash(someModels(), { workers: 1 })

for (const workers of [2, 3]) {
  test(`${workers} workers that read files by themselves give the same bytes`, async () => {
    assert.is(await hash(disk(), { workers }), inDisk)
  })

  test(`${workers} workers that are sent the bytes give the same bytes`, async () => {
    assert.is(await hash(someModels(), { workers }), inMemory)
  })

  test(`${workers} workers with little memory give the same bytes`, async () => {
    assert.is(await hash(disk(), { workers, memory: 1 << 20, batchSize: 5000 }), inDisk)
    assert.is(
      await hash([...someModels(), memoryInput('large.safetensors', large)], { workers, memory: 1 << 20 }),
      await hash([...someModels(), memoryInput('large.safetensors', large)], { workers: 1 }),
    )
  })
}

test('work that grows moves to threads and gives the same bytes', async () => {
  assert.is(await hash(disk(), {}), inDisk)
})

test('errors come back with their file and sentence', async () => {
  const bad = convolution('bad.weight', [512, 700, 3, 3], 2)
  bad.values[3_000_000] = Number.NaN
  await writeFile(join(folder, 'bad.safetensors'), safetensors([convolution('good.weight', [8, 8, 3, 3], 1), bad]))
  let thrown: unknown
  await analyze([onDisk('bad.safetensors')], { workers: 2 }).catch((error: unknown) => (thrown = error))
  assert.instance(thrown, NonFiniteWeightError)
  assert.match((thrown as Error).message, /layer bad\.weight: the weight at index 3000000 is NaN/)
  const access = { ...memoryAccess('cut.bin', new Uint8Array(10)), byteLength: 1000 }
  const pool = await openPool(2, { threshold: 0.01, profile: 'cvprw22', passes: new Set() })
  const job: LayerJob = { plan: { access, offset: 0, dtype: 'float32' }, shape: [2, 2, 3, 3] }
  let refused: unknown
  await pool.measure(job).catch((error: unknown) => (refused = error))
  assert.ok(refused instanceof Error)
  const missing = {
    ...memoryAccess('gone.bin', new Uint8Array(0)),
    byteLength: 1000,
    origin: { at: { kind: 'path' as const, path: join(folder, 'gone') }, offset: 0 },
  }
  await pool.measure({ ...job, plan: { ...job.plan, access: missing } }).catch((error: unknown) => (refused = error))
  assert.instance(refused, InputError)
  assert.is((refused as InputError).message, 'gone.bin: there is no such file or folder')
  await pool.close()
})

test('a run that is stopped ends immediately, threads and all', async () => {
  const controller = new AbortController()
  let thrown: unknown
  const run = analyze(disk(), { workers: 2, signal: controller.signal, onProgress: () => controller.abort() })
  await run.catch((error: unknown) => (thrown = error))
  assert.is((thrown as Error).name, 'AbortError')
})

test('jobs that wait when the pool closes are rejected', async () => {
  const pool = await openPool(2, { threshold: 0.01, profile: 'cvprw22', passes: new Set(['gram']) })
  const { values } = convolution('x', [64, 64, 3, 3], 1)
  const job: LayerJob = {
    plan: { access: memoryAccess('x', new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' },
    shape: [64, 64, 3, 3],
  }
  const jobs = Promise.allSettled(Array.from({ length: 200 }, () => pool.measure(job)))
  await pool.close()
  assert.ok((await jobs).some(({ status }) => status === 'rejected'))
  let late: unknown
  await pool.measure(job).catch((error: unknown) => (late = error))
  assert.match((late as Error).message, /ended/)
})

/** A layer of about 13 ms, and what this thread makes of it. */
async function someJob(options: PassOptions, wasm: WasmInstance): Promise<{ job: LayerJob; expected: PassResult }> {
  const { values } = convolution('x', [512, 700, 3, 3], 1)
  const plan = { access: memoryAccess('x', new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' as const }
  const job: LayerJob = { plan, shape: [512, 700, 3, 3] }
  return { job, expected: await localMeasurer(options, wasm).measure(job) }
}

const light: PassOptions = { threshold: 0.01, profile: 'cvprw22', passes: new Set() }

test('where threads cannot be started the work goes on in this one', async () => {
  const wasm = await openInstance()
  const { job, expected } = await someJob(light, wasm)
  let asked = 0
  const growing = growingMeasurer(light, wasm, () => {
    asked++
    return Promise.reject(new Error('no threads here'))
  })
  growing.expect!(Array(40).fill(job))
  for (let k = 0; k < 20; k++) assert.equal(await growing.measure(job), expected)
  await growing.close()
  assert.is(asked, processors() > 1 ? 1 : 0)
})

test('threads are started for work that is worth it, and take over when they are up', async () => {
  const wasm = await openInstance()
  const { job, expected } = await someJob(light, wasm)
  let up: (pool: Measurer) => void = () => {}
  let asked = 0
  let theirs = 0
  const growing = growingMeasurer(light, wasm, () => {
    asked++
    return new Promise((resolve) => (up = resolve))
  })
  growing.expect!([job])
  assert.is(asked, 0, 'a short run starts none')
  growing.expect!(Array(40).fill(job))
  growing.expect!(Array(40).fill(job))
  if (processors() < 2) return console.log('skipped: one processor')
  assert.is(asked, 1)
  assert.equal(await growing.measure(job), expected)
  assert.is(growing.ahead, 1)
  const measureThere = async () => {
    theirs++
    return expected
  }
  up({ ahead: 99, measure: measureThere, close: async () => {} })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await growing.measure(job), expected)
  assert.is(theirs, 1)
  assert.is(growing.ahead, 99)
  await growing.close()
})

test('while threads start inputs are opened; when they cannot start, every job fails with the reason', async () => {
  const wasm = await openInstance()
  const { job, expected } = await someJob(light, wasm)
  let up: (pool: Measurer) => void = () => {}
  const opening = openingMeasurer(new Promise((resolve) => (up = resolve)))
  assert.is(opening.ahead, 1)
  const first = opening.measure(job)
  let closed = false
  up({ ahead: 99, measure: async () => expected, close: async () => void (closed = true) })
  assert.equal(await first, expected)
  assert.is(opening.ahead, 99)
  await opening.close()
  assert.ok(closed)
  const failing = openingMeasurer(Promise.reject(new Error('no threads here')))
  for (let k = 0; k < 2; k++) {
    const told = await failing.measure(job).catch((error: unknown) => error)
    assert.is((told as Error).message, 'no threads here')
  }
  await failing.close()
})

test('tiny layers of files stay in this thread, all others go to the pool', async () => {
  const to: string[] = []
  const told = (name: string): Measurer => ({
    ahead: 7,
    measure: () => {
      to.push(name)
      return Promise.resolve({ nonFinite: { index: 0, value: NaN } })
    },
    close: async () => void to.push(`${name} closed`),
  })
  const sparing = sparingMeasurer(light, told('here'), told('pool'))
  const origin = { at: { kind: 'path' as const, path: 'x' }, offset: 0 }
  const job = (out: number, access: object): LayerJob => ({
    plan: { access: { ...memoryAccess('x', new Uint8Array()), ...access }, offset: 0, dtype: 'float32' },
    shape: [out, 8, 3, 3],
  })
  await sparing.measure(job(8, { origin }))
  await sparing.measure(job(8, {}))
  await sparing.measure(job(512, { origin }))
  await sparing.close()
  assert.equal(to, ['here', 'pool', 'pool', 'pool closed', 'here closed'])
  assert.is(sparing.ahead, 7)
})

test.after(() => rm(folder, { recursive: true }))
test.run()
