import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spokenName } from '../../../src/web/state/spoken-name.ts'

test('a name that an exporter made up gives way to the module in the node; a good one stays', () => {
  assert.is(spokenName('onnx::Conv_134', '/layers/layers.0/conv1/Conv'), 'layers.0.conv1')
  assert.is(spokenName('onnx::Conv_63', '/0/Conv'), '0')
  assert.is(spokenName('215', 'block/conv'), 'block')
  assert.is(spokenName('layers.0.conv2.weight', '/layers/layers.0/conv2/Conv'), 'layers.0.conv2.weight')
  assert.is(spokenName('onnx::Conv_63', undefined), 'onnx::Conv_63')
  assert.is(spokenName('onnx::Conv_63', 'Conv_12'), 'Conv_12')
})

test.run()
