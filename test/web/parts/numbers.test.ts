import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytes, weight, wholeSize } from '../../../src/web/parts/numbers.ts'

test('weights are printed in few digits, with a true minus', () => {
  const expected: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '0'],
    [0.123456, '0.123'],
    [-0.123456, '−0.123'],
    [12.3456, '12.3'],
    [0.000012, '1.2e-5'],
    [-0.000012, '−1.2e-5'],
    [154321.4, '154,321'],
    [-1234, '−1,234'],
    [3e9, '3.0e+9'],
  ]
  for (const [value, text] of expected) assert.is(weight(value), text)
})

test('sizes of files', () => {
  assert.equal([999, 1580495, 275e6, 10.4e9].map(bytes), ['999 bytes', '1.58 MB', '275 MB', '10.4 GB'])
})

test('the size of a model is that of all its files', () => {
  const part = (size: number) => ({ file: 'a', bytes: size, sha256: '' })
  assert.is(wholeSize({ bytes: 100, parts: [part(20), part(3)] }), 123)
  assert.is(wholeSize({ bytes: 100 }), 100)
})

test.run()
