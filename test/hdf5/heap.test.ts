import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { heapProblem, lengthBytesOf } from '../../src/hdf5/heap.ts'

/** A collection of `size` bytes with objects of the given [index, size]. */
function collection(size: number, objects: readonly (readonly [index: number, bytes: number])[], lengthBytes = 8): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  const length = (at: number, value: number) =>
    lengthBytes === 8 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true)
  bytes.set([0x47, 0x43, 0x4f, 0x4c, 1])
  length(8, size)
  let at = 16
  for (const [index, count] of objects) {
    view.setUint16(at, index, true)
    length(at + 8, count)
    at += index === 0 ? count : 16 + Math.ceil(count / 8) * 8
  }
  return bytes
}

test('sound collections, whole or only begun', () => {
  for (const lengthBytes of [8, 4]) {
    const sound = collection(
      4096,
      [
        [1, 100],
        [2, 0],
        [0, 4096 - 16 - 120 - 16],
      ],
      lengthBytes,
    )
    assert.is(heapProblem(sound, lengthBytes), undefined)
    assert.is(heapProblem(sound.subarray(0, 50), lengthBytes), undefined)
    assert.is(heapProblem(sound.subarray(0, 10), lengthBytes), undefined)
  }
  assert.is(heapProblem(new Uint8Array(4096), 8), undefined)
})

test('sizes that lead nowhere or outside', () => {
  assert.match(
    heapProblem(
      collection(4096, [
        [1, 100],
        [0, 0],
      ]),
      8,
    )!,
    /object of 0 bytes at byte 136 of 4096/,
  )
  assert.match(heapProblem(collection(4096, [[1, 5000]]), 8)!, /object of 5000 bytes/)
  assert.match(heapProblem(collection(4096, [[0, 5000]]), 8)!, /object of 5000 bytes/)
})

test('what follows the part that was read is walked too, and read no further than the collection', () => {
  const size = 100_000
  const offsets: number[] = []
  const walk = (whole: Uint8Array) =>
    heapProblem(whole.subarray(0, 4096), 8, whole.length, (offset, length) => {
      assert.ok(offset + length <= size)
      offsets.push(offset)
      return whole.subarray(offset, offset + length)
    })
  const objects = Array.from({ length: 3 }, (_, k) => [k + 1, 30_000] as const)
  const used = 16 + 3 * (16 + 30_000)
  assert.is(walk(collection(size, [...objects, [0, size - used]])), undefined)
  assert.equal(offsets, [30_032, 60_048, 90_064])
  // As input 55673 of the Keras files had it: the size of a heap of 4 KiB changed, and zeros behind it.
  assert.match(walk(collection(size, objects))!, /object of 0 bytes at byte 90064 of 100000/)
})

test('a collection that the file has no room for', () => {
  const begun = collection(1 << 20, [[1, 100_000]]).subarray(0, 4096)
  assert.is(heapProblem(begun, 8, 1 << 20), undefined)
  assert.match(heapProblem(begun, 8, 5000)!, /should have 1048576 bytes where the file has 5000/)
})

test('the length of lengths, by the superblock’s version', () => {
  const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
  assert.is(lengthBytesOf(Uint8Array.from([...signature, 0, 0, 0, 0, 0, 8, 4, 0])), 4)
  assert.is(lengthBytesOf(Uint8Array.from([...signature, 2, 8, 8, 0, 0, 0, 0, 0])), 8)
  assert.is(lengthBytesOf(new Uint8Array(3)), 8)
})

test.run()
