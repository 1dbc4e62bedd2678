import { spawn } from 'node:child_process'
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stopAtJournal, stoppedAt, stoppingEnv } from '../helpers/stopped-process.ts'
import { type Finished, filterlens, inFolder, main, projectFolder } from './run.ts'

const model = (name: string): string => join(projectFolder, 'data', `${name}.onnx`)
const study = ['--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report']

/** Three models in a folder, and a fourth that cannot be read: a run over them ends after the third, its journal kept. */
async function someInputs(folder: string): Promise<string> {
  const inputs = join(folder, 'models')
  await mkdir(inputs)
  for (const name of ['vgg_w16_cifar10_normal', 'vgg_w16_cifar10_robust', 'vgg_w24_cifar10_normal'])
    await copyFile(model(name), join(inputs, `${name}.onnx`))
  await writeFile(join(inputs, 'zz.onnx'), '<html>')
  return inputs
}

const quote = (folder: string): Promise<string> => readFile(join(folder, 'results.sha256'), 'utf8')

/** The layers that a run says it took over. */
const resumed = ({ err }: Finished): number =>
  Number(/continuing an interrupted run: ([\d,]+) layers/.exec(err)?.[1]?.replaceAll(',', '') ?? 0)

/** Starts a run, which stops when it has finished its first layers; does something, and lets it go on. */
function atFirstLayers(
  words: readonly string[],
  output: string,
  act: (child: { kill(signal: NodeJS.Signals): unknown }) => void | Promise<void>,
): Promise<Finished> {
  return inFolder(async (stops) => {
    await stopAtJournal(stops, 'journal', 10_000)
    const env = { ...process.env, ...stoppingEnv(stops) }
    const child = spawn(process.execPath, [main, ...words, '-o', output], { cwd: projectFolder, env })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const ended = new Promise<Finished>((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, out, err }))
    })
    while ((await stoppedAt(stops, 'journal')) === undefined) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} before it stopped: ${err}`)
      await wait(20)
    }
    await act(child)
    child.kill('SIGCONT')
    return ended
  })
}

/** Enough models that a run is still at work when it is told to stop. */
async function manyInputs(folder: string): Promise<string> {
  const inputs = join(folder, 'many')
  for (let k = 0; k < 6; k++)
    await cp(join(projectFolder, 'data'), join(inputs, String(k)), {
      recursive: true,
      filter: (path) => !/recipe|\.(png|csv|md)$/.test(path),
    })
  return inputs
}

test('a run that failed keeps what it measured; the next goes on from there, to the bytes of a run that did not fail', () =>
  inFolder(async (folder) => {
    const inputs = await someInputs(folder)
    const output = join(folder, 'results')
    const failed = await filterlens(['analyze', inputs, '-o', output])
    assert.is(failed.code, 2)
    assert.match(failed.err, /what is measured is kept: run the same command again to continue\nfilterlens: .*zz\.onnx: .*HTML/)
    assert.equal(await readdir(output), ['.filterlens'])
    const verified = await filterlens(['verify', output])
    assert.is(verified.code, 2)
    assert.match(verified.err, /no finished results folder/)

    await copyFile(model('vgg_w24_cifar10_robust'), join(inputs, 'zz.onnx'))
    const again = await filterlens(['analyze', inputs, '-o', output])
    assert.is(again.code, 0)
    assert.ok(resumed(again) >= 12 && resumed(again) <= 18, again.err)
    const fresh = join(folder, 'fresh')
    await filterlens(['analyze', inputs, '-o', fresh])
    assert.is(await quote(output), await quote(fresh))
    assert.not.ok((await readdir(output)).includes('.filterlens'))
  }))

test('the whole study is continued too', () =>
  inFolder(async (folder) => {
    const inputs = join(folder, 'data')
    await cp(join(projectFolder, 'data'), inputs, { recursive: true })
    await writeFile(join(inputs, 'zz.onnx'), '<html>')
    const output = join(folder, 'results')
    assert.is((await filterlens(['analyze', inputs, ...study, '-o', output])).code, 2)
    await rm(join(inputs, 'zz.onnx'))
    const again = await filterlens(['analyze', inputs, ...study, '-o', output])
    assert.is(again.code, 0)
    assert.ok(resumed(again) >= 80 && resumed(again) <= 100, again.err)
    await filterlens(['analyze', 'data', ...study, '-o', join(folder, 'fresh')])
    assert.is(await quote(output), await quote(join(folder, 'fresh')))
  }))

test('an input that was replaced is measured again, even with its old size and date', () =>
  inFolder(async (folder) => {
    const inputs = await someInputs(folder)
    const output = join(folder, 'results')
    await filterlens(['analyze', inputs, '-o', output])
    const changed = join(inputs, 'vgg_w16_cifar10_normal.onnx')
    const before = await stat(changed)
    const bytes = await readFile(changed)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(changed, bytes)
    await utimes(changed, before.atime, before.mtime)
    const swapped = join(inputs, 'vgg_w16_cifar10_robust.onnx')
    const other = await stat(swapped)
    await copyFile(swapped, join(folder, 'copy'))
    await rename(join(folder, 'copy'), swapped) // the same bytes, but nobody can know without reading them
    await utimes(swapped, other.atime, other.mtime)
    await rm(join(inputs, 'zz.onnx'))
    const again = await filterlens(['analyze', inputs, '-o', output, '--csv'])
    assert.is(again.code, 0)
    const fresh = await filterlens(['analyze', inputs, '-o', join(folder, 'fresh'), '--csv'])
    assert.is(again.out, fresh.out)
    assert.is(await quote(output), await quote(join(folder, 'fresh')))
  }))

test('other parameters and --no-resume begin anew', () =>
  inFolder(async (folder) => {
    const inputs = await someInputs(folder)
    const output = join(folder, 'results')
    await filterlens(['analyze', inputs, '-o', output])
    await copyFile(model('vgg_w24_cifar10_robust'), join(inputs, 'zz.onnx'))
    const anew = await filterlens(['analyze', inputs, '-o', output, '--no-resume', '--threshold', '0.02'])
    assert.equal([anew.code, resumed(anew)], [0, 0])
    await filterlens(['analyze', inputs, '-o', join(folder, 'fresh'), '--threshold', '0.02'])
    assert.is(await quote(output), await quote(join(folder, 'fresh')))
  }))

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a run with one sentence and code ${code}; it can be continued`, () =>
    inFolder(async (folder) => {
      const inputs = await manyInputs(folder)
      const output = join(folder, 'results')
      await mkdir(output)
      const stopped = await atFirstLayers(['analyze', inputs], output, (child) => void child.kill(signal))
      assert.is(stopped.code, code, stopped.err)
      assert.is(stopped.out, '')
      assert.is(stopped.err, 'filterlens: interrupted: run the same command again to continue\n')
      assert.equal(await readdir(output), ['.filterlens'])
      const again = await filterlens(['analyze', inputs, '-o', output])
      assert.is(again.code, 0)
      assert.ok(resumed(again) > 0)
    }))
}

test('an input that vanishes in the middle of a run is named; nothing that was measured is lost', () =>
  inFolder(async (folder) => {
    const inputs = await manyInputs(folder)
    const output = join(folder, 'results')
    await mkdir(output)
    const last = join(inputs, '5/vgg_w24_fashion_mnist_robust.onnx')
    const away = join(folder, 'away.onnx')
    const stopped = await atFirstLayers(['analyze', inputs], output, () => rename(last, away))
    assert.is(stopped.code, 2)
    assert.match(stopped.err, /filterlens: .*vgg_w24_fashion_mnist_robust\.onnx: there is no such file/)
    await rename(away, last)
    const again = await filterlens(['analyze', inputs, '-o', output])
    assert.is(again.code, 0)
    assert.ok(resumed(again) > 0)
    await filterlens(['analyze', inputs, '-o', join(folder, 'fresh')])
    assert.is(await quote(output), await quote(join(folder, 'fresh')))
  }))

test('of two runs into one folder the second is refused; the first is not disturbed', () =>
  inFolder(async (folder) => {
    const inputs = await manyInputs(folder)
    const output = join(folder, 'results')
    await mkdir(output)
    let second: Finished | undefined
    const first = await atFirstLayers(['analyze', inputs], output, async () => {
      second = await filterlens(['analyze', 'data', '-o', output])
    })
    const refused = second!
    assert.is(refused.code, 2)
    assert.match(refused.err, /results: another run \(process \d+\) is writing here; wait for it, give another folder/)
    assert.is(first.code, 0, first.err)
    assert.is((await filterlens(['verify', output])).code, 0)
  }))

test('a lock that a killed run left stands in nobody’s way; one of another host does while it is touched', () =>
  inFolder(async (folder) => {
    const output = join(folder, 'results')
    const lock = join(output, '.filterlens/lock')
    await mkdir(join(output, '.filterlens'), { recursive: true })
    const analyze = () => filterlens(['analyze', 'data/vgg_w16_cifar10_robust.onnx', '-o', output])
    // A process that has this one's number but began at another time: the number came round again.
    await writeFile(lock, JSON.stringify({ id: 'x', pid: process.pid, began: 'another boot 17', host: hostname() }))
    assert.is((await analyze()).code, 0)
    await mkdir(join(output, '.filterlens'), { recursive: true })
    await writeFile(lock, '{"id": "cut sho')
    assert.is((await analyze()).code, 0)
    await mkdir(join(output, '.filterlens'), { recursive: true })
    await writeFile(lock, JSON.stringify({ id: 'x', pid: 1, began: null, host: 'elsewhere.example' }))
    const refused = await analyze()
    assert.is(refused.code, 2)
    assert.match(refused.err, /another run \(process 1 on elsewhere\.example\) is writing here/)
    const longAgo = new Date(Date.now() - 600_000)
    await utimes(lock, longAgo, longAgo)
    assert.is((await analyze()).code, 0)
  }))

test.run()
