import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { warningsByModel } from '../../../src/web/state/warnings-of.ts'

const models = [
  { model: 'net', file: 'runs/net.pth' },
  { model: 'net 2', file: 'runs/net 2.pth' },
]

test('a model shows the warnings that begin with its name or its file, and those about no model', () => {
  const warnings = [
    'runs/net.pth: 3 weights were not exactly a float32',
    'net: no layer to measure',
    'net looks untrained: in 4 of 4 layers',
    'net 2 looks untrained: in 4 of 4 layers',
    'runs/net 2.pth: is a second copy',
    'network weather is fine',
  ]
  const of = warningsByModel({ models, warnings })
  assert.equal(of(models[0]!.model), [warnings[0], warnings[1], warnings[2], warnings[5]])
  assert.equal(of(models[1]!.model), [warnings[3], warnings[4], warnings[5]])
})

test.run()
