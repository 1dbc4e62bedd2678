import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder, main, projectFolder } from './run.ts'

const MODEL = 'data/vgg_w16_cifar10_normal.onnx'

test('a path that is missing, a folder without files, and a port that cannot be had are said in one line', () =>
  inFolder(async (folder) => {
    const missing = await filterlens(['view', '--no-open', join(folder, 'gone.onnx')])
    assert.is(missing.code, 2)
    assert.match(missing.err, /gone\.onnx: there is no such file or folder\n$/)
    await mkdir(join(folder, 'empty'))
    const empty = await filterlens(['view', '--no-open', join(folder, 'empty')])
    assert.is(empty.code, 2)
    assert.match(empty.err, /empty: holds no files; give model files/)
    const absurd = await filterlens(['view', '--no-open', '--port', '70000', MODEL])
    assert.is(absurd.code, 2)
    assert.match(absurd.err, /--port 70000: give a port number from 0 to 65535/)
  }))

test('the address is printed alone, Ctrl-C ends it, and a taken port is said', async () => {
  if (!existsSync(join(projectFolder, 'dist/web/index.html'))) {
    console.log('skipped: the page is not built')
    return
  }
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => other.once('listening', done))
  const { port } = other.address() as { port: number }
  try {
    const taken = await filterlens(['view', '--no-open', '--port', String(port), MODEL])
    assert.is(taken.code, 2)
    assert.match(taken.err, new RegExp(`port ${port}: is taken by another program; choose another --port`))
  } finally {
    await new Promise((done) => other.close(done))
  }
  const child = spawn(process.execPath, [main, 'view', '--no-open', '--port', String(port), MODEL], { cwd: projectFolder })
  let out = ''
  let err = ''
  child.stderr.on('data', (part) => (err += part))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (part) => {
      out += part
      if (out.includes('\n')) resolve()
    })
    ended.then((code) => reject(new Error(`ended with ${code}: ${err}`)))
  })
  assert.match(out, new RegExp(`^http://127\\.0\\.0\\.1:${port}/[\\w-]{22}/\n$`))
  const answer = await fetch(`${out.trim()}data/index.json`)
  assert.equal((await answer.json()).files[0].path, 'vgg_w16_cifar10_normal.onnx')
  child.kill('SIGINT')
  assert.is(await ended, 0)
  assert.match(out, new RegExp(`^http://127\\.0\\.0\\.1:${port}/[\\w-]{22}/\n$`))
})

test('pipes in place of listed files keep neither the server nor Ctrl-C waiting', () =>
  inFolder(async (folder) => {
    if (!existsSync(join(projectFolder, 'dist/web/index.html'))) {
      console.log('skipped: the page is not built')
      return
    }
    // More than the threads that Node opens files with.
    const names = Array.from({ length: 8 }, (_, k) => `${k}.safetensors`)
    const models = join(folder, 'models')
    await mkdir(models)
    for (const name of names) await writeFile(join(models, name), name)
    const child = spawn(process.execPath, [main, 'view', '--no-open', models])
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (part) => resolve(String(part).trim()))
        ended.then((code) => reject(new Error(`ended with ${code}`)))
      })
      for (const name of names) {
        await rm(join(models, name))
        execFileSync('mkfifo', [join(models, name)])
      }
      const answers = names.map((name) => fetch(`${url}data/models/${name}`, { signal: AbortSignal.timeout(5000) }))
      assert.equal(
        (await Promise.all(answers)).map(({ status }) => status),
        names.map(() => 409),
      )
      child.kill('SIGINT')
      assert.is(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000, 'still there').unref())]), 0)
    } finally {
      child.kill('SIGKILL')
    }
  }))

test.run()
