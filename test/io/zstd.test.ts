import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { zstd } from '../../src/io/zstd.ts'

// 2,000 times "filters of a layer, " and 100 bytes from 0 to 99, packed by zstd 1.5.4 from a file and from a pipe.
const LENGTH = 40_100
const text = new Uint8Array([...new TextEncoder().encode('filters of a layer, '.repeat(2000)), ...Array(100).keys()])
const SIZED =
  'KLUv/WSkmw0EAIQHZmlsdGVycyBvZiBhIGxheWVyLCAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjAQBSOKdPJiW6+TI='
const UNSIZED =
  'KLUv/QRYDQQAhAdmaWx0ZXJzIG9mIGEgbGF5ZXIsIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmMBAFI4p08mJbr5Mg=='
const bytesOf = (packed: string): Uint8Array => new Uint8Array(Buffer.from(packed, 'base64'))

test('frames that tell their size and frames that do not', () => {
  for (const packed of [SIZED, UNSIZED]) assert.equal(zstd(bytesOf(packed), LENGTH), text)
})

test('another number of bytes than was expected is an error', () => {
  for (const length of [0, LENGTH - 1, LENGTH + 1, 1_000_000])
    for (const packed of [SIZED, UNSIZED]) assert.throws(() => zstd(bytesOf(packed), length), RangeError)
})

test('damage is a RangeError, whatever byte is changed', () => {
  for (const packed of [SIZED, UNSIZED]) {
    const whole = bytesOf(packed)
    for (let at = 0; at < whole.length; at++) {
      assert.throws(() => zstd(whole.subarray(0, at - 4), LENGTH), RangeError)
      for (const value of [0, 0xff, whole[at]! ^ 0x10]) {
        const changed = whole.slice()
        changed[at] = value
        try {
          assert.is(zstd(changed, LENGTH).length, LENGTH)
        } catch (error) {
          assert.instance(error, RangeError)
        }
      }
    }
  }
})

test('a frame cannot ask for more memory than zstd itself would give it', () => {
  const head = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 20 << 3, 1, 0, 0, 0)
  assert.throws(() => zstd(head, 100), /window of 1073741824 bytes/)
})

test.run()
