import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile as writeText } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeTogether } from '../../src/cli/files-together.ts'
import { takeRunLock } from '../../src/cli/run-lock.ts'
import { partOf, wholeOf } from '../../src/io/part-files.ts'
import { writeFile } from '../../src/io/sink.ts'
import { stageFolder } from '../../src/io/staged-folder.ts'
import { inFolder } from '../cli/run.ts'

const seen = async (folder: string): Promise<string[]> => (await readdir(folder)).sort()

test('a folder that was not there appears with all of its files at once', () =>
  inFolder(async (home) => {
    const target = join(home, 'deep/tables')
    await writeTogether(target, async (folder) => {
      await writeFile(folder, 'a.csv', 'a')
      await writeFile(folder, 'b.csv', 'b')
      assert.not.ok((await seen(join(home, 'deep'))).includes('tables'))
    })
    assert.equal(await seen(target), ['a.csv', 'b.csv'])
    assert.is((await seen(join(home, 'deep'))).length, 1)
  }))

test('in a folder that was there, files of others stay, and the old ones stay whole until all new ones are written', () =>
  inFolder(async (home) => {
    const target = join(home, 'tables')
    await mkdir(target)
    await writeText(join(target, 'a.csv'), 'old')
    await writeText(join(target, 'mine.txt'), 'mine')
    const failed = await writeTogether(target, async (folder) => {
      await writeFile(folder, 'a.csv', 'new')
      throw new Error('stop')
    }).catch((error: Error) => error.message)
    assert.is(failed, 'stop')
    assert.is(await readFile(join(target, 'a.csv'), 'utf8'), 'old')
    assert.equal(await seen(target), ['a.csv', 'mine.txt'])
    await writeTogether(target, (folder) => writeFile(folder, 'a.csv', 'new'))
    assert.is(await readFile(join(target, 'a.csv'), 'utf8'), 'new')
    assert.equal(await seen(target), ['a.csv', 'mine.txt'])
  }))

test('a process that died while its files got their names: the next one gives the rest theirs, wherever it died', () =>
  inFolder(async (home) => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    const names = ['a.csv', 'b.csv', 'deep/c.csv']
    for (let renamed = 0; renamed <= names.length; renamed++) {
      const target = join(home, `tables${renamed}`)
      const whole = wholeOf(partOf(join(target, 'files'))).replace(`-${process.pid}-`, `-${dead}-`)
      await mkdir(join(whole, 'deep'), { recursive: true })
      await mkdir(join(target, 'deep'))
      await writeText(join(target, 'b.csv'), 'old')
      for (const [k, name] of names.entries()) await writeText(join(k < renamed ? target : whole, name), 'new')
      await writeTogether(target, (folder) => writeFile(folder, 'd.csv', 'later'))
      assert.equal(await seen(target), ['a.csv', 'b.csv', 'd.csv', 'deep'])
      for (const name of names) assert.is(await readFile(join(target, name), 'utf8'), 'new')
    }
  }))

test('a process that is killed while its files get their names leaves none of before beside one of now', () =>
  inFolder(async (home) => {
    const target = join(home, 'tables')
    const count = 60
    const names = Array.from({ length: count }, (_, k) => `${k}.csv`)
    const script = `
      import { promises } from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      import { writeFile } from '${join(process.cwd(), 'dist/src/io/sink.js')}'
      import { stageFolder } from '${join(process.cwd(), 'dist/src/io/staged-folder.js')}'
      const staged = await stageFolder(process.argv[1], (_, work) => work())
      for (let k = 0; k < ${count}; k++) await writeFile({ ...staged.folder }, k + '.csv', 'new')
      let left = Number(process.argv[2])
      for (const name of ['rm', 'rename']) {
        const change = promises[name]
        promises[name] = async (...words) => {
          if (left-- === 0) process.kill(process.pid, 'SIGKILL')
          return change(...words)
        }
      }
      syncBuiltinESMExports()
      await staged.commit()`
    for (const changes of [0, 1, 2, 31, count, count + 1, count + 2, 2 * count - 1, 2 * count, 2 * count + 1]) {
      await rm(target, { recursive: true, force: true })
      await mkdir(target)
      for (const name of names) await writeText(join(target, name), 'old')
      const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, target, String(changes)], {
        stdio: 'inherit',
      })
      assert.is(signal, 'SIGKILL')
      const there = (await seen(target)).filter((name) => !name.startsWith('.'))
      const texts = new Set<string>()
      for (const name of there) texts.add(await readFile(join(target, name), 'utf8'))
      // A folder that gets its name, then an old file after the other that goes, then a new one after the other that comes.
      const gone = Math.max(0, changes - 1)
      assert.is(there.length, gone <= count ? count - gone : gone - count)
      assert.equal([...texts], there.length === 0 ? [] : [gone <= count ? 'old' : 'new'])
      await writeTogether(target, (folder) => writeFile(folder, 'later.csv', 'x'))
      const after = await seen(target)
      assert.is(after.length, count + 1)
    }
  }))

test('two that write into one folder at a time, there before or not: all files are of one of them', () =>
  inFolder(async (home) => {
    const names = Array.from({ length: 20 }, (_, k) => `${k}.csv`)
    const script = `
      import { writeFile } from '${join(process.cwd(), 'dist/src/io/sink.js')}'
      import { writeTogether } from '${join(process.cwd(), 'dist/src/cli/files-together.js')}'
      await writeTogether(process.argv[1], async (folder) => {
        for (let k = 0; k < ${names.length}; k++) await writeFile({ ...folder }, k + '.csv', process.argv[2])
        process.stdout.write('written')
        await new Promise((resolve) => process.stdin.once('data', resolve))
        process.stdin.unref()
      })`
    for (const target of [join(home, 'new'), join(home, 'old')]) {
      if (target.endsWith('old')) await mkdir(target)
      const children = ['a', 'b', 'c'].map((text) =>
        spawn(process.execPath, ['--input-type=module', '-e', script, target, text], { stdio: ['pipe', 'pipe', 'inherit'] }),
      )
      const ended = Promise.all(children.map((child) => new Promise((resolve) => child.on('close', resolve))))
      for (const child of children) await new Promise((resolve) => child.stdout.once('data', resolve))
      for (const child of children) child.stdin.end('go') // all of them give their files names now
      assert.equal(await ended, [0, 0, 0])
      const texts = new Set<string>()
      for (const name of await seen(target)) texts.add(await readFile(join(target, name), 'utf8'))
      assert.equal(await seen(target), names.toSorted())
      assert.is(texts.size, 1, [...texts].join(' '))
      assert.equal(
        (await seen(home)).filter((name) => name.startsWith('.')),
        [],
      )
    }
  }))

test('names are given in turn: whoever finds another at it waits, and a dead one is not waited for', () =>
  inFolder(async (home) => {
    await writeText(join(home, 'a.csv'), 'old')
    const other = await takeRunLock(join(home, '.files.lock'), home)
    let isDone = false
    const writing = writeTogether(home, (folder) => writeFile(folder, 'a.csv', 'new')).then(() => (isDone = true))
    await wait(300)
    assert.is(isDone, false)
    assert.is(await readFile(join(home, 'a.csv'), 'utf8'), 'old')
    await other.release()
    await writing
    assert.is(await readFile(join(home, 'a.csv'), 'utf8'), 'new')
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    await writeText(join(home, '.files.lock'), JSON.stringify({ id: 'x', pid: dead, began: 'y', host: hostname() }))
    await writeTogether(home, (folder) => writeFile(folder, 'a.csv', 'newer'))
    assert.is(await readFile(join(home, 'a.csv'), 'utf8'), 'newer')
    assert.equal(await seen(home), ['a.csv'])
  }))

test('a name that a folder has is said before a file goes', () =>
  inFolder(async (home) => {
    await mkdir(join(home, 'b.csv'))
    await writeText(join(home, 'a.csv'), 'old')
    const problem = await writeTogether(home, async (folder) => {
      await writeFile(folder, 'a.csv', 'new')
      await writeFile(folder, 'b.csv', 'new')
    }).catch((error: Error) => error.message)
    assert.match(String(problem), /b\.csv: is a folder where a file is to be written/)
    assert.is(await readFile(join(home, 'a.csv'), 'utf8'), 'old')
    assert.equal(await seen(home), ['a.csv', 'b.csv'])
  }))

test('a file where a folder is needed, and a folder that cannot be, are said', async () => {
  const problem = (path: string): Promise<string> =>
    stageFolder(path, (_, work) => work()).then(
      () => 'none',
      (error: Error) => error.message,
    )
  assert.match(await problem('package.json'), /^package\.json: is a file where a folder is needed$/)
  assert.match(await problem('/proc/filterlens/tables'), /no folder can be made there$/)
})

test.run()
