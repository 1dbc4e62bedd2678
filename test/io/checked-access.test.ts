import { crc32 } from 'node:zlib'
import { createCRC32 } from 'hash-wasm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { checkedAccess, requireChecksums, summedAccess } from '../../src/io/checked-access.ts'
import { CrcParts } from '../../src/io/crc-parts.ts'
import { combineCrc } from '../../src/io/crc32.ts'
import { concatAccess, memoryAccess, type RandomAccess, sliceAccess } from '../../src/io/random-access.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, k) => (k * 2654435761) >>> 24)
const partOf = (from: number, to: number) => ({ from, to, crc: crc32(bytes.subarray(from, to)) })

function counted(): { access: RandomAccess; read: () => number } {
  let read = 0
  const memory = memoryAccess('x', bytes)
  const access: RandomAccess = {
    ...memory,
    origin: { at: { kind: 'path', path: '/x' }, offset: 1000 },
    read: (offset, length, into) => {
      read += length
      return memory.read(offset, length, into)
    },
  }
  return { access, read: () => read }
}

test('checksums of two stretches make that of both', async () => {
  const hash = await createCRC32(0x82f63b78)
  const castagnoli = (part: Uint8Array): number => Number.parseInt(hash.init().update(part).digest('hex'), 16)
  for (const cut of [0, 1, 7, 4096, 65_537, 99_999, 100_000]) {
    const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)]
    assert.is(combineCrc('CRC-32', crc32(head), crc32(tail), tail.length), crc32(bytes))
    assert.is(combineCrc('CRC-32C', castagnoli(head), castagnoli(tail), tail.length), castagnoli(bytes))
  }
})

test('stretches in any order become one; of those that overlap the longer is kept', () => {
  const parts = new CrcParts('CRC-32')
  parts.add(partOf(60_000, 100_000))
  parts.add(partOf(0, 4096)) // a header
  parts.add(partOf(128, 40_000)) // what lies behind its first bytes
  parts.add(partOf(30_000, 50_000)) // longer than nothing that is known of it
  assert.equal(parts.gap(100_000), { from: 0, to: 128 })
  parts.add(partOf(0, 128))
  assert.equal(parts.gap(100_000), { from: 40_000, to: 60_000 })
  assert.not(parts.wants(100, 200))
  parts.add(partOf(40_000, 60_000))
  assert.is(parts.gap(100_000), undefined)
  assert.equal(parts.take(), [partOf(0, 100_000)])
})

test('more scattered reads than are remembered: the rest is read to be checked, and it ends', async () => {
  for (const first of [0, 8]) {
    const { access } = counted()
    const checked = checkedAccess(access, 'CRC-32', crc32(bytes))
    for (let at = first; at < 90_000; at += 32) await checked.read(at, 8)
    await requireChecksums(checked)
    const wrong = checkedAccess(access, 'CRC-32', crc32(bytes) ^ 1)
    for (let at = first; at < 90_000; at += 32) await wrong.read(at, 8)
    try {
      await requireChecksums(wrong)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, InputError)
    }
  }
})

test('what was read is not read again to be checked', async () => {
  const { access, read } = counted()
  const checked = checkedAccess(access, 'CRC-32', crc32(bytes))
  const tensor = sliceAccess(checked, 500, 90_000)
  await tensor.read(40_000, 50_000, new Uint8Array(60_000))
  await tensor.read(0, 40_000)
  await requireChecksums(concatAccess('two', [tensor, tensor]))
  assert.is(read(), 100_000)
  assert.not(checked.checksum!.isOpen)
  await checked.read(0, 10)
  assert.is(read(), 100_010)
})

test('what a thread read is not read again to be checked', async () => {
  const { access, read } = counted()
  const checked = checkedAccess(access, 'CRC-32', crc32(bytes))
  const tensor = sliceAccess(checked, 128, 99_872)
  const thread = summedAccess(sliceAccess(memoryAccess('x', bytes), 128, 99_872), 'CRC-32', tensor.origin!)
  await thread.access.read(50_000, 49_872)
  checked.checksum!.add(thread.taken())
  await thread.access.read(0, 50_000)
  checked.checksum!.add(thread.taken())
  await requireChecksums(tensor)
  assert.is(read(), 128)
})

test('bytes that are not those of the checksum are refused, whoever read them', async () => {
  const checked = checkedAccess(memoryAccess('x', bytes), 'CRC-32', crc32(bytes) ^ 1)
  await checked.read(0, 100_000)
  for (let k = 0; k < 2; k++)
    try {
      await requireChecksums(checked)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, InputError)
      assert.match((error as Error).message, /x: its checksum \(CRC-32\) is wrong; the file is damaged/)
    }
})

test('a check that was stopped says nothing: it is made when it is next asked for', async () => {
  const checked = checkedAccess(memoryAccess('x', bytes), 'CRC-32', crc32(bytes))
  await checked.checksum!.verify(AbortSignal.abort()).then(
    () => assert.unreachable(),
    () => undefined,
  )
  await checked.checksum!.verify()
})

test('an empty stretch has the checksum 0', () =>
  checkedAccess(memoryAccess('x', new Uint8Array(0)), 'CRC-32', 0).checksum!.verify())

test.run()
