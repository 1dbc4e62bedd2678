import { execFile, spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder, main, projectFolder } from './run.ts'

const small = 'data/vgg_w16_cifar10_robust.onnx'
const run = promisify(execFile)

/** Work in a file system of its own; undefined, with a line that says so, where that needs rights that are not there. */
async function inTmpfs<T>(folder: string, options: string, work: (mounted: string) => Promise<T>): Promise<T | undefined> {
  const mounted = join(folder, 'mounted')
  await mkdir(mounted)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mounted], { stdio: 'ignore' })
  if (status !== 0) {
    console.log('skipped: a full disk (mounting a tmpfs needs root)')
    return undefined
  }
  try {
    return await work(mounted)
  } finally {
    spawnSync('umount', ['-l', mounted])
  }
}

/** The command line in a shell, for redirections. `$F` is filterlens. */
async function shell(script: string): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, F: `${process.execPath} ${main}`, NO_COLOR: '1' }
  return run('/bin/bash', ['-c', script], { cwd: projectFolder, env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  )
}

const lines = (text: string): string[] => text.trimEnd().split('\n')

test('a full disk: one sentence, old results whole, and the run goes on when there is room', () =>
  inFolder((folder) =>
    inTmpfs(folder, 'size=640k', async (mounted) => {
      const output = join(mounted, 'results')
      assert.is((await filterlens(['analyze', small, '-o', output])).code, 0)
      const before = await readFile(join(output, 'results.sha256'), 'utf8')
      const full = await filterlens(['analyze', 'data', '-o', output])
      assert.is(full.code, 2)
      assert.is(full.out, '')
      assert.match(lines(full.err).at(-1)!, /^filterlens: .*: cannot be written: the disk is full$/)
      assert.ok(lines(full.err).length <= 2, full.err)
      assert.is((await filterlens(['verify', output])).code, 0)
      assert.is(await readFile(join(output, 'results.sha256'), 'utf8'), before)

      spawnSync('mount', ['-o', 'remount,size=8m', mounted])
      const again = await filterlens(['analyze', 'data', '-o', output])
      assert.is(again.code, 0)
      assert.is((await filterlens(['verify', output])).code, 0)
      assert.not.ok((await readdir(output)).some((name) => name.startsWith('.')))
    }),
  ))

test('a disk that is full from the first byte: nothing is left behind', () =>
  inFolder((folder) =>
    inTmpfs(folder, 'size=4k', async (mounted) => {
      const full = await filterlens(['analyze', small, '-o', join(mounted, 'results')])
      assert.is(full.code, 2)
      assert.is(lines(full.err).length, 1, full.err)
      assert.match(full.err, /the disk is full/)
      assert.equal(await readdir(mounted), [])
    }),
  ))

test('a folder that may not be written to: one sentence', () =>
  inFolder(async (folder) => {
    const refused = async (place: string): Promise<void> => {
      const { code, err } = await filterlens(['analyze', small, '-o', join(place, 'results')])
      assert.is(code, 2)
      assert.match(err, /^filterlens: .*(read-only|permission denied)\n$/)
    }
    if (process.getuid?.() === 0) await inTmpfs(folder, 'ro', refused)
    else {
      await chmod(folder, 0o555)
      await refused(folder).finally(() => chmod(folder, 0o755))
    }
  }))

test('results that are a file, or lie below one: one sentence, the file untouched', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'results')
    await writeFile(file, 'mine')
    for (const output of [file, join(file, 'below')]) {
      const { code, err } = await filterlens(['analyze', small, '-o', output])
      assert.is(code, 2)
      assert.match(err, /^filterlens: .*results.*: (is a file where a folder is needed|a part of the path is not a folder)\n$/)
      assert.is(await readFile(file, 'utf8'), 'mine')
    }
  }))

test('a reader that goes away stops nothing: the results are written, the code is that of the work', () =>
  inFolder(async (folder) => {
    const { out, err } = await shell(`$F analyze data -o ${folder}/a --csv | head -1; echo "codes \${PIPESTATUS[0]}"`)
    assert.match(out, /^model,layer,.*\r\ncodes 0\n$/)
    assert.match(err, /^$/)
    assert.is((await filterlens(['verify', join(folder, 'a')])).code, 0)
    const both = await shell(`$F analyze data -o ${folder}/b 2>&1 | true; echo "codes \${PIPESTATUS[0]}"`)
    assert.is(both.out, 'codes 0\n')
    assert.is((await filterlens(['verify', join(folder, 'b')])).code, 0)
    await mkdir(join(folder, 'some'))
    await copyFile(join(projectFolder, small), join(folder, 'some/good.onnx'))
    await writeFile(join(folder, 'some/bad.onnx'), '<html>')
    const broken = await shell(`$F analyze ${folder}/some --keep-going --json | head -1; echo "codes \${PIPESTATUS[0]}"`)
    assert.match(broken.out, /^\{\ncodes 1\n$/)
  }))

test('closed outputs: the results are written all the same', () =>
  inFolder(async (folder) => {
    assert.is((await shell(`$F analyze ${small} -o ${folder}/a >&-`)).code, 0)
    assert.is((await shell(`$F analyze ${small} -o ${folder}/b >&- 2>&-`)).code, 0)
    for (const name of ['a', 'b']) assert.is((await filterlens(['verify', join(folder, name)])).code, 0)
  }))

test('a full disk behind > is reported', async () => {
  const { code, err } = await shell(`$F analyze ${small} > /dev/full`)
  assert.is(code, 2)
  assert.match(err, /filterlens: standard output: .*the disk is full/)
})

test.run()
