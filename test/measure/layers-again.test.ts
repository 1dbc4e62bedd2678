import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { InputError } from '../../src/errors.ts'
import { type LayerPlace, layersAgain, wantedOf } from '../../src/measure/layers-again.ts'
import { convolution, memoryInput, safetensors } from './models.ts'

const inputs = ['one', 'two', 'three'].map((name, seed) =>
  memoryInput(
    `${name}.safetensors`,
    safetensors(Array.from({ length: 5 }, (_, k) => convolution(`c${k}.weight`, [4, 2 + k, 3, 3], 10 * seed + k))),
  ),
)
const analysis = await analyze(inputs)

async function again(wanted: readonly LayerPlace[], given = inputs): Promise<string[]> {
  const found: string[] = []
  for await (const { row, layer } of layersAgain({ inputs: given, analysis, wanted: wantedOf(wanted), options: {} })) {
    assert.is(row.layer, layer.convolution.layer)
    found.push(`${row.model} ${row.layer}`)
  }
  return found
}
const names = (rows: readonly LayerPlace[]): string[] => rows.map(({ model, layer }) => `${model} ${layer}`)

test('layers are given in the order of the inputs, those alone that are wanted', async () => {
  assert.equal(await again(analysis.layers), names(analysis.layers))
  const some = analysis.layers.filter((_, k) => k % 3 === 1)
  assert.equal(await again(some), names(some))
  assert.equal(await again([]), [])
})

test('rows in another order than the inputs, and of one id, all find their layers', async () => {
  const backwards = [...analysis.layers].reverse()
  assert.equal((await again(backwards)).sort(), names(analysis.layers).sort())
  assert.equal((await again(analysis.layers, [...inputs].reverse())).sort(), names(analysis.layers).sort())
})

test('a layer that is not there any more is said to be missing', async () => {
  const refused = async (wanted: readonly LayerPlace[], given = inputs): Promise<string> =>
    again(wanted, given).then(
      () => 'none',
      (error: unknown) => (error instanceof InputError ? error.message : Promise.reject(error)),
    )
  assert.match(
    await refused(analysis.layers, inputs.slice(1)),
    /^one: layer c\d.weight was measured, but is not in the inputs any more/,
  )
  const more = [...analysis.layers, { ...analysis.layers[0]!, layer_id: 99, layer: 'gone' }]
  assert.match(await refused(more), /^one: layer gone was measured, but is not in the inputs any more/)
  assert.match(await refused([{ ...analysis.layers[0]!, layer: 'other' }]), /no longer holds layer other as it was measured/)
})

test.run()
