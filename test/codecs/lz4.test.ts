import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadLz4Frames, lz4Block } from '../../src/codecs/lz4.ts'
import { damagedCopies } from './damaged.ts'

const lz4Frame = await loadLz4Frames()

// 4,400 bytes (a repeated text, 300 random bytes, 3,000 zeros, a short repeat) packed by python-lz4 4.0.2.
const LENGTH = 4400
const SHA256 = '8602f84e203cadc6c341ea5945a17a3d1865388544089796b267b325b0f399cf'
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** block_linked, with a content size and checksums of blocks and content. */
const frame = bytesOf(
  'BCJNGHxAMBEAAAAAAAAxaQEAAP8FZmlsdGVycyBvZiBhIGxheWVyLCAUAP//+///IXibNMr1Ty4iCs2UHnG4jVg2hm0NhYtjVJ6Uviysxn9bfvKPLZkDlZ9j09iT3OdSd5yEFikX7I/xr0pkItNn4Y1ett+kZaUzH3WOeT6pWpTrDRW2KpKnCaWTpE7SJ5Zi45VFgMNRqQS6FuhWurmUMeBq2Wo6Hh8cVkwU+3+kEj6V0Wb0Z3vg0vsScNfjf9tu/2AQEoKBfGp21YVIphqhO84U/cYv3GtUrJfxodduia3I/iaPYRbKQYkeVe3xzsdvAWxQBoM7ysNxG2dSqfHhDSgROfqDRxW5KAWYsSYr6MNpn8Z3+cwwJzq73tTjImSa9dg8Vb5TWkyn/a2EAlYCnz04+fcmfdKWtnVcABug75zh4shIgLmuRN0qSVqSvmWzLyfOW6i+p1mZCwottwAAAAMA//////////////+tP2FiYwMA/xJQYmNhYmNMA7uuAAAAAA1rc8A=',
)
const block = frame.slice(19, -12)

test('a frame and a block that python-lz4 packed', () => {
  assert.is(hash(lz4Frame(frame, LENGTH)), SHA256)
  const out = new Uint8Array(LENGTH)
  assert.is(lz4Block(block, out), LENGTH)
  assert.is(hash(out), SHA256)
})

test('a block that is not compressed, and one that reaches back into it', () => {
  const bytes = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, 3, 0, 0, 0x80, 97, 98, 99, 4, 0, 0, 0, 0x12, 100, 4, 0, 0, 0, 0, 0]
  assert.is(new TextDecoder().decode(lz4Frame(Uint8Array.from(bytes), 10)), 'abcdabcdab')
})

test('damage is reported, whatever byte is changed', () => {
  assert.throws(() => lz4Frame(frame, LENGTH - 1), RangeError)
  assert.throws(() => lz4Frame(frame, LENGTH + 1), /states 4400 bytes, not 4401/)
  assert.throws(() => lz4Frame(frame.subarray(0, 200), LENGTH), RangeError)
  assert.throws(() => lz4Block(block, new Uint8Array(100)), RangeError)
  for (let at = 0; at < frame.length; at++)
    for (const flip of [1, 0x80, 0xff]) {
      const changed = frame.slice()
      changed[at]! ^= flip
      try {
        lz4Frame(changed, LENGTH)
        assert.unreachable(`byte ${at}`)
      } catch (error) {
        assert.instance(error, RangeError, `byte ${at}`)
      }
    }
})

test('3,000 damaged copies of a frame with checksums: none is taken', () => {
  for (const copy of damagedCopies(frame, 3000))
    if (Buffer.compare(copy, frame) !== 0) assert.throws(() => lz4Frame(copy, LENGTH), RangeError)
})

test('which checksum is wrong is said, and what follows a frame', () => {
  const changed = (at: number): Uint8Array => frame.map((byte, k) => (k === at ? byte ^ 1 : byte))
  assert.throws(() => lz4Frame(changed(14), LENGTH), /checksum of an LZ4 frame's head/)
  assert.throws(() => lz4Frame(changed(100), LENGTH), /checksum of an LZ4 block/)
  assert.throws(() => lz4Frame(changed(frame.length - 1), LENGTH), /checksum of an LZ4 frame's content/)
  assert.throws(() => lz4Frame(Uint8Array.from([...frame, 0]), LENGTH), /1 bytes follow/)
})

test.run()
