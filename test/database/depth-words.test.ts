import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { depthNote } from '../../src/database/depth-words.ts'
import type { DepthSource } from '../../src/database/provenance.ts'

const of = (...sources: (DepthSource | null)[]) => depthNote(sources.map((depth_source) => ({ depth_source })))

test('nothing where graphs tell all depths, or nothing is recorded', () => {
  for (const sources of [[], ['graph'], ['graph', 'graph'], [null], [null, 'graph']] as const)
    assert.is(of(...sources), undefined)
  assert.is(depthNote([{}]), undefined)
})

test('one source for all models', () => {
  assert.is(of('names'), 'Depth from the order of names: the file holds no graph.')
  assert.is(of('order'), 'Depth from the order in the file: the file holds no graph.')
  assert.is(of('order', 'order'), 'Depth from the order in the file: the files hold no graph.')
})

test('counts where models differ', () => {
  assert.is(of('graph', 'names', 'graph'), 'Depth from the graph for 2 models and the order of names for 1 model.')
  assert.is(
    of('names', 'order', 'graph', null),
    'Depth from the graph for 1 model, the order in the file for 1 model and the order of names for 1 model.',
  )
})

test.run()
