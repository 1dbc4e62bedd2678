// Ctrl-C ends every command within a second, whatever it is doing; docs/attacks.md lists the states.
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { File, ready } from 'h5wasm/node'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder } from '../../src/io/node.ts'
import { outputFolder } from '../../src/io/node-output.ts'
import { readResults } from '../../src/results/tables-read.ts'
import { writeResults } from '../../src/results/write-results.ts'
import { facts, few } from './forged.ts'
import { filterlens, inFolder, main, projectFolder } from './run.ts'

/** One layer whose panels take seconds to multiply: 75 MB, which repeat themselves so that they deflate. */
const SHAPE = [4096, 512, 3, 3] as const

function weights(): Float32Array {
  const values = new Float32Array(SHAPE.reduce((n, size) => n * size, 1))
  for (let k = 0; k < values.length; k++) values[k] = Math.fround(((k * 7919) % 1009) / 1009 - 0.5 + (k >> 16) * 1e-4)
  return values
}

function npyHeader(shape: readonly number[]): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const head = Buffer.alloc(10)
  head.write('\x93NUMPY\x01\x00', 'latin1')
  const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)
  head.writeUInt16LE(padded.length + 1, 8)
  return Buffer.concat([head, Buffer.from(`${padded}\n`)])
}

/** A zip of one deflated entry. */
function deflatedZip(name: string, bytes: Uint8Array): Buffer {
  const { crc32 } = process.getBuiltinModule('node:zlib')
  const packed = deflateRawSync(bytes, { level: 1 })
  const [local, central, end] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(22)]
  for (const [header, at] of [
    [local, 4],
    [central, 6],
  ] as const) {
    header.writeUInt16LE(20, at)
    header.writeUInt16LE(8, at + 4)
    header.writeUInt32LE(crc32(bytes), at + 10)
    header.writeUInt32LE(packed.length, at + 14)
    header.writeUInt32LE(bytes.length, at + 18)
    header.writeUInt16LE(name.length, at + 22)
  }
  local.writeUInt32LE(0x04034b50, 0)
  central.writeUInt32LE(0x02014b50, 0)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(30 + name.length + packed.length, 16)
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end])
}

/** A file that is as large as it says and holds nothing but its beginning. */
async function sparseFile(path: string, head: Uint8Array, size: number): Promise<void> {
  const handle = await open(path, 'w')
  await handle.write(head)
  await handle.truncate(size)
  await handle.close()
}

/** A server that takes every connection and answers with this, or never. */
async function silentServer(answer = ''): Promise<{ url: string; isAsked(): Promise<void>; close(): void }> {
  const open = new Set<Socket>()
  let asked = (): void => undefined
  const server: Server = createServer((socket) => {
    asked()
    open.add(socket.on('error', () => undefined))
    if (answer !== '') socket.write(answer)
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  const close = (): void => {
    for (const socket of open) socket.destroy()
    server.close()
  }
  const isAsked = (): Promise<void> => new Promise((resolve) => (asked = resolve))
  return { url: `http://127.0.0.1:${port}/net.onnx`, isAsked, close }
}

interface Ended {
  /** From the signal to the end. */
  readonly milliseconds: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly err: string
}

/** When a program is interrupted: so many milliseconds after its start, or a moment after something that has it wait for ever. */
type Moment = number | (() => Promise<void>)

/** Starts a program and interrupts it; undefined when it had ended before. */
function interrupted(program: readonly string[], after: Moment): Promise<Ended | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, program, { cwd: projectFolder, stdio: ['pipe', 'ignore', 'pipe'] })
    let err = ''
    let sent = 0
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const interrupt = (): void => {
      sent = performance.now()
      child.kill('SIGINT')
    }
    const timer = typeof after === 'number' ? setTimeout(interrupt, after) : void after().then(() => setTimeout(interrupt, 200))
    child.on('error', reject).on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(sent === 0 ? undefined : { milliseconds: performance.now() - sent, code, signal, err })
    })
  })
}

/** How late a program that does nothing hears a signal on this machine, now: 20 ms where nothing else runs. The worst of three. */
async function lateness(): Promise<number> {
  const idle = 'process.on("SIGINT", () => process.exit(130)); setInterval(() => {}, 10)'
  const late: number[] = []
  for (let k = 0; k < 3; k++) late.push((await interrupted(['-e', idle], 300))!.milliseconds)
  return Math.max(...late)
}

/** Seconds that pass on this machine, now, while a program computes for one: 1 where a core is free. */
function stretch(): Promise<number> {
  const busy = `const began = performance.now()
    while (process.cpuUsage().user < 4e5);
    console.log((1e3 * (performance.now() - began)) / process.cpuUsage().user)`
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-e', busy], (error, out) => (error ? reject(error) : resolve(Math.max(1, Number(out)))))
  })
}

/** What "a second" is on this machine, now. */
async function aSecond(): Promise<number> {
  return Math.max(1000 * (await stretch()), 20 * (await lateness()))
}

/**
 * Interrupts a command in a state that it is in after about so many milliseconds, earlier where this machine is faster, and wants it
 * to end within a second: of processor time, where other programs leave it no core. Undefined when it ends too fast to be met.
 */
async function endsWithin(state: string, words: readonly string[], after: Moment): Promise<Ended | undefined> {
  const tries: string[] = []
  for (let moment = after; tries.length < 3; ) {
    const ended = await interrupted([main, ...words], moment)
    // A command whose work was done when the signal came ends with 0 and at once; one that does not heed it goes on working.
    if (!ended || (ended.code === 0 && (ended.milliseconds < 200 || ended.milliseconds < 0.2 * (await aSecond())))) {
      if (typeof moment !== 'number' || typeof after !== 'number' || moment * 0.7 < 0.2 * after) return undefined
      moment *= 0.7
      continue
    }
    assert.ok(ended.code === 130 || ended.signal === 'SIGINT', `${state}: ended with ${ended.code ?? ended.signal}: ${ended.err}`)
    assert.not.match(ended.err, /this is a fault/, state)
    const limit = ended.milliseconds < 1000 ? 1000 : await aSecond()
    if (ended.milliseconds < limit) {
      console.log(`${state}: ${ended.milliseconds.toFixed(0)} ms`)
      return ended
    }
    tries.push(`${ended.milliseconds.toFixed(0)} ms, the limit was ${limit.toFixed(0)}`)
  }
  throw new Error(`${state}: ${tries.join('; ')}`)
}

test('while inputs are looked for and opened: a list on standard input, a server that says nothing, one that stops in the middle', () =>
  inFolder(async (folder) => {
    const silent = await silentServer()
    const stops = await silentServer(
      'HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-1023/100000000\r\nContent-Length: 1024\r\n\r\nabc',
    )
    try {
      for (const [state, words, after] of [
        ['a list on standard input', ['analyze', '-'], 1500],
        ['opening at a silent server', ['analyze', silent.url, '-o', join(folder, 'a')], silent.isAsked],
        ['opening at a server that stops', ['analyze', stops.url, '-o', join(folder, 'b')], stops.isAsked],
        ['extracting from a silent server', ['extract', silent.url, '-o', join(folder, 'c')], silent.isAsked],
        ['inspecting at a silent server', ['inspect', silent.url], silent.isAsked],
        ['comparing with a silent server', ['compare', few[0]!, '--with', silent.url], silent.isAsked],
      ] as const)
        assert.ok(await endsWithin(state, words, after), state)
      assert.equal(await readdir(folder), []) // not even an empty folder
    } finally {
      silent.close()
      stops.close()
    }
  }))

test('while the folder of the results is made: nothing of it stays', () =>
  inFolder(async (folder) => {
    // The signal comes with the folder itself, whatever the speed of the machine.
    const hook = `import { promises } from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      const { mkdir } = promises
      promises.mkdir = async (path, ...more) => {
        const made = await mkdir(path, ...more)
        if (String(path).endsWith('.filterlens')) process.kill(process.pid, 'SIGINT')
        return made
      }
      syncBuiltinESMExports()`
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` }
    for (const command of ['analyze', 'extract']) {
      const { code, err } = await filterlens([command, few[0]!, '-o', join(folder, command)], { env })
      assert.is(code, 130, err)
      assert.match(err, /interrupted: nothing was written/)
    }
    assert.equal(await readdir(folder), [])
  }))

test('while checkpoints are waited for, one seen or none', () =>
  inFolder(async (folder) => {
    // The signal comes with the first wait for the next look.
    const hook = `import timers from 'node:timers/promises'
      import { syncBuiltinESMExports } from 'node:module'
      const { setTimeout: later } = timers
      timers.setTimeout = (milliseconds, ...more) => {
        if (milliseconds >= 60_000) setTimeout(() => process.kill(process.pid, process.env.SENT), 50)
        return later(milliseconds, ...more)
      }
      syncBuiltinESMExports()`
    const checkpoint = 'test/fixtures/series/robust/step=0000.ckpt'
    for (const [signal, wanted] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)
      for (const watched of [checkpoint, join(folder, 'none/*.ckpt')]) {
        const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`, SENT: signal }
        const { code, err } = await filterlens(['track', watched, '--watch', '--interval', '60'], { env, killAfter: 60_000 })
        assert.is(code, wanted, err)
        assert.match(err, /interrupted: what has been written stays/)
        assert.not.match(err, /fault/)
      }
  }))

test('while weights are measured that are in memory, on disk, in this thread or in others', () =>
  inFolder(async (folder) => {
    const values = weights()
    const bytes = Buffer.concat([npyHeader(SHAPE), Buffer.from(values.buffer)])
    await writeFile(join(folder, 'net.npz'), deflatedZip('conv.npy', bytes))
    await writeFile(join(folder, 'net.zip'), deflatedZip('conv.npy', bytes))
    await writeFile(join(folder, 'net.npy'), bytes)
    const { FS } = await ready
    const made = join(folder, 'made.h5')
    FS.writeFile(made, new Uint8Array(0))
    const file = new File(made, 'w')
    const place = file.create_group('layers').create_group('conv2d').create_group('vars')
    place.create_dataset({
      name: '0',
      data: values,
      shape: [3, 3, 512, 4096],
      chunks: [3, 3, 64, 512],
      compression: 'gzip',
      compression_opts: [1],
    })
    file.close()
    await writeFile(join(folder, 'net.weights.h5'), FS.readFile(made))
    for (const name of ['net.npz', 'net.zip', 'net.weights.h5', 'net.npy'])
      for (const workers of name === 'net.npy' ? ['1', '2'] : ['1']) {
        const ended = await endsWithin(
          `measuring ${name}, workers ${workers}`,
          ['analyze', join(folder, name), '--workers', workers],
          2500,
        )
        assert.ok(ended, `${name} was measured before the signal came`)
      }
  }))

test('while a file is hashed, filters are written, a second pass and a report are made', () =>
  inFolder(async (folder) => {
    // A small layer, and eight gigabytes that are only hashed.
    const header = {
      'conv.weight': { dtype: 'F32', shape: [4, 2, 3, 3], data_offsets: [0, 288] },
      table: { dtype: 'F32', shape: [2 ** 21, 1024], data_offsets: [288, 288 + 2 ** 33] },
    }
    const text = Buffer.from(JSON.stringify(header))
    const head = Buffer.alloc(8)
    head.writeUInt32LE(text.length, 0)
    await sparseFile(join(folder, 'net.safetensors'), Buffer.concat([head, text]), 8 + text.length + 288 + 2 ** 33)
    assert.ok(await endsWithin('hashing', ['analyze', join(folder, 'net.safetensors'), '-o', join(folder, 'r')], 2000))
    assert.not.ok(existsSync(join(folder, 'r/results.sha256')))
    await sparseFile(
      join(folder, 'wide.npy'),
      npyHeader([400_000, 64, 3, 3]),
      npyHeader([400_000, 64, 3, 3]).length + 400_000 * 64 * 36,
    )
    const extracted = await endsWithin('extracting', ['extract', join(folder, 'wide.npy'), '-o', join(folder, 'db')], 1000)
    assert.ok(extracted)
    assert.not.ok(existsSync(join(folder, 'db/filters.arrow')))
    const study = [
      'analyze',
      'data',
      '--meta',
      'data/meta.csv',
      '--pairs',
      'data/pairs.csv',
      '--report',
      '-o',
      join(folder, 'study'),
    ]
    const started = performance.now()
    assert.is((await filterlens(study)).code, 0)
    const whole = performance.now() - started
    const number = await readFile(join(folder, 'study/results.sha256'), 'utf8')
    let stopped = 0
    for (const share of [0.3, 0.5, 0.65, 0.75, 0.85]) {
      const ended = await endsWithin(`a whole study, at ${share} of its time`, [...study, '--threshold', '0.02'], share * whole)
      if (ended) stopped++
      if (
        ended &&
        existsSync(join(folder, 'study/results.sha256')) &&
        (await readFile(join(folder, 'study/results.sha256'), 'utf8')) === number
      )
        assert.is((await filterlens(['verify', join(folder, 'study')])).code, 0)
    }
    assert.ok(stopped > 0)
    const verify = ['verify', join(folder, 'study'), '--inputs', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv']
    assert.is((await filterlens(study)).code, 0)
    const began = performance.now()
    assert.is((await filterlens(verify)).code, 0)
    const again = performance.now() - began
    for (const share of [0.75, 0.9])
      await endsWithin(`making the files of a study again, at ${share} of the time`, verify, share * again)
    assert.is(await readFile(join(folder, 'study/results.sha256'), 'utf8'), number)
  }))

test('while results of thousands of layers are reported on, exported, packed, verified, and models checked and activated', () =>
  inFolder(async (folder) => {
    const small = join(folder, 'small')
    assert.is((await filterlens(['analyze', 'data', '--meta', 'data/meta.csv', '-o', small])).code, 0)
    const one = await readResults(diskFolder(small), small)
    const copies = Array.from(
      { length: 250 },
      (_, k) =>
        (name: string): string =>
          `${name}-${k}`,
    )
    const analysis = {
      ...one,
      models: copies.flatMap((named) => one.models.map((row) => ({ ...row, model: named(row.model), file: named(row.file) }))),
      layers: copies.flatMap((named) => one.layers.map((row) => ({ ...row, model: named(row.model) }))),
    }
    const results = join(folder, 'results')
    await mkdir(results)
    await writeResults(outputFolder(results), { analysis, inputs: null }, facts)
    const left = async (): Promise<string[]> => (await readdir(folder)).filter((name) => !['small', 'results'].includes(name))
    for (const [state, words, after] of [
      ['reading tables for a report', ['report', results, '-o', join(folder, 'r.html')], 600],
      ['building a report', ['report', results, '-o', join(folder, 'r.html')], 1600],
      ['exporting as CSV', ['export', results, '-o', join(folder, 't')], 1500],
      ['exporting as Parquet', ['export', results, '--format', 'parquet', '-o', join(folder, 't')], 1800],
      ['checking hashes before packing', ['pack', results, '-o', join(folder, 'r.zip')], 300],
      ['verifying hashes', ['verify', results], 350],
      ['making again what follows from the tables', ['verify', results], 1800],
      ['looking for inputs to measure again', ['verify', small, '--inputs', 'data'], 500],
      ['checking', ['check', 'data', '--max-sparsity', '1'], 400],
      [
        'activating',
        [
          'activate',
          few[0]!,
          '--image',
          'data/automobile-clean.png',
          '--changed',
          'data/automobile-perturbed.png',
          '-o',
          join(folder, 'a.svg'),
        ],
        300,
      ],
    ] as const) {
      const ended = await endsWithin(state, words, after)
      // What it was to write is not there, neither whole nor in part; a killed one's hidden part is the next one's to remove.
      if (ended)
        assert.equal(
          (await left()).filter((name) => !name.startsWith('.')),
          [],
          state,
        )
      else console.log(`${state}: had ended before`)
    }
    assert.is((await filterlens(['export', small, '-o', join(folder, 't')])).code, 0)
    assert.not.ok((await left()).some((name) => name.startsWith('.t.')))
  }))

test.run()
