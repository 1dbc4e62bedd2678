import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/cli/commands.ts'
import { filterlens, inFolder, main, projectFolder } from './run.ts'

const MODEL = 'data/vgg_w16_cifar10_robust.onnx'
const run = promisify(execFile)

/** One line of complaint, exit code 2, nothing on standard output. */
async function refused(words: readonly string[], sentence: RegExp): Promise<void> {
  const { code, out, err } = await filterlens(words)
  assert.equal([code, out], [2, ''], `${words.join(' ')}: ${err}`)
  assert.match(err, sentence)
  assert.is(err.trimEnd().split('\n').length, 1, err)
}

test('a number option that is empty, no number, out of range or given twice is refused, whichever it is', async () => {
  const numeric: readonly (readonly string[])[] = [
    ...['threshold', 'workers', 'batch-size', 'check-tolerance'].map((name) => ['analyze', MODEL, `--${name}`]),
    ...['max-sparsity', 'min-entropy', 'min-orthogonality'].map((name) => ['check', MODEL, `--${name}`]),
    ...['sample', 'seed'].map((name) => ['verify', 'results', '--inputs', 'data', `--${name}`]),
    ['view', '--no-open', '--port'],
  ]
  for (const words of numeric) {
    const option = words.at(-1)!
    await refused([...words, ''], new RegExp(`^filterlens: ${option} is empty; give it a value`))
  }
  for (const words of [numeric[0]!, numeric.at(-1)!]) {
    const option = words.at(-1)!
    await refused([...words, 'abc'], new RegExp(`^filterlens: ${option} abc: give `))
    await refused([...words, '1', option, '1'], new RegExp(`^filterlens: ${option} is given 2 times; give it once`))
  }
  await refused(['analyze', MODEL, '--threshold'], /^filterlens: --threshold needs a value/)
  await refused(['analyze', MODEL, '--threshold', 'NaN'], /^filterlens: --threshold NaN: give a number from 0 to 1/)
})

test('a name that is empty or given twice is refused by every command that takes one', async () => {
  const outputs: Readonly<Record<string, readonly string[]>> = {
    analyze: [MODEL],
    report: ['results'],
    export: ['results'],
    extract: [MODEL],
    pack: ['results'],
    activate: [MODEL, '--image', 'a.png', '--changed', 'b.png'],
    figure: ['grid', MODEL],
  }
  for (const [command, words] of Object.entries(outputs)) {
    await refused([command, ...words, '-o', ''], /^filterlens: --output is empty; give it a value/)
  }
  await refused(['extract', MODEL, '-o'], /^filterlens: -o needs a value/)
  await refused(['pack', 'results', '-o', 'a', '--output', 'b'], /^filterlens: --output is given 2 times; give it once/)
  for (const { usage } of commands.filter((entry) => !/compare|activate/.test(entry.usage)))
    await refused(
      [
        usage.split(' ')[0]!,
        ...(usage.startsWith('figure') ? ['grid'] : []),
        '',
        ...(/^(extract|plan)/.test(usage) ? ['-o', 'x'] : []),
        ...(usage.startsWith('plan') ? ['--shards', '2'] : []),
      ],
      /^filterlens: a name of the \w+ is empty/,
    )
})

test('a switch takes no value, whichever it is', async () => {
  for (const word of ['--json=5', '--resume=maybe', '--keep-going='])
    await refused(
      ['analyze', MODEL, word],
      new RegExp(
        `^filterlens: ${word.split('=')[0]} is a switch and takes no value; give it alone, without ${word.slice(word.indexOf('='))}`,
      ),
    )
  assert.is((await filterlens(['analyze', MODEL, '--json=true'])).code, 0)
})

test('an option that takes a value has no false one and no parts', async () => {
  await refused(
    ['analyze', MODEL, '--no-output'],
    /^filterlens: --no-output is not an option: --output takes a value; leave it out/,
  )
  await refused(['analyze', MODEL, '--output.x', 'y'], /^filterlens: --output\.x is not an option/)
  await refused(['analyze', MODEL, '--meta.x', 'y'], /^filterlens: --meta\.x is not an option/)
})

test('a name that begins with a dash is a name behind --', () =>
  inFolder(async (folder) => {
    await copyFile(join(projectFolder, MODEL), join(folder, '-x.onnx'))
    const { stdout } = await run(process.execPath, [main, 'analyze', '--json', '--', '-x.onnx'], { cwd: folder })
    assert.equal(
      (JSON.parse(stdout) as { models: { file: string }[] }).models.map(({ file }) => file),
      ['-x.onnx'],
    )
    await refused(['analyze', '--', '--json'], /^filterlens: \.\/--json: there is no such file or folder/)
  }))

test('a folder that cannot be made is said at once', async () => {
  for (const command of [
    ['analyze', MODEL],
    ['extract', MODEL],
  ])
    await refused(
      [...command, '-o', '/proc/filterlens/x'],
      /^filterlens: \/proc\/filterlens\/x: cannot be used: no folder can be made there/,
    )
})

test('braces that stand for too many patterns are said in a sentence', () =>
  refused(['analyze', `${'{a,b}'.repeat(11)}.onnx`], /stands for more than 1000 patterns/))

test('pipes, sockets and devices are no inputs, whatever takes them', () =>
  inFolder(async (folder) => {
    const pipe = join(folder, 'pipe.onnx')
    await run('mkfifo', [pipe])
    const socket = join(folder, 'socket.onnx')
    const server = createServer().listen(socket)
    await new Promise((done) => server.once('listening', done))
    try {
      const sentence = /: is a pipe, a socket or a device, not a file; save its bytes to a file first\n$/
      for (const place of [pipe, socket, '/dev/zero', '/dev/null']) await refused(['analyze', place], sentence)
      for (const words of [
        ['inspect', pipe],
        ['view', '--no-open', pipe],
        ['analyze', MODEL, '--meta', pipe],
        ['analyze', MODEL, '--pairs', '/dev/zero'],
        ['activate', MODEL, '--image', pipe, '--changed', pipe, '-o', join(folder, 'a.svg')],
        ['verify', pipe],
        ['report', '/dev/zero', '-o', join(folder, 'r.html')],
      ])
        await refused(words, sentence)
      // In a folder they are passed over, as a link that leads nowhere is.
      await copyFile(join(projectFolder, MODEL), join(folder, 'good.onnx'))
      const { code, out } = await filterlens(['analyze', folder, '--json'])
      assert.equal([code, JSON.parse(out).models.length], [0, 1])
    } finally {
      await new Promise((done) => server.close(done))
    }
  }))

test('a file behind > that cannot take all of it: exit code 2 and a sentence, never a part with exit code 0', () =>
  inFolder(async (folder) => {
    const script = `trap '' XFSZ; ulimit -f 8; "$0" "$1" analyze data --json > ${folder}/out.json`
    const { code, stderr } = await run('/bin/bash', ['-c', script, process.execPath, main], { cwd: projectFolder }).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    )
    assert.is(code, 2, stderr)
    assert.match(stderr, /^filterlens: standard output: cannot be written: it would be larger than this system allows\n$/)
  }))

test('too few files or addresses for the process: a sentence, never a stack', async () => {
  for (const limit of ['-n 24', '-n 30', '-n 40', '-v 6000000']) {
    const script = `ulimit ${limit}; "$0" "$1" analyze data --json > /dev/null`
    const { code, stderr } = await run('/bin/bash', ['-c', script, process.execPath, main], { cwd: projectFolder }).then(
      ({ stderr }) => ({ code: 0, stderr }),
      (error: { code: number; stderr: string }) => error,
    )
    if (code === 0) continue // it was enough
    assert.is(code, 2, `${limit}: ${stderr}`)
    assert.match(stderr, /^filterlens: .*\(ulimit -[nv]\).*\n$/, limit)
  }
})

test('two that pack into one zip at a time: each whole, the last one stays; what a killed one left goes', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    assert.is((await filterlens(['analyze', MODEL, '-o', results])).code, 0)
    const zip = join(folder, 'r.zip')
    const { pid } = await new Promise<{ pid: number }>((resolve) => {
      const child = execFile(process.execPath, ['-e', ''], () => resolve({ pid: child.pid! }))
    })
    const packed = await Promise.all(Array.from({ length: 6 }, () => filterlens(['pack', results, '-o', zip])))
    assert.equal(
      packed.map(({ code }) => code),
      Array(6).fill(0),
    )
    assert.is((await filterlens(['verify', zip])).code, 0)
    assert.not.ok((await readdir(folder)).some((name) => name.endsWith('.part')))
    // A part of a process that has ended goes, one of a process that is still there stays.
    const { partOf } = await import('../../src/io/part-files.ts')
    const mine = partOf(zip)
    const dead = mine.replace(`-${process.pid}-`, `-${pid}-`)
    await writeFile(mine, 'mine')
    await writeFile(dead, 'dead')
    assert.is((await filterlens(['pack', results, '-o', zip])).code, 0)
    assert.equal(
      (await readdir(folder)).filter((name) => name.endsWith('.part')),
      [mine.slice(folder.length + 1)],
    )
    assert.is(await readFile(mine, 'utf8'), 'mine')
  }))

test.run()
