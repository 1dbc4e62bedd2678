import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snappy } from '../../src/codecs/snappy.ts'

// 4,400 bytes (a repeated text, 300 random bytes, 3,000 zeros, a short repeat) packed by python-snappy 0.5.3.
const LENGTH = 4400
const SHA256 = '8602f84e203cadc6c341ea5945a17a3d1865388544089796b267b325b0f399cf'
const packed = new Uint8Array(
  Buffer.from(
    'sCJMZmlsdGVycyBvZiBhIGxheWVyLCD+FAD+FAD+FAD+FAD+FAD+FAD+FAD+FAD+FAD+FAD+FAD+FAAuFAD0PgF4mzTK9U8uIgrNlB5xuI1YNoZtDYWLY1SelL4srMZ/W37yjy2ZA5WfY9PYk9znUnechBYpF+yP8a9KZCLTZ+GNXrbfpGWlMx91jnk+qVqU6w0VtiqSpwmlk6RO0ieWYuOVRYDDUakEuhboVrq5lDHgatlqOh4fHFZMFPt/pBI+ldFm9Gd74NL7EnDX43/bbv9gEBKCgXxqdtWFSKYaoTvOFP3GL9xrVKyX8aHXbomtyP4mj2EWykGJHlXt8c7HbwFsUAaDO8rDcRtnUqnx4Q0oETn6g0cVuSgFmLEmK+jDaZ/Gd/nMMCc6u97U4yJkmvXYPFW+U1pMp/2thAJWAp89OPn3Jn3SlrZ1XAAboO+c4eLISIC5rkTdKklakr5lsy8nzluovqdZmQsKLbcAAAAAAAAAAAAAAAAAAAAAAAAA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goA/goAkgoACGFiY/4DAP4DAP4DAP4DAKIDAA==',
    'base64',
  ),
)

test('bytes that python-snappy packed', () => {
  assert.is(createHash('sha256').update(snappy(packed, LENGTH)).digest('hex'), SHA256)
  assert.equal([...snappy(Uint8Array.of(0), 0)], [])
})

test('a copy of each kind', () => {
  // "abcd", 4 bytes from 4 back (kind 1), 3 from 2 (kind 2), 2 from 1 (kind 3)
  const bytes = [13, 3 << 2, 97, 98, 99, 100, 1, 4, (2 << 2) | 2, 2, 0, (1 << 2) | 3, 1, 0, 0, 0]
  assert.is(new TextDecoder().decode(snappy(Uint8Array.from(bytes), 13)), 'abcdabcdcdccc')
})

test('damage is reported, whatever byte is changed', () => {
  assert.throws(() => snappy(packed, LENGTH - 1), /states 4400 bytes, not 4399/)
  assert.throws(() => snappy(packed.subarray(0, 300), LENGTH), RangeError)
  for (let at = 0; at < packed.length; at++)
    for (const flip of [1, 0x80, 0xff]) {
      const changed = packed.slice()
      changed[at]! ^= flip
      try {
        snappy(changed, LENGTH)
      } catch (error) {
        assert.instance(error, RangeError, `byte ${at}`)
      }
    }
})

test.run()
