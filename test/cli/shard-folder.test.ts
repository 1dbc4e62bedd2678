import { readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openShardFolder, type ShardFolder } from '../../src/cli/shard-folder.ts'
import { inFolder } from './run.ts'

const open = (plan: string, isThere = async (): Promise<boolean> => false): Promise<ShardFolder | undefined> =>
  openShardFolder({ plan, pass: 'measure', shard: 3, title: 'shard 3', isThere, resume: true })
const at = (plan: string, name: string): string => join(plan, 'parts/measure', name)
const text = (words: string): Uint8Array => new TextEncoder().encode(words)

test('what a shard wrote gets its name in one step, and nothing else stays', () =>
  inFolder(async (plan) => {
    const own = (await open(plan))!
    await own.begun()
    await own.store.append(text('abc'))
    own.tell({ done: 1, total: 2, model: 'm' })
    assert.equal((await readdir(at(plan, ''))).sort(), ['3.journal', '3.lock', '3.progress'])
    assert.is(await own.finish(), true)
    await own.release()
    assert.equal(await readdir(at(plan, '')), ['3.part'])
    assert.is(await readFile(at(plan, '3.part'), 'utf8'), 'abc')
  }))

test('a run that was taken for dead names nothing, and writes nothing where its heir writes', () =>
  inFolder(async (plan) => {
    const first = (await open(plan))!
    await first.begun()
    await first.store.append(text('abc'))
    first.store.size()
    const elsewhere = JSON.stringify({ id: 'other', pid: 1, began: null, host: 'elsewhere' })
    await writeFile(at(plan, 'aside'), elsewhere)
    await rename(at(plan, 'aside'), at(plan, '3.lock'))
    assert.is(await first.finish(), false)
    const longAgo = new Date(Date.now() - 600_000)
    await utimes(at(plan, '3.lock'), longAgo, longAgo)
    const heir = (await open(plan))!
    await heir.begun()
    assert.is(heir.store.size(), 3)
    await first.store.append(text('late'))
    assert.is(await first.finish(), false)
    await first.release()
    assert.is(heir.store.size(), 3)
    assert.is(await heir.finish(), true)
    await heir.release()
    assert.equal(await readdir(at(plan, '')), ['3.part'])
  }))

test('whoever waits for another run ends when its part is there', () =>
  inFolder(async (plan) => {
    const first = (await open(plan))!
    let isDone = false
    const second = open(plan, async () => isDone)
    await first.begun()
    await first.finish()
    isDone = true
    assert.is(await second, undefined)
    await first.release()
  }))

test.run()
