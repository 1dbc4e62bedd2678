import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LayerRow } from '../../../src/measure/layer-row.ts'
import { chosenLayers, flaggedLayers } from '../../../src/web/state/layer-list.ts'

const row = (layer: string, sparsity: number | null, out_channels = 8): LayerRow =>
  ({ layer, sparsity, out_channels, in_channels: 4, kernel: '3x3', filters: out_channels * 4 }) as unknown as LayerRow
const layers = flaggedLayers({
  layers: [row('stem.conv', 0.1), row('block.1.conv', 0.9, 32), row('block.2.conv', null), row('block.10.conv', 0.4)],
  flags: [[], [{ metric: 'sparsity', message: 'much' }], [], [{ metric: 'sparsity', message: 'some' }]],
})
const names = (choice: Parameters<typeof chosenLayers>[1]) => chosenLayers(layers, choice).map((one) => one.row.layer)

test('layers are found by a part of their name in any case, and by their flags', () => {
  assert.equal(names({ lfind: 'BLOCK' }), ['block.1.conv', 'block.2.conv', 'block.10.conv'])
  assert.equal(names({ lfind: 'block', flagged: '1' }), ['block.1.conv', 'block.10.conv'])
  assert.equal(names({ lfind: 'nothing' }), [])
})

test('layers are ordered by name, shape, flags and any metric; a layer without a value is last', () => {
  assert.equal(names({ lsort: '-sparsity' }), ['block.1.conv', 'block.10.conv', 'stem.conv', 'block.2.conv'])
  assert.equal(names({ lsort: 'sparsity' })[3], 'block.2.conv')
  assert.is(names({ lsort: '-shape' })[0], 'block.1.conv')
  assert.equal(names({ lsort: '-flags' }).slice(0, 2), ['block.1.conv', 'block.10.conv'])
  assert.is(names({ lsort: 'layer' })[0], 'block.1.conv')
})

test('what is found can be more than the name', () => {
  assert.equal(
    chosenLayers(layers, { lfind: 'relu' }, (one) => `${one.layer} ${one.layer === 'stem.conv' ? 'relu' : ''}`).map(
      (one) => one.row.layer,
    ),
    ['stem.conv'],
  )
})

test.run()
