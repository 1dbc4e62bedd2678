import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { unzipSync, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { assertCloseWeights, type ComputedLayer } from '../helpers/close-weights.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput, text } from '../inputs.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/torch-export/', import.meta.url))
const expected: Record<string, { layer: string; shape: number[]; sha256: string }[]> = Object.assign(
  {},
  ...['expected.json', 'quantised.json'].map((name) => JSON.parse(readFileSync(fixtures + name, 'utf8'))),
)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))
const openFixture = (name: string): Promise<Source> => openSource(memoryInput(name, bytesOf(name)))

async function refused(bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput('net.pt2', bytes))
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was opened')
}

/** An archive with some of its entries changed; an entry that becomes undefined is left out. */
function changed(name: string, change: (entry: string, content: string) => string | undefined): Uint8Array {
  const entries: Record<string, Uint8Array> = {}
  for (const [entry, bytes] of Object.entries(unzipSync(bytesOf(name)))) {
    if (!entry.endsWith('.json')) entries[entry] = bytes
    else {
      const now = change(entry, new TextDecoder().decode(bytes))
      if (now !== undefined) entries[entry] = text(now)
    }
  }
  return zipSync(entries, { level: 0 })
}

for (const [name, layers] of Object.entries(expected))
  test(`${name}: layers in the order in which the program runs them, weights as PyTorch has them`, async () => {
    const source = await openFixture(name)
    const ours = []
    for (const layer of source.models[0]!.convolutions)
      ours.push({ layer: layer.layer, shape: [...layer.shape], sha256: await weightsHash(layer) })
    assert.equal(ours, layers)
    await source.close()
  })

for (const name of ['computed.pt2', 'computed-decomposed.pt2', 'computed-more.pt2'])
  test(`${name}: weights that the program computes are those of PyTorch`, async () => {
    const source = await openFixture(name)
    const layers = JSON.parse(
      readFileSync(`${fixtures}${name.replace('-decomposed', '').replace('.pt2', '.json')}`, 'utf8'),
    ) as ComputedLayer[]
    await assertCloseWeights(source.models[0]!, layers, name)
    await source.close()
  })

test('a weight that is made by an operator that is not computed is refused by its name', async () => {
  const source = await openFixture('orthogonal.pt2')
  const [model] = source.models
  assert.is(model!.convolutions.length, 0)
  assert.match(model!.skipped[0]!.reason, /computed in the graph by aten\.(matrix_exp|linalg_)/)
  await source.close()
})

test('depths through branches, groups, placement, bias, and what is left out', async () => {
  const source = await openFixture('net.pt2')
  const [model] = source.models
  assert.is(source.format, 'torch.export')
  assert.match(model!.producer!, /^PyTorch 2\./)
  assert.equal(
    model!.convolutions.map(({ layer, depth, conv_depth, groups }) => [layer, depth, conv_depth, groups]),
    [
      ['z_stem.weight', 0, 0, 1],
      ['b.weight', 3, 1, 8],
      ['a.weight', 5, 2, 1],
      ['short.weight', 11, 3, 1],
      ['yes.weight', 15, 4, 1],
      ['normed.weight', 16, 5, 1],
    ],
  )
  const a = model!.convolutions[2]!
  assert.equal(a.placement, { strides: [2, 2], dilations: [1, 1], pads: [1, 2, 1, 2] })
  assert.ok(a.bias)
  assert.not.ok(model!.convolutions[0]!.bias)
  const reasons = new Map(model!.skipped.map(({ name, reason }) => [name, reason]))
  assert.is(reasons.get('up.weight'), 'transposed convolution')
  assert.is(reasons.get('flat.weight'), '1-D convolution')
  assert.is(reasons.get('unused.weight'), '4-D tensor that no convolution of the graph takes')
  await source.close()
})

test('an archive that lacks a part or contradicts itself is refused in one sentence', async () => {
  assert.match(
    await refused(changed('net.pt2', (entry, content) => (entry.endsWith('model.json') ? '{"graph_module": 1}' : content))),
    /holds no graph_module with a graph and a signature/,
  )
  const larger = changed('net.pt2', (entry, content) =>
    entry.endsWith('config.json') ? content.replaceAll('"as_int": 8}', '"as_int": 800000}') : content,
  )
  assert.match(await refused(larger), /too few for z_stem.weight/)
  const negative = changed('net.pt2', (entry, content) =>
    entry.endsWith('config.json') ? content.replaceAll('"as_int": 27}', '"as_int": -27}') : content,
  )
  assert.match(await refused(negative), /Invalid value/)
  const renamed = changed('net.pt2', (entry, content) =>
    entry.endsWith('config.json') ? content.replaceAll('weight_0', 'weight_99') : content,
  )
  assert.match(await refused(renamed), /has no entry .*weight_99, which holds z_stem.weight/)
  const compiled = zipSync({ 'net/archive_format': text('pt2'), 'net/data/aotinductor/model/x.so': text('x') })
  assert.match(await refused(compiled), /compiled for one machine \(AOTInductor\)/)
})

test('without its weights the layers are listed with the reason', async () => {
  const source = await openSource(
    memoryInput(
      'net.pt2',
      changed('net.pt2', (entry, content) => (entry.endsWith('config.json') ? undefined : content)),
    ),
  )
  assert.is(source.models[0]!.convolutions.length, 0)
  assert.ok(
    source.models[0]!.skipped.some(({ name, reason }) => name === 'a.weight' && reason === 'its weight is not in the archive'),
  )
})

test.run()
