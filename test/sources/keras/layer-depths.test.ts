import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernelDepths } from '../../../src/sources/keras/layer-depths.ts'

const layer = (className: string, name: string, ...calls: unknown[]) => ({
  class_name: className,
  name,
  config: { name },
  inbound_nodes: calls,
})
/** A call as Keras 2 writes it, and as Keras 3 does. */
const two = (...from: [name: string, call?: number][]) => from.map(([name, call = 0]) => [name, call, 0, {}])
const three = (...from: string[]) => ({
  args: [from.map((name) => ({ class_name: '__keras_tensor__', config: { shape: [null], keras_history: [name, 0, 0] } }))],
  kwargs: {},
})
const functional = (...layers: unknown[]) => ({ class_name: 'Functional', config: { name: 'm', layers } })
const depths = (configuration: unknown) => {
  const depthOf = kernelDepths(configuration)
  const names = [...(JSON.stringify(configuration) ?? '').matchAll(/"name":"(\w+)"/g)].map(([, name]) => name!)
  const placed = names
    .map((node) => [node, depthOf?.({ layer: `${node}/kernel`, node })])
    .filter(([, depth]) => depth !== undefined)
  return depthOf && Object.fromEntries(placed)
}

test('the longest way counts, as Keras 2 and 3 write it', () => {
  for (const call of [(...names: string[]) => two(...names.map((name): [string] => [name])), three])
    assert.equal(
      depths(
        functional(
          layer('InputLayer', 'in'),
          layer('Conv2D', 'a', call('in')),
          layer('Conv2D', 'b', call('a')),
          layer('Add', 'sum', call('in', 'b')),
          layer('Conv2D', 'c', call('sum')),
        ),
      ),
      { a: 0, b: 1, sum: 2, c: 3 },
    )
})

test('a Sequential model, inside another and inside a file of Keras', () => {
  const stem = {
    class_name: 'Sequential',
    name: 's',
    config: { name: 's', layers: [layer('InputLayer', 'x'), layer('Conv2D', 'p'), layer('Conv2D', 'q')] },
  }
  assert.equal(depths(stem), { p: 0, q: 1 })
  const around = functional(
    layer('InputLayer', 'in'),
    layer('ReLU', 'r', two(['in'])),
    { ...stem, inbound_nodes: [two(['r'])] },
    layer('Conv2D', 'z', two(['s'])),
  )
  assert.equal(depths({ keras_version: '2.15', model_config: around }), { r: 0, p: 1, q: 2, z: 3 })
})

test('the pointwise kernel of a separable layer lies behind its depthwise one', () => {
  for (const className of ['SeparableConv2D', 'SeparableConvolution2D', 'mine>MySeparableConv2D']) {
    const depthOf = kernelDepths(
      functional(
        layer('InputLayer', 'in'),
        layer(className, 's', two(['in'])),
        layer('Conv2D', 'pointwise', two(['s'])),
        layer('Add', 'sum', two(['s'], ['in'])),
        layer('DepthwiseConv2D', 'd', two(['sum'])),
      ),
    )!
    const at = (layer: string) => depthOf({ layer, node: layer.slice(0, layer.indexOf('/')) })
    assert.equal(['s/depthwise_kernel', 's/pointwise_kernel', 'pointwise/kernel', 'd/kernel'].map(at), [0, 1, 2, 3], className)
  }
})

test('a layer that is called twice lies where it is first called', () => {
  assert.equal(
    depths(
      functional(
        layer('InputLayer', 'in'),
        layer('Conv2D', 'shared', two(['in']), two(['mid'])),
        layer('ReLU', 'mid', two(['shared', 0])),
        layer('Conv2D', 'last', two(['shared', 1])),
      ),
    ),
    { shared: 0, mid: 1, last: 3 },
  )
})

test('no graph, or one that leads nowhere, is none', () => {
  assert.is(depths(undefined), undefined)
  assert.is(depths({ class_name: 'Net', config: { name: 'n' } }), undefined)
  assert.is(depths(functional(layer('InputLayer', 'in'), layer('Conv2D', 'a', two(['nowhere'])))), undefined)
  assert.is(depths(functional(layer('Conv2D', 'a', two(['b'])), layer('Conv2D', 'b', two(['a'])))), undefined)
})

test.run()
