import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { layerTableBytes, modelTableBytes } from '../../src/artifact/tables.ts'
import { InputError, NonFiniteWeightError } from '../../src/errors.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import { type Input, type LazyInput, memoryAccess } from '../../src/io/random-access.ts'
import type { PassOptions } from '../../src/measure/layer-pass.ts'
import { growingMeasurer, type LayerJob, localMeasurer } from '../../src/measure/measurer.ts'
import type { MeasureOptions } from '../../src/measure/options.ts'
import { openPool } from '../../src/measure/pool.ts'
import { openKernel } from '../../src/wasm.ts'
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

test('a run that is stopped ends at once, threads and all', async () => {
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

test('where threads cannot be started the work goes on in this one', async () => {
  const options: PassOptions = { threshold: 0.01, profile: 'cvprw22', passes: new Set() }
  const kernel = await openKernel()
  const growing = growingMeasurer(options, kernel, () => Promise.reject(new Error('no threads here')))
  const { values } = convolution('x', [512, 700, 3, 3], 1)
  const plan = { access: memoryAccess('x', new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' as const }
  const job: LayerJob = { plan, shape: [512, 700, 3, 3] }
  const here = localMeasurer(options, kernel)
  const expected = await here.measure(job)
  for (let k = 0; k < 20; k++) assert.equal(await growing.measure(job), expected)
  await growing.close()
})

test.after(() => rm(folder, { recursive: true }))
test.run()
