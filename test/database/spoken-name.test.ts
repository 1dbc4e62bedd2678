import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isCalled, spokenName } from '../../src/database/spoken-name.ts'

test('a name that an exporter made up gives way to the module in the node; a good one stays', () => {
  assert.is(spokenName({ layer: 'onnx::Conv_134', node: '/layers/layers.0/conv1/Conv' }), 'layers.0.conv1')
  assert.is(spokenName({ layer: 'onnx::Conv_63', node: '/0/Conv' }), '0')
  assert.is(spokenName({ layer: '215', node: 'block/conv' }), 'block')
  assert.is(spokenName({ layer: 'layers.0.conv2.weight', node: '/layers/layers.0/conv2/Conv' }), 'layers.0.conv2.weight')
  assert.is(spokenName({ layer: 'onnx::Conv_63', node: null }), 'onnx::Conv_63')
  assert.is(spokenName({ layer: 'onnx::Conv_63', node: 'Conv_12' }), 'Conv_12')
})

test('further convolutions of one module have names of their own', () => {
  assert.is(spokenName({ layer: 'onnx::Conv_12', node: '/block/Conv' }), 'block')
  assert.is(spokenName({ layer: 'onnx::Conv_15', node: '/block/Conv_1' }), 'block.Conv_1')
})

test('a layer answers to both of its names', () => {
  const layer = { layer: 'onnx::Conv_12', node: '/layers/layers.0/conv1/Conv' }
  assert.ok(isCalled(layer, 'onnx::Conv_12') && isCalled(layer, 'layers.0.conv1'))
  assert.not.ok(isCalled(layer, 'layers.0'))
})

test.run()
