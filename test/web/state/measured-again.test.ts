import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { listInputs } from '../../../src/inputs/node-inputs.ts'
import { measuredAgain } from '../../../src/web/state/measured-again.ts'

test('layers that are measured again are equal in every bit, or the numbers that are not are named', async () => {
  const { layers } = await analyze(await listInputs(['data/vgg_w16_cifar10_normal.onnx']))
  assert.equal(measuredAgain({ layers }, layers), { layers: layers.length, differences: [] })
  const forged = layers.map((row, k) => (k === 2 ? { ...row, orthogonality: row.orthogonality! + 2 ** -53 } : row))
  const { differences } = measuredAgain({ layers: forged }, layers)
  assert.is(differences.length, 1)
  assert.is(differences[0]!.column, 'orthogonality')
  assert.is(measuredAgain({ layers: layers.slice(1) }, layers).differences.at(-1)!.column, 'number of layers')
})

test.run()
