import { deflateSync, strToU8, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'
import { looksLikeZip, openZip } from '../../src/io/zip.ts'
import { problem } from '../helpers/problem.ts'

const stored = { level: 0 } as const
const seen = strToU8('the weights of a layer, the weights of a layer, the weights of a layer')

function zip(files: Parameters<typeof zipSync>[0]): Uint8Array {
  return zipSync(files, { mtime: new Date(2020, 0, 2) })
}

const inMemory = (bytes: Uint8Array): RandomAccess => memoryAccess('some.zip', bytes)

/** The place of the n-th occurrence of a little-endian 32-bit signature. */
function find(bytes: Uint8Array, signature: number, from = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = from; at + 4 <= bytes.length; at++) if (view.getUint32(at, true) === signature) return at
  throw new Error('no such signature')
}

test('lists files in order and reads stored and deflated ones alike', async () => {
  const bytes = zip({ 'a/': new Uint8Array(0), 'a/one.bin': [seen, stored], 'two.txt': [seen, { level: 9 }] })
  assert.ok(looksLikeZip(bytes))
  const opened = await openZip(inMemory(bytes))
  assert.equal(
    opened.entries.map((entry) => [entry.name, entry.byteLength, entry.stored]),
    [
      ['a/one.bin', seen.length, true],
      ['two.txt', seen.length, false],
    ],
  )
  for (const entry of opened.entries) {
    const access = await entry.open()
    assert.is(access.name, `some.zip/${entry.name}`)
    assert.equal([...(await access.read(4, 7))], [...seen.subarray(4, 11)])
    const into = new Uint8Array(20)
    assert.is((await access.read(0, 9, into)).length, 9)
    assert.equal([...into.subarray(0, 9)], [...seen.subarray(0, 9)])
    assert.match(await problem(() => access.read(seen.length - 1, 2)), /^some\.zip\/.*ends at byte/)
  }
})

test('a stored entry keeps its origin, so that workers read it by themselves', async () => {
  const bytes = zip({ 'x.bin': [seen, stored] })
  const origin = { at: { kind: 'path', path: '/there/some.zip' }, offset: 100 } as const
  const access = await (await openZip({ ...inMemory(bytes), origin })).entries[0]!.open()
  assert.equal(access.origin, { at: origin.at, offset: 100 + 30 + 'x.bin'.length })
})

test('a folder inside a zip finds what lies below it, and no more', async () => {
  const opened = await openZip(inMemory(zip({ 'm/model.json': [seen, stored], 'other.bin': [seen, stored] })))
  const folder = opened.folder('m')
  assert.ok(await folder.open('model.json'))
  assert.ok(await folder.open('./sub/../model.json'))
  assert.is(await folder.open('../other.bin'), undefined)
  assert.is(await folder.open('/other.bin'), undefined)
  assert.is(await folder.open('other.bin'), undefined)
  assert.ok(await opened.folder().open('other.bin'))
})

/** A stored zip as torch.save writes it: a ZIP64 end record before the ordinary one, which is filled in all the same. */
function torchZip(names: readonly string[], change?: (record: DataView) => void): Uint8Array {
  const plain = zip(Object.fromEntries(names.map((name) => [name, [seen, stored] as const])) as Parameters<typeof zipSync>[0])
  const end = plain.length - 22
  const view = new DataView(plain.buffer, plain.byteOffset)
  const out = new Uint8Array(plain.length + 76)
  out.set(plain.subarray(0, end))
  const record = new DataView(out.buffer, end, 76)
  record.setUint32(0, 0x06064b50, true)
  record.setBigUint64(4, 44n, true)
  record.setUint16(12, 45, true)
  record.setUint16(14, 45, true)
  record.setBigUint64(24, BigInt(names.length), true)
  record.setBigUint64(32, BigInt(names.length), true)
  record.setBigUint64(40, BigInt(view.getUint32(end + 12, true)), true)
  record.setBigUint64(48, BigInt(view.getUint32(end + 16, true)), true)
  record.setUint32(56, 0x07064b50, true)
  record.setBigUint64(64, BigInt(end), true)
  record.setUint32(72, 1, true)
  change?.(record)
  out.set(plain.subarray(end), end + 76)
  return out
}

test('a ZIP64 end record beside a filled-in ordinary one is heeded, whatever the length of the first name', async () => {
  // A first directory entry of 76 bytes makes the second one begin where the directory would, were there no ZIP64 record.
  for (let length = 1; length <= 60; length++) {
    const names = ['x'.repeat(length), 'second', 'third']
    const { entries } = await openZip(inMemory(torchZip(names)))
    assert.equal(
      entries.map(({ name }) => name),
      names,
      `a name of ${length}`,
    )
  }
})

test('two end records that contradict each other are refused', async () => {
  for (const [at, value] of [
    [32, 1n],
    [40, 5n],
    [48, 3n],
  ] as const)
    assert.match(
      await problem(() => openZip(inMemory(torchZip(['a', 'b'], (record) => record.setBigUint64(at, value, true))))),
      /read in two ways/,
    )
})

test('several zips one behind another are not read as the last of them', async () => {
  for (const make of [torchZip, (names: readonly string[]) => zip({ [names[0]!]: [seen, stored] })]) {
    const [one, two] = [make(['a']), make(['b'])]
    const both = new Uint8Array(one.length + two.length)
    both.set(one)
    both.set(two, one.length)
    assert.match(await problem(() => openZip(inMemory(both))), /several zips one behind another/)
  }
})

test('reads a ZIP64 archive', async () => {
  // One stored entry whose sizes and place stand in ZIP64 extra fields, written by hand after APPNOTE 4.3 and 4.5.3.
  const name = strToU8('big')
  const parts: number[] = []
  const u16 = (...v: number[]) => void parts.push(...v.flatMap((n) => [n & 255, (n >> 8) & 255]))
  const u32 = (...v: number[]) => u16(...v.flatMap((n) => [n & 65535, n >>> 16]))
  const u64 = (...v: number[]) => u32(...v.flatMap((n) => [n, 0]))
  const crc = 0x3610a686 // of "hello"
  u32(0x04034b50)
  u16(45, 0, 0, 0, 33)
  u32(crc, 0xffffffff, 0xffffffff)
  u16(3, 20)
  parts.push(...name)
  u16(1, 16)
  u64(5, 5)
  parts.push(...strToU8('hello'))
  const directory = parts.length
  u32(0x02014b50)
  u16(45, 45, 0, 0, 0, 33)
  u32(crc, 0xffffffff, 0xffffffff)
  u16(3, 28, 0, 0, 0)
  u32(0, 0xffffffff)
  parts.push(...name)
  u16(1, 24)
  u64(5, 5, 0)
  const end = parts.length
  u32(0x06064b50)
  u64(44)
  u16(45, 45)
  u32(0, 0)
  u64(1, 1, end - directory, directory)
  u32(0x07064b50, 0)
  u64(end)
  u32(1)
  u32(0x06054b50)
  u16(0, 0, 0xffff, 0xffff)
  u32(0xffffffff, 0xffffffff)
  u16(0)
  const opened = await openZip(inMemory(new Uint8Array(parts)))
  assert.equal(
    opened.entries.map((entry) => [entry.name, entry.byteLength]),
    [['big', 5]],
  )
  assert.is(new TextDecoder().decode(await (await opened.entries[0]!.open()).read(0, 5)), 'hello')
})

test('refuses paths that leave the zip, duplicates and overlaps', async () => {
  for (const bad of ['../x', '/etc/x', 'C:/x', 'a/../../x', '..\\x'])
    assert.match(await problem(() => openZip(inMemory(zip({ [bad]: [seen, stored] })))), /a path that leaves it/)
  assert.match(await problem(() => openZip(inMemory(zip({ 'a/x': [seen, stored], 'a//x': [seen, stored] })))), /"a\/x" twice/)
  const overlapping = zip({ aa: [seen, stored], bb: [seen, stored] })
  const second = find(overlapping, 0x02014b50, find(overlapping, 0x02014b50) + 4)
  overlapping.fill(0, second + 42, second + 46) // both entries point at the first local header
  assert.match(await problem(() => openZip(inMemory(overlapping))), /share bytes/)
})

test('names what is wrong with an entry when it is opened or read', async () => {
  const change = async (at: (bytes: Uint8Array) => [place: number, value: number][], level: 0 | 9 = 0): Promise<string> => {
    const bytes = zip({ 'x.bin': [seen, { level }] })
    for (const [place, value] of at(bytes)) bytes[place] = value
    return problem(async () => {
      const access = await (await openZip(inMemory(bytes))).entries[0]!.open()
      await access.read(0, 1)
    })
  }
  const central = (bytes: Uint8Array) => find(bytes, 0x02014b50)
  assert.match(
    await change((b) => [
      [6, 1],
      [central(b) + 8, 1],
    ]),
    /x\.bin: is encrypted/,
  )
  assert.match(
    await change((b) => [
      [8, 14],
      [central(b) + 10, 14],
    ]),
    /compressed by method 14/,
  )
  assert.match(await change(() => [[0, 7]]), /local header/)
  assert.match(await change((b) => [[central(b) + 16, 0x55]], 9), /checksum/)
  assert.match(await change((b) => [[central(b) + 24, 9]], 9), /more than the 9 bytes/)
  assert.match(await change((b) => [[central(b) + 24, 200]], 9), /although it states 200/)
  assert.match(
    await change(
      () => [
        [36, 0xff],
        [37, 0xff],
      ],
      9,
    ),
    /damaged/,
  )
})

test('refuses a zip bomb before inflating it', async () => {
  const zeros = deflateSync(new Uint8Array(1 << 20), { level: 9 })
  const bytes = zip({ 'bomb.bin': [new Uint8Array(1 << 20), { level: 9 }] })
  const at = find(bytes, 0x02014b50)
  new DataView(bytes.buffer).setUint32(at + 24, 0x7ffffff0, true)
  assert.ok(zeros.length < 2000)
  assert.match(await problem(async () => (await openZip(inMemory(bytes))).entries[0]!.open()), /as a zip bomb does/)
})

test('half a zip and a file that only begins as one are named', async () => {
  const bytes = zip({ 'x.bin': [seen, stored], 'y.bin': [seen, stored] })
  assert.match(await problem(() => openZip(inMemory(bytes.subarray(0, bytes.length - 30)))), /directory cannot be read/)
  assert.match(await problem(() => openZip(inMemory(strToU8('PK\u0003\u0004')))), /directory cannot be read/)
})

test('no single changed byte breaks anything but with an error of our own', async () => {
  const bytes = zip({ 'a/one.bin': [seen, stored], 'two.txt': [seen, { level: 9 }] })
  for (let at = 0; at < bytes.length; at++)
    for (const flip of [1, 0x80, 0xff]) {
      const changed = bytes.slice()
      changed[at]! ^= flip
      try {
        const opened = await openZip(inMemory(changed))
        for (const entry of opened.entries) await (await entry.open()).read(0, Math.min(entry.byteLength, 4))
      } catch (error) {
        if (!(error instanceof InputError)) throw error
      }
    }
})

test.run()
