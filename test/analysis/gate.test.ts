import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseGateConfig } from '../../src/analysis/gate-config.ts'
import { fitsPattern } from '../../src/analysis/layer-pattern.ts'
import { limitFindings, limitsOfLayer } from '../../src/analysis/limits.ts'
import { InputError } from '../../src/errors.ts'
import { processorTime } from '../helpers/processor-time.ts'
import { layerRow } from './synthetic.ts'

test('patterns: * any characters, slashes too, ? one; the name of a layer, or model/layer', () => {
  const fits = (pattern: string, layer: string): boolean => fitsPattern(pattern, { model: 'net', layer, name: layer })
  for (const pattern of ['*', 'a/b/conv.1', 'a*1', '*/conv.?', '*a*b*c*', 'net/a/*', '**1'])
    assert.ok(fits(pattern, 'a/b/conv.1'), pattern)
  for (const pattern of ['', 'conv.1', 'a/b/conv.', 'a?1', 'A*', '*2', 'other/*', 'a/b/conv.1?'])
    assert.not.ok(fits(pattern, 'a/b/conv.1'), pattern)
  assert.ok(fitsPattern('layers.0.*', { model: 'net', layer: 'onnx::Conv_12', name: 'layers.0.conv1' }))
  assert.ok(fitsPattern('onnx::*', { model: 'net', layer: 'onnx::Conv_12', name: 'layers.0.conv1' }))
  // Many stars on a long name: no blow-up.
  const started = processorTime()
  assert.not.ok(fits(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000)))
  assert.ok(processorTime() - started < 1000)
})

test('of the limits that fit a layer the last one holds, each limit on its own', () => {
  const rules = [
    { pattern: '*', limits: { max_sparsity: 0.5, min_entropy: 0.3 } },
    { pattern: 'conv*', limits: { max_sparsity: 0.7 } },
  ]
  assert.equal(limitsOfLayer(rules, { model: 'm', layer: 'conv1', name: 'conv1' }), { max_sparsity: 0.7, min_entropy: 0.3 })
  assert.equal(limitsOfLayer(rules, { model: 'm', layer: 'onnx::Gemm_1', name: 'fc' }), { max_sparsity: 0.5, min_entropy: 0.3 })
})

test('a value at its limit passes; an undefined one is counted; depthwise layers are exempt from orthogonality', () => {
  const rows = [
    layerRow({ model: 'm', layer: 'at', sparsity: 0.5, orthogonality: 0.5 }),
    layerRow({ model: 'm', layer: 'beyond', sparsity: 0.51, orthogonality: 0.49 }),
    layerRow({ model: 'm', layer: 'undefined', sparsity: 0, orthogonality: null }),
    layerRow({ model: 'm', layer: 'depthwise', sparsity: 0, orthogonality: 0.1, in_channels: 1, out_channels: 64 }),
  ]
  const {
    found,
    undefined: unjudged,
    exempt,
  } = limitFindings(rows, [{ pattern: '*', limits: { max_sparsity: 0.5, min_orthogonality: 0.5 } }])
  assert.equal(
    found.map(({ layer, metric, value, limit }) => [layer, metric, value, limit]),
    [
      ['beyond', 'sparsity', 0.51, 0.5],
      ['beyond', 'orthogonality', 0.49, 0.5],
    ],
  )
  assert.equal([unjudged, exempt], [1, 1])
})

test('a configuration is read as it is, or refused with every wrong key named', () => {
  const good =
    '{"limits": {"a*": {"min_entropy": 0.3}}, "ignore": ["x"], "baseline": "old.pth", "tolerance": {"sparsity": 0.1}, "flags": true}'
  assert.equal(parseGateConfig('c.json', good), JSON.parse(good))
  const problem = (text: string): string => {
    try {
      parseGateConfig('c.json', text)
    } catch (error) {
      assert.instance(error, InputError)
      return (error as Error).message
    }
    return 'accepted'
  }
  for (const [text, sentence] of [
    ['[]', /^c\.json: must be an object/],
    ['{"limits": 3}', /limits must be an object: \{"layer pattern"/],
    ['{"limits": {"*": {"max_sparsity": 2}}}', /limits → \* → max_sparsity must be at most 1/],
    ['{"limits": {"*": {"max_sparsity": "0.5"}}}', /max_sparsity must be a number/],
    ['{"ignore": "x"}', /ignore must be a list of patterns/],
    ['{"tolerance": -1}', /tolerance must be at least 0/],
    ['{"tolerance": "x"}', /tolerance must be a number from 0, or an object with sparsity/],
    ['{"flags": 1}', /flags must be true or false/],
    ['{"limit": {}}', /limit is not known; did you mean limits\?/],
    ['{"zzzzzzzz": {}}', /zzzzzzzz is not known; known are .*limits/],
    ['{"limits": {"layer1.*": {"sparsity": 0.5}}}', /sparsity is not known; .*max_sparsity/],
  ] as const)
    assert.match(problem(text), sentence, text)
})

test.run()
