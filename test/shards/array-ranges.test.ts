import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { arrayRanges } from '../../src/shards/array-ranges.ts'

test('neighbours become a range, one alone stays alone', () => {
  assert.is(arrayRanges([]), '')
  assert.is(arrayRanges([3]), '3')
  assert.is(arrayRanges([0, 1, 2, 5, 7, 8]), '0-2,5,7-8')
  assert.is(arrayRanges(Array.from({ length: 1000 }, (_, k) => k)), '0-999')
})

test.run()
