import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytes, wholeSize } from '../../../src/web/parts/numbers.ts'

test('sizes of files', () => {
  assert.equal([999, 1580495, 275e6, 10.4e9].map(bytes), ['999 bytes', '1.58 MB', '275 MB', '10.4 GB'])
})

test('the size of a model is that of all its files', () => {
  const part = (size: number) => ({ file: 'a', bytes: size, sha256: '' })
  assert.is(wholeSize({ bytes: 100, parts: [part(20), part(3)] }), 123)
  assert.is(wholeSize({ bytes: 100 }), 100)
})

test.run()
