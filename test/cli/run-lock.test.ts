import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { takeRunLock } from '../../src/cli/run-lock.ts'
import { inFolder } from './run.ts'

/** Takes the lock so many times and counts in a file, which loses a number where two hold the lock at a time. */
const counting = `
  import { readFileSync, writeFileSync } from 'node:fs'
  import { isHeldByAnother, takeRunLock } from '${join(import.meta.dirname, '../../src/cli/run-lock.js')}'
  const [folder, rounds] = process.argv.slice(1)
  for (let done = 0; done < Number(rounds); ) {
    let lock
    try {
      lock = await takeRunLock(folder + '/lock', folder)
    } catch (error) {
      if (!isHeldByAnother(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 2))
      continue
    }
    const count = Number(readFileSync(folder + '/count', 'utf8'))
    await new Promise((resolve) => setTimeout(resolve, done % 4 === 0 ? 80 : 0)) // longer than whoever takes it from a dead one may need
    writeFileSync(folder + '/count', String(count + 1))
    await lock.release()
    done++
  }`

test('however often several processes take and release a lock, one has it at a time', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'count'), '0')
    const dead = { id: 'x', pid: spawnSync(process.execPath, ['-e', '']).pid, began: 'y', host: hostname() }
    await writeFile(join(folder, 'lock'), JSON.stringify(dead))
    const [processes, rounds] = [4, 40]
    const ends = Array.from({ length: processes }, () => {
      const words = ['--input-type=module', '-e', counting, folder, String(rounds)]
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] })
      return new Promise((resolve) => child.on('close', resolve))
    })
    assert.equal(new Set(await Promise.all(ends)), new Set([0]))
    assert.is(await readFile(join(folder, 'count'), 'utf8'), String(processes * rounds))
    assert.equal(await readdir(folder), ['count'])
  }))

test('a folder in the place of the lock is said', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'lock'))
    const problem = await takeRunLock(join(folder, 'lock'), folder).then(
      () => 'none',
      (error: Error) => error.message,
    )
    assert.match(problem, /is a folder/)
  }))

test.run()
