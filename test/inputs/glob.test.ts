import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expandBraces, isGlob, segmentTest } from '../../src/inputs/glob.ts'
import { processorTime } from '../helpers/processor-time.ts'

test('tells patterns from names', () => {
  for (const pattern of ['*.pt', 'a/**', 'net?.onnx', '[ab].pt', 'x.{pt,pth}']) assert.ok(isGlob(pattern), pattern)
  for (const name of ['a.pt', 'a{1}.pt', 'a[.pt', 'a].pt', 'ünï.onnx']) assert.not.ok(isGlob(name), name)
})

test('unfolds braces, nested ones too, in their order', () => {
  assert.equal(expandBraces('a.{onnx,pt}'), ['a.onnx', 'a.pt'])
  assert.equal(expandBraces('{a,b{1,2}}/{x,}').sort(), ['a/', 'a/x', 'b1/', 'b1/x', 'b2/', 'b2/x'])
  assert.equal(expandBraces('plain{1}'), ['plain{1}'])
  assert.throws(() => expandBraces('{1,2,3,4,5,6,7,8,9,0}'.repeat(4)), /1000 patterns/)
})

test('matches one part of a path', () => {
  const fits = (pattern: string, ...names: string[]) => names.filter(segmentTest(pattern))
  assert.equal(fits('*.pt', 'a.pt', '.pt', 'a.pth', 'b.x.pt'), ['a.pt', 'b.x.pt'])
  assert.equal(fits('net?.onnx', 'net1.onnx', 'net12.onnx', 'net🜁.onnx'), ['net1.onnx', 'net🜁.onnx'])
  assert.equal(fits('[a-c]1', 'a1', 'd1', 'c1'), ['a1', 'c1'])
  assert.equal(fits('[!a-c]1', 'a1', 'd1'), ['d1'])
  assert.equal(fits('a+(b)$.[^x]', 'a+(b)$.y', 'aab$.y'), ['a+(b)$.y'])
  assert.equal(fits('.h*', '.hidden', 'h'), ['.hidden'])
  assert.equal(fits('[', '[', 'a'), ['['])
})

test('many stars cost no time', () => {
  const started = processorTime()
  segmentTest(`${'*a'.repeat(12)}b`)('a'.repeat(60))
  assert.ok(processorTime() - started < 1000)
})

test.run()
