import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { numbersOf, roundedToHalf } from '../../src/weights/numbers.ts'

/** Every finite float16 from 0 on, rising. */
const halves = numbersOf(new Uint8Array(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits).buffer), 'float16', 0x7c00)

test('a float16 is itself; between two the nearest, and of two as near the even one', () => {
  for (let bits = 0; bits + 1 < halves.length; bits++) {
    const [low, high] = [halves[bits]!, halves[bits + 1]!]
    const middle = (low + high) / 2
    assert.is(roundedToHalf(low), low)
    assert.is(roundedToHalf(middle), bits % 2 === 0 ? low : high)
    assert.is(roundedToHalf(Math.fround(middle - (high - low) / 64)), low)
    assert.is(roundedToHalf(-Math.fround(middle + (high - low) / 64)), -high)
  }
})

test('what is too large, or no number', () => {
  assert.is(roundedToHalf(65519), 65504)
  assert.is(roundedToHalf(65520), Number.POSITIVE_INFINITY)
  assert.is(roundedToHalf(-1e30), Number.NEGATIVE_INFINITY)
  assert.is(roundedToHalf(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY)
  assert.ok(Number.isNaN(roundedToHalf(Number.NaN)))
  assert.ok(Object.is(roundedToHalf(-0), -0))
})

test.run()
