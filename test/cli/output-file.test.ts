import { execFile } from 'node:child_process'
import { copyFile, link, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Finished, filterlens, inFolder, main, projectFolder } from './run.ts'

const MODEL = join(projectFolder, 'data/vgg_w16_cifar10_normal.onnx')
const run = promisify(execFile)

/** One line of complaint and exit code 2. */
function assertRefused({ code, err }: Finished, sentence: RegExp, words: readonly string[]): void {
  assert.is(code, 2, `${words.join(' ')}: ${err}`)
  const lines = err
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('limits of '))
  assert.is(lines.length, 1, err)
  assert.match(lines[0]!, sentence, words.join(' '))
}

/** Work in a folder with two models, `a.onnx` and `b.onnx`, and the results of the first in `results`. */
function amongResults(work: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (cwd) => {
    for (const name of ['a.onnx', 'b.onnx']) await copyFile(MODEL, join(cwd, name))
    assert.is((await filterlens(['analyze', 'a.onnx', '-o', 'results'], { cwd })).code, 0)
    await work(cwd)
  })
}

test('a pipe is written into, never replaced; so is standard output by its name', () =>
  inFolder(async (cwd) => {
    for (const words of [
      ['check', MODEL, '--format', 'json=pipe.svg'],
      ['figure', 'rgb', MODEL, '-o', 'pipe.svg'],
    ]) {
      await run('mkfifo', [join(cwd, 'pipe.svg')])
      const read = run('cat', [join(cwd, 'pipe.svg')], { maxBuffer: 1 << 24 })
      const { code, err } = await filterlens(words, { cwd, killAfter: 60_000 })
      assert.ok(code === 0 || code === 1, err)
      assert.match((await read).stdout, /^(\{[\s\S]*\}|<svg [\s\S]*<\/svg>)\s*$/)
      assert.ok((await lstat(join(cwd, 'pipe.svg'))).isFIFO())
      await run('rm', [join(cwd, 'pipe.svg')])
    }
    await symlink('/dev/stdout', join(cwd, 'out.json'))
    const { code, out } = await filterlens(['check', MODEL, '--format', 'json=out.json'], { cwd })
    assert.ok(code === 0 || code === 1)
    assert.ok(Array.isArray(JSON.parse(out).violations), out)
    assert.is(await readlink(join(cwd, 'out.json')), '/dev/stdout')
    // Behind > it is a file, which goes on where it is.
    const script = '"$0" "$1" check "$2" --format text --format json=out.json > both.txt'
    await run('/bin/bash', ['-c', script, process.execPath, main, MODEL], { cwd }).catch(() => undefined)
    const both = await readFile(join(cwd, 'both.txt'), 'utf8')
    assert.ok(both.includes('"violations"') && !both.startsWith('{'), both)
  }))

test('a pipe whose reader goes away, and one that nobody reads: a sentence, and an end in order', () =>
  inFolder(async (cwd) => {
    await run('mkfifo', [join(cwd, 'pipe')])
    const waiting = await filterlens(['check', MODEL, '--format', 'json=pipe'], { cwd, killAfter: 4000, with: 'SIGTERM' })
    assert.ok(waiting.signal === 'SIGTERM' || waiting.code === 143, `${waiting.code} ${waiting.signal}`)
    // One that reads a byte of very many and goes.
    const words = ['figure', 'grid', MODEL, '--embed-fonts', '-o', 'pipe.svg']
    await run('mkfifo', [join(cwd, 'pipe.svg')])
    const first = run('head', ['-c', '1', join(cwd, 'pipe.svg')])
    assertRefused(
      await filterlens(words, { cwd }),
      /^filterlens: pipe\.svg: was closed by its reader before all was written$/,
      words,
    )
    await first
  }))

test('a device that takes nothing more: a sentence, and it is there as before', () =>
  inFolder(async (cwd) => {
    // A node of our own: what goes wrong here must not be the machine's.
    const full = join(cwd, 'full.svg')
    const isThere = await run('/bin/sh', ['-c', 'mknod full.svg c 1 7 && : > full.svg'], { cwd }).then(
      () => true,
      () => false,
    )
    if (!isThere) return // only root makes one, and not everywhere
    for (const words of [
      ['check', MODEL, '--format', 'json=full.svg'],
      ['figure', 'rgb', MODEL, '-o', 'full.svg'],
    ]) {
      assertRefused(await filterlens(words, { cwd }), /^filterlens: full\.svg: cannot be written: the disk is full$/, words)
      assert.ok((await lstat(full)).isCharacterDevice())
    }
  }))

test('a socket, a folder, a link to nothing: each is said before anything is measured', () =>
  inFolder(async (cwd) => {
    const server = createServer().listen(join(cwd, 'socket'))
    await new Promise((done) => server.once('listening', done))
    try {
      await symlink('nowhere', join(cwd, 'dang'))
      for (const [words, sentence] of [
        [['check', 'none.onnx', '--format', 'json=socket'], /--format json socket: is a socket, which no file is written to; /],
        [['check', 'none.onnx', '--format', 'json=.'], /--format json \.: is a folder; give the name of a file$/],
        [['check', 'none.onnx', '--format', 'json=new/'], /--format json new\/: is a folder; give the name of a file$/],
        [['check', 'none.onnx', '--format', 'json=dang'], /: dang: is a link to something that is not there; remove the link, /],
        [['analyze', MODEL, '-o', 'dang'], /: dang: is a link to something that is not there; remove the link, or make what/],
        [['plan', MODEL, '--shards', '2', '-o', 'dang'], /: dang: is a link to something that is not there; /],
      ] as const)
        assertRefused(await filterlens(words, { cwd }), sentence, words)
      assert.equal((await readdir(cwd)).sort(), ['dang', 'socket'])
    } finally {
      await new Promise((done) => server.close(done))
    }
  }))

test('the root of the file system is no folder to write to, whichever command', () =>
  inFolder(async (cwd) => {
    await symlink('/', join(cwd, 'top'))
    for (const words of [
      ['analyze', MODEL, '-o', '/'],
      ['extract', MODEL, '-o', '/'],
      ['export', 'none', '-o', 'top'],
      ['track', MODEL, '-o', '/..'],
      ['plan', MODEL, '--shards', '2', '-o', '/'],
    ])
      assertRefused(
        await filterlens(words, { cwd }),
        /^filterlens: -o \S+: is the root of the file system; give a folder below/,
        words,
      )
  }))

test('a link stays, and the file that it leads to is replaced', () =>
  inFolder(async (cwd) => {
    await mkdir(join(cwd, 'kept'))
    await writeFile(join(cwd, 'kept/old.svg'), 'old')
    await symlink('kept/old.svg', join(cwd, 'link.svg'))
    for (const words of [
      ['check', MODEL, '--format', 'json=link.svg'],
      ['figure', 'rgb', MODEL, '-o', 'link.svg'],
    ]) {
      const { code, err } = await filterlens(words, { cwd })
      assert.ok(code === 0 || code === 1, err)
      assert.is(await readlink(join(cwd, 'link.svg')), 'kept/old.svg')
      assert.match(await readFile(join(cwd, 'kept/old.svg'), 'utf8'), words[0] === 'check' ? /^\{/ : /^<svg /)
    }
    assert.equal(await readdir(join(cwd, 'kept')), ['old.svg'])
  }))

test('an output that is one of the inputs, by whatever name, is refused before anything is written', () =>
  amongResults(async (cwd) => {
    await mkdir(join(cwd, 'models'))
    for (const name of ['models/c.onnx', 'drawn.svg', 'page.html', 'list.txt']) await copyFile(MODEL, join(cwd, name))
    await writeFile(join(cwd, 'list.txt'), 'a.onnx\n')
    await writeFile(join(cwd, 'filterlens.config.json'), '{"limits":{"*":{"max_sparsity":1}}}')
    await symlink('a.onnx', join(cwd, 'link'))
    await link(join(cwd, 'a.onnx'), join(cwd, 'hard'))
    assert.is((await filterlens(['pack', 'results', '-o', 'r.zip'], { cwd })).code, 0)
    const shard = (k: number): string => `pytorch_model-0000${k}-of-00003.bin`
    for (const name of ['pytorch_model.bin.index.json', shard(1), shard(2), shard(3)])
      await copyFile(join(projectFolder, 'test/fixtures/pytorch', name), join(cwd, name))
    const before = await readFile(join(cwd, 'a.onnx'))
    for (const words of [
      ['check', 'a.onnx', '--format', 'json=a.onnx'],
      ['check', 'a.onnx', '--format', 'json=./models/../a.onnx'],
      ['check', 'a.onnx', '--format', 'json=link'],
      ['check', 'a.onnx', '--format', 'json=hard'],
      ['check', 'link', '--format', 'text=new.txt', '--format', 'json=a.onnx'],
      ['check', '@list.txt', '--format', 'json=list.txt'],
      ['check', '@list.txt', '--format', 'text=new.txt', '--format', 'json=a.onnx'],
      ['check', 'models', '--format', 'json=models/c.onnx'],
      ['check', 'pytorch_model.bin.index.json', '--format', `json=${shard(1)}`],
      ['check', 'a.onnx', '--baseline', 'b.onnx', '--format', 'json=b.onnx'],
      ['check', 'a.onnx', '--baseline', 'models', '--format', 'json=models/c.onnx'],
      ['check', 'a.onnx', '--baseline', 'r.zip', '--format', 'json=r.zip'],
      ['check', 'a.onnx', '--format', 'json=filterlens.config.json'],
      ['compare', 'a.onnx', '--with', 'page.html', '--report', 'page.html'],
      ['figure', 'rgb', 'drawn.svg', '-o', 'drawn.svg'],
      ['figure', 'activations', 'a.onnx', '--image', 'a.png', '--changed', 'drawn.svg', '-o', 'drawn.svg'],
      ['activate', 'a.onnx', '--image', 'drawn.svg', '--changed', 'a.png', '-o', 'drawn.svg'],
      ['report', 'page.html', '-o', 'page.html'],
      ['pack', 'r.zip', '-o', 'r.zip'],
    ])
      assertRefused(
        await filterlens(words, { cwd }),
        /: is one of the inputs, which would be written over; give another name$/,
        words,
      )
    assert.equal(await readFile(join(cwd, 'a.onnx')), before)
    assert.not.ok((await readdir(cwd)).includes('new.txt'))
    // A file of before in a folder of models is none of them.
    const again = ['check', 'models', '--format', 'json=models/c.json']
    for (let k = 0; k < 2; k++) assert.ok((await filterlens(again, { cwd })).code !== 2)
  }))

test('two formats of one check into one file are refused', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'old'), '')
    await symlink('old', join(cwd, 'link'))
    await symlink('.', join(cwd, 'here'))
    for (const [first, second] of [
      ['new', 'new'],
      ['new', './new'],
      ['new', 'here/new'],
      ['old', 'link'],
    ] as const) {
      const words = ['check', MODEL, '--format', `json=${first}`, '--format', `sarif=${second}`]
      assertRefused(
        await filterlens(words, { cwd }),
        /^filterlens: --format sarif \S+: is .*; give each a file of its own$/,
        words,
      )
    }
    assert.is(await readFile(join(cwd, 'old'), 'utf8'), '')
  }))

test('nothing is written into a folder of results but results', () =>
  amongResults(async (cwd) => {
    await symlink('results', join(cwd, 'link'))
    await mkdir(join(cwd, 'results/figures'))
    assert.is((await filterlens(['plan', 'a.onnx', '--shards', '1', '-o', 'plan'], { cwd })).code, 0)
    const before = (await readdir(join(cwd, 'results'), { recursive: true })).sort()
    for (const words of [
      ['report', 'results', '-o', 'results/report.html'],
      ['report', 'results', '-o', 'link/r.html'],
      ['figure', 'rgb', 'a.onnx', '-o', 'results/figures/rgb.svg'],
      ['compare', 'a.onnx', '--with', 'b.onnx', '--report', 'results/c.html'],
      ['check', 'a.onnx', '--format', 'json=results/models.arrow'],
      ['pack', 'results', '-o', 'results/r.zip'],
      ['slurm', 'plan', '--scripts', 'results'],
    ])
      assertRefused(
        await filterlens(words, { cwd }),
        /: (its folder )?holds results, which would be written over; give another/,
        words,
      )
    assert.equal((await readdir(join(cwd, 'results'), { recursive: true })).sort(), before)
    const { code, out } = await filterlens(['report', 'results'], { cwd })
    assert.equal([code, out], [0, 'report.html\n'])
  }))

test('a zip is not packed into a pipe', () =>
  amongResults(async (cwd) => {
    await run('mkfifo', [join(cwd, 'pipe.zip')])
    const words = ['pack', 'results', '-o', 'pipe.zip']
    assertRefused(
      await filterlens(words, { cwd }),
      /-o pipe\.zip: is a pipe or a device; give a file, which is written whole/,
      words,
    )
    assert.ok((await lstat(join(cwd, 'pipe.zip'))).isFIFO())
  }))

test.run()
