import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { openFile } from '../../src/io/node.ts'
import { processorTime } from '../helpers/processor-time.ts'

const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
const file = join(folder, 'bytes')
const bytes = new Uint8Array(18 << 20).map((_, k) => (k * 31) >> 3)
writeFileSync(file, bytes)

async function problemOf(what: Promise<unknown>): Promise<string> {
  try {
    await what
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).problem
  }
  return 'none'
}

test('ranges short and long, into memory given and its own', async () => {
  const access = await openFile(file)
  for (const [offset, length] of [
    [0, 10],
    [5, 1 << 16],
    [7, 2 << 20],
    [3, 17 << 20],
    [bytes.length, 0],
  ] as const) {
    assert.equal(await access.read(offset, length), bytes.slice(offset, offset + length))
    const into = new Uint8Array(length + 9).fill(1)
    assert.is((await access.read(offset, length, into)).length, length)
    assert.equal(into.subarray(0, length), bytes.slice(offset, offset + length))
    assert.ok(into.subarray(length).every((byte) => byte === 1))
  }
  await access.close!()
})

test('closing waits for reads that are under way; reads after it say so', async () => {
  const access = await openFile(file)
  const reads = Array.from({ length: 8 }, (_, k) => access.read(k, k % 2 ? 17 << 20 : 2 << 20))
  await access.close!()
  await access.close!()
  // A file opened now must not get the number of the one that is still read.
  const other = await openFile(join(import.meta.dirname, 'node.test.js'))
  for (const [k, read] of reads.entries()) assert.equal(await read, bytes.slice(k, k + (k % 2 ? 17 << 20 : 2 << 20)))
  assert.is(await problemOf(access.read(0, 1)), 'has been closed')
  await other.close!()
})

test('reads one after the other leave timers and messages their turns', async () => {
  const access = await openFile(file)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const begun = processorTime()
  while (processorTime() - begun < 200) await access.read(turns, 1 << 12)
  clearInterval(timer)
  assert.ok(turns >= 4, `${turns} turns in 200 ms of processor time`)
  await access.close?.()
})

test('what cannot be opened or read', async () => {
  assert.is(await problemOf(openFile(join(folder, 'none'))), 'there is no such file or folder')
  assert.is(await problemOf(openFile(folder)), 'is a folder, not a file')
  const access = await openFile(file)
  assert.match(await problemOf(access.read(bytes.length - 1, 2)), /cut short/)
  writeFileSync(file, bytes.subarray(0, 100))
  assert.match(await problemOf(access.read(0, 2 << 20)), /^ends at byte 100, although it had/)
  await access.close!()
  writeFileSync(file, bytes)
})

test('a thousand files opened and closed leave no descriptor open', async () => {
  const count = (): number => readdirSync('/proc/self/fd').length
  if (process.platform !== 'linux') return console.log('skipped: /proc')
  const before = count()
  for (let k = 0; k < 1000; k++) {
    const access = await openFile(file)
    const read = access.read(0, 1 << 17)
    await access.close!()
    await read
  }
  assert.is(count(), before)
})

test.after(() => rmSync(folder, { recursive: true }))
test.run()
