import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source, SourceModel } from '../../../src/sources/source.ts'
import { assertCloseWeights, type ComputedLayer } from '../helpers/close-weights.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

interface Layer {
  layer: string
  shape: number[]
  sha256: string
}
interface Expected {
  files: Record<string, { layers: Layer[]; skipped: string[]; others?: { model: string; layers: Layer[] }[] }>
}

const fixtures = join(import.meta.dirname, '../../fixtures/pytorch')

async function open(path: string): Promise<Source> {
  return openSource({ path, access: await openFile(path), folder: diskFolder(dirname(path)) })
}

async function layersOf(model: SourceModel): Promise<Layer[]> {
  const rows: Layer[] = []
  for (const convolution of model.convolutions)
    rows.push({ layer: convolution.layer, shape: [...convolution.shape], sha256: await weightsHash(convolution) })
  return rows
}

async function compare(folder: string): Promise<void> {
  const { files } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  for (const [name, expected] of Object.entries(files)) {
    const source = await open(join(folder, name))
    try {
      const [model, ...others] = source.models
      assert.equal(await layersOf(model!), expected.layers, name)
      const skipped = model!.skipped.map((one) => one.name)
      for (const skip of expected.skipped)
        assert.ok(skipped.includes(skip), `${name}: ${skip} is not among ${skipped.join(', ')}`)
      assert.equal(
        await Promise.all(others.map(async (other) => ({ model: other.name, layers: await layersOf(other) }))),
        expected.others ?? [],
        name,
      )
      for (const one of source.models)
        assert.equal(
          one.convolutions.map(({ conv_depth }) => conv_depth),
          one.convolutions.map((_, k) => k),
        )
    } finally {
      await source.close()
    }
  }
}

test('the committed checkpoints hold what PyTorch says they hold', () => compare(fixtures))

test('weights in parts, and TorchScript in the order in which its code runs', async () => {
  const expected = JSON.parse(readFileSync(join(fixtures, 'weights.json'), 'utf8')) as Record<string, ComputedLayer[]>
  for (const [name, layers] of Object.entries(expected)) {
    const source = await open(join(fixtures, 'weights', name))
    await assertCloseWeights(source.models[0]!, layers, name)
    const isScript = ['scripted.pt', 'traced.pt', 'frozen.pt'].includes(name)
    assert.is(source.models[0]!.depth_source, isScript ? 'graph' : 'order', name)
    await source.close()
  }
})

test('checkpoints as training codes keep them: averages with settings, networks near each other, other norms', async () => {
  await assertMeasured('habits')
})

test('what training codes keep beside a network: an average with a counter, moments by name, the other network of two', async () => {
  await assertMeasured('companions')
})

test('what is gathered for each weight is no network, the spread of a weight no layer; arrays of JAX are read', async () => {
  await assertMeasured('beside')
})

/** The checkpoints of a folder of fixtures, against the file beside it that says what of them is to be measured. */
async function assertMeasured(folder: string): Promise<void> {
  const expected = JSON.parse(readFileSync(join(fixtures, `${folder}.json`), 'utf8')) as Record<
    string,
    { readonly models: ComputedLayer[][]; readonly note: string | null }
  >
  for (const [name, { models, note }] of Object.entries(expected)) {
    const source = await open(join(fixtures, folder, name))
    assert.is(source.models.length, models.length, name)
    for (const [k, layers] of models.entries()) await assertCloseWeights(source.models[k]!, layers, name)
    if (name.startsWith('traced')) assert.is(source.models[0]!.depth_source, 'graph', name)
    if (note !== null) assert.ok(source.warnings.join(' ').includes(note), `${name}: ${source.warnings.join(' ')}`)
    await source.close()
  }
}

test("the code of TorchScript tells depths, and a frozen module's transposed convolution", async () => {
  const source = await open(join(fixtures, 'weights/scripted.pt'))
  const depths = new Map(
    source.models[0]!.convolutions.map(({ layer, conv_depth }) => [layer.replace('.weight', ''), conv_depth]),
  )
  assert.equal(Object.fromEntries(depths), {
    stem: 0,
    'blocks.0.before': 1,
    'blocks.0.short': 1,
    'blocks.0.after': 2,
    'blocks.1.before': 3,
    'blocks.1.short': 3,
    'blocks.1.after': 4,
    dense: 5,
    head: 6,
  })
  await source.close()
  const frozen = await open(join(fixtures, 'weights/frozen.pt'))
  assert.ok(frozen.models[0]!.skipped.some(({ kind, shape }) => kind === 'ConvTranspose' && shape.join() === '8,8,3,3'))
  assert.equal(frozen.warnings, [])
  await frozen.close()
})

test('what was optimised for one machine is refused by name', async () => {
  try {
    await open(join(fixtures, 'weights/optimised.pt'))
  } catch (error) {
    assert.match((error as Error).message, /torch\.jit\.optimize_for_inference, and its weights are not in the file/)
    return
  }
  throw new Error('it was opened')
})

test('checkpoints written by PyTorch on the spot hold what it says they hold', async () => {
  const python = '/usr/bin/python3'
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  } catch {
    console.log('skipped: no PyTorch at /usr/bin/python3')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
  try {
    execFileSync(python, [join(fixtures, 'make.py'), folder, '1'], { stdio: 'ignore' })
    await compare(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
