import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadZstd } from '../../src/codecs/zstd.ts'
import { processorTime } from '../helpers/processor-time.ts'
import { damagedCopies } from './damaged.ts'

const zstd = await loadZstd()

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

test('frames of a file share an instance, also behind one that is damaged', () => {
  const made: unknown[] = []
  const { Instance } = WebAssembly
  const counting = new Proxy(Instance, {
    construct: (target, given) => made[made.push(Reflect.construct(target, given)) - 1] as object,
  })
  Object.assign(WebAssembly, { Instance: counting })
  try {
    for (let k = 0; k < 5; k++) {
      assert.equal(zstd(bytesOf(SIZED), LENGTH), text)
      assert.throws(() => zstd(bytesOf(SIZED).subarray(0, 30), LENGTH), RangeError)
    }
  } finally {
    Object.assign(WebAssembly, { Instance })
  }
  assert.ok(made.length <= 1, `${made.length} instances`)
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

test('blocks that take over the tables of others, streams of literals alone and by four', () => {
  for (const [name, length, hash] of [
    ['letters', 400_000, '46a5776e7af9cbda923a29ca91fed4a6df870bea0c2ef3b151c4f955624d3df0'],
    ['mixed', 450_000, '8808511f3b9febe72b1c40421844bffe0e1dac587f57f3fb5c8a00b48017712d'],
  ] as const) {
    const packed = readFileSync(join(import.meta.dirname, `../fixtures/zstd/${name}.zst`))
    assert.is(createHash('sha256').update(zstd(packed, length)).digest('hex'), hash, name)
  }
})

test('frames one behind the other, and what is to be skipped between them', () => {
  const skipped = Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)
  const frames = [bytesOf(SIZED), skipped, bytesOf(UNSIZED)]
  const both = zstd(Uint8Array.from(frames.flatMap((frame) => [...frame])), 2 * LENGTH)
  assert.equal(both.subarray(0, LENGTH), text)
  assert.equal(both.subarray(LENGTH), text)
  const empty = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0)
  const many = new Uint8Array(empty.length * 100_000) // would take minutes if each made room for a block
  for (let at = 0; at < many.length; at += empty.length) many.set(empty, at)
  assert.is(zstd(many, 0).length, 0)
  const tail = Uint8Array.from([...bytesOf(SIZED), 1, 2, 3, 4])
  assert.throws(() => zstd(tail, LENGTH), /what follows, is no frame/)
})

test('3,000 damaged copies of a frame with a checksum: not one with other bytes is taken', () => {
  const whole = new Uint8Array(readFileSync(join(import.meta.dirname, '../fixtures/zstd/mixed.zst')))
  const content = zstd(whole, 450_000)
  let taken = 0
  for (const copy of damagedCopies(whole, 3000)) {
    let out: Uint8Array
    try {
      out = zstd(copy, content.length)
    } catch (error) {
      assert.instance(error, RangeError)
      continue
    }
    taken++
    assert.equal(Buffer.compare(out, content), 0)
  }
  assert.ok(taken < 30, `${taken} were taken`) // a bit that means nothing may be changed
})

/** A frame of one compressed block that says it holds `content` bytes. */
function frameOf(content: number, block: readonly number[]): Uint8Array {
  const head = (block.length << 3) | (2 << 1) | 1
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, content, head & 255, head >> 8, head >> 16, ...block])
}

test('a hundred thousand sequences of 128 KiB each from a few bytes are refused at the first', () => {
  // No literals; codes 35, 0 and 52, each the only one of its table, and a stream without a bit.
  const frame = frameOf(200, [0, 0xff, 0xff, 0xff, 0x54, 35, 0, 52, 0x01])
  assert.throws(() => zstd(frame, 200), /more than its head states/)
})

test('contents that end where a piece ends', () => {
  for (const pieces of [1, 2, 3, 16]) {
    const blocks = Array.from({ length: pieces }, (_, k) => [k === pieces - 1 ? 3 : 2, 0, 0x10, k]).flat()
    const out = zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3, ...blocks]), pieces << 17)
    assert.equal([...new Set(out)], [...Array(pieces).keys()])
  }
})

test('what unfolds beyond the bytes asked for is refused at the first piece too much', () => {
  // 40,000 blocks of one byte repeated, 128 KiB each: five gigabytes from 160 kB.
  const block = (isLast: boolean) => [(0x100000 | 2 | (isLast ? 1 : 0)) & 255, 0, 0x10, 7]
  const blocks = Array.from({ length: 40_000 }, (_, k) => block(k === 39_999)).flat()
  const bomb = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3, ...blocks])
  const started = processorTime()
  assert.throws(() => zstd(bomb, 1_000_000), /holds more than 1000000 bytes/)
  assert.ok(processorTime() - started < 1000)
})

test('a dictionary, an unknown bit in the head and a window beyond 128 MiB are said; a large window takes no memory', () => {
  const [descriptor, ...rest] = bytesOf(SIZED).subarray(4)
  const changed = (value: number, ...more: number[]) => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, value, ...more, ...rest])
  assert.throws(() => zstd(changed(descriptor! | 8), LENGTH), /something unknown/)
  assert.throws(() => zstd(changed(descriptor! | 1, 7), LENGTH), /needs a dictionary/)
  assert.throws(() => zstd(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 20 << 3, 1, 0, 0), 100), /window is larger/)
  assert.throws(() => zstd(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0), 100), /holds 0 of 100 bytes/)
})

test('a failure leaves nothing behind for the next frame', () => {
  assert.throws(() => zstd(bytesOf(SIZED).subarray(0, 60), LENGTH), /ends early/)
  assert.equal(zstd(bytesOf(SIZED), LENGTH), text)
})

test.run()
