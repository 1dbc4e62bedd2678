import { mkdir, readdir, readFile, writeFile as writeText } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeFile } from '../../src/io/sink.ts'
import { stageFolder, withStagedFolder } from '../../src/io/staged-folder.ts'
import { inFolder } from '../cli/run.ts'

const seen = async (folder: string): Promise<string[]> => (await readdir(folder)).sort()

test('a folder that was not there appears with all of its files at once', () =>
  inFolder(async (home) => {
    const target = join(home, 'deep/tables')
    await withStagedFolder(target, async (folder) => {
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
    const failed = await withStagedFolder(target, async (folder) => {
      await writeFile(folder, 'a.csv', 'new')
      throw new Error('stop')
    }).catch((error: Error) => error.message)
    assert.is(failed, 'stop')
    assert.is(await readFile(join(target, 'a.csv'), 'utf8'), 'old')
    assert.equal(await seen(target), ['a.csv', 'mine.txt'])
    await withStagedFolder(target, (folder) => writeFile(folder, 'a.csv', 'new'))
    assert.is(await readFile(join(target, 'a.csv'), 'utf8'), 'new')
    assert.equal(await seen(target), ['a.csv', 'mine.txt'])
  }))

test('a file where a folder is needed, and a folder that cannot be, are said', async () => {
  const problem = (path: string): Promise<string> =>
    stageFolder(path).then(
      () => 'none',
      (error: Error) => error.message,
    )
  assert.match(await problem('package.json'), /^package\.json: is a file where a folder is needed$/)
  assert.match(await problem('/proc/filterlens/tables'), /no folder can be made there$/)
})

test.run()
