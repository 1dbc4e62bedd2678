import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findInputs } from '../../../src/inputs/node-inputs.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import '../../../src/node.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/state-h5/', import.meta.url))
const expected: Record<string, { shape: number[]; sha256: string }[]> = JSON.parse(
  readFileSync(`${fixtures}expected.json`, 'utf8'),
)

async function openFixture(name: string): Promise<Source> {
  for await (const input of findInputs([fixtures + name])) return openSource(await input.open())
  throw new Error(`${name} is no input`)
}

for (const [name, layers] of Object.entries(expected))
  test(`${name}: layers in the order in which they run, weights as h5py has them`, async () => {
    const source = await openFixture(name)
    const ours = []
    for (const layer of source.models[0]!.convolutions) ours.push({ shape: [...layer.shape], sha256: await weightsHash(layer) })
    assert.equal(ours, layers)
    await source.close()
  })

test('where headers may lie in the gaps of a heap that moved, depth is by names and says so', async () => {
  const source = await openFixture('many-names.h5')
  assert.is(source.models[0]!.depth_source, 'names')
  assert.match(source.warnings.join(), /depth is an order read from the names/)
  await source.close()
  const grouped = await openFixture('flat.h5')
  assert.is(grouped.models[0]!.depth_source, 'order')
  await grouped.close()
})

test('names, the layout that was chosen, and the optimiser', async () => {
  const flat = await openFixture('flat.h5')
  assert.equal(
    flat.models[0]!.convolutions.map(({ layer }) => layer),
    ['z_stem.weight', 'b.10.weight', 'a.weight'],
  )
  await flat.close()
  const nested = await openFixture('nested.hdf5')
  assert.equal(
    nested.models[0]!.convolutions.map(({ layer }) => layer),
    ['model/stem/kernel', 'model/block/kernel'],
  )
  assert.match(nested.warnings.join(), /read as \(rows, columns, in, out\)/)
  assert.equal(
    nested.models[0]!.skipped.map(({ name, reason }) => [name, reason]),
    [['optimizer/m/stem/kernel', 'optimiser state']],
  )
  await nested.close()
})

test.run()
