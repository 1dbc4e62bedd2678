// A series of checkpoints: the same bytes when it is measured at once, in two goes, or beside a training that runs.
import { spawn } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { convolution, safetensors } from '../measure/models.ts'
import { filterlens, inFolder, projectFolder } from './run.ts'

const series = join(projectFolder, 'test/fixtures/series')
const files = (await readdir(join(series, 'robust'))).sort().slice(0, 5)
const tables = ['trajectory.arrow', 'trajectory.csv', 'trajectory.parquet', 'figures/trajectory-heat-map.svg']

async function copied(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of names) await copyFile(join(series, 'robust', name), join(folder, name))
}

async function bytesIn(folder: string): Promise<string[]> {
  return Promise.all(tables.map(async (name) => (await readFile(join(folder, name))).toString('base64')))
}

test('at once, resumed and watched: the same bytes', () =>
  inFolder(async (folder) => {
    const run = join(folder, 'robust')
    const scalars = ['--meta', join(series, 'accuracy.csv')]
    const track = (output: string, ...more: string[]) => [
      'track',
      join(run, '*.ckpt'),
      '-o',
      join(folder, output),
      ...scalars,
      ...more,
    ]
    await copied(run, files.slice(0, 2))
    const first = await filterlens(track('resumed'))
    assert.is(first.code, 0, first.err)
    assert.match(first.err, /2 checkpoints, ordered by the step in their files/)

    const watching = spawn(process.execPath, [
      join(projectFolder, 'dist/src/cli/main.js'),
      ...track('watched', '--watch', '--interval', '0.1', '--count', '5'),
    ])
    let lines = ''
    watching.stdout.on('data', (chunk) => (lines += String(chunk)))
    const ended = new Promise<number | null>((resolve) => watching.on('close', resolve))
    await new Promise((resolve) => watching.stdout.once('data', resolve))
    await copied(run, files.slice(2))
    assert.is(await ended, 0)
    const told = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { checkpoint: string; step: number; Robust_Accuracy: number })
    assert.equal(
      told.map(({ checkpoint }) => checkpoint),
      files,
    )
    assert.equal(
      told.map(({ step }) => step),
      [0, 30, 60, 120, 200],
    )
    assert.is(told[4]!.Robust_Accuracy, 23.2)

    const resumed = await filterlens(track('resumed'))
    assert.match(resumed.err, /2 checkpoints measured already/)
    const whole = await filterlens(track('whole'))
    assert.is(whole.code, 0, whole.err)
    assert.match(whole.out, /features\.17\.weight/)
    const expected = await bytesIn(join(folder, 'whole'))
    assert.equal(await bytesIn(join(folder, 'resumed')), expected)
    assert.equal(await bytesIn(join(folder, 'watched')), expected)
  }))

test('two that write into one folder at a time: one is refused, in a sentence, and the other goes on', () =>
  inFolder(async (folder) => {
    const run = join(folder, 'robust')
    await copied(run, files.slice(0, 2))
    const output = join(folder, 'out')
    const watching = spawn(process.execPath, [
      join(projectFolder, 'dist/src/cli/main.js'),
      ...['track', run, '-o', output, '--watch', '--interval', '0.1', '--count', '3'],
    ])
    const ended = new Promise<number | null>((resolve) => watching.on('close', resolve))
    await new Promise((resolve) => watching.stdout.once('data', resolve))
    try {
      const second = await filterlens(['track', run, '-o', output])
      assert.is(second.code, 2)
      assert.match(second.err, /out: another run \(process \d+\) is writing here; wait for it, give another folder/)
      const other = await filterlens(['analyze', run, '-o', output])
      assert.is(other.code, 2)
      assert.match(other.err, /out: (another run \(process \d+\) is writing here|holds a series of checkpoints)/)
      await copied(run, files.slice(2, 3))
      assert.is(await ended, 0)
    } finally {
      watching.kill('SIGKILL') // one that was not given its third checkpoint would watch for ever
    }
    assert.equal((await readdir(output)).sort(), [
      'figures',
      'trajectory.arrow',
      'trajectory.csv',
      'trajectory.parquet',
      'trajectory.tex',
    ])
    assert.is((await filterlens(['track', run, '-o', output])).code, 0)
  }))

test('--check holds the last checkpoint against limits, a configuration, a baseline, else the flags', () =>
  inFolder(async (folder) => {
    const paths = files.slice(0, 2).map((name) => join(series, 'robust', name))
    const check = (...more: string[]) => filterlens(['track', ...paths, '--check', ...more])
    const good = await check('--max-sparsity', '0.9')
    assert.is(good.code, 0, good.err)
    assert.match(good.err, /nothing to report on 6 layers/)
    const bad = await check('--min-entropy', '0.94')
    assert.is(bad.code, 1)
    assert.match(bad.err, /variance entropy is 0\.\d+ and must be at least 0\.94/)
    await writeFile(join(folder, 'gate.json'), '{"limits": {"*": {"min_orthogonality": 0.999}}, "ignore": ["features.0*"]}')
    const configured = await check('--config', join(folder, 'gate.json'))
    assert.is(configured.code, 1)
    assert.match(configured.err, /5 of 5 layers do not pass; 1 layer ignored/)
    const baseline = await check('--baseline', join(series, 'normal/step=0000.ckpt'), '--tolerance', '0.001')
    assert.is(baseline.code, 1)
    assert.match(baseline.err, /in the baseline/)
    const without = await filterlens(['track', ...paths, '--max-sparsity', '0.5'])
    assert.is(without.code, 2)
    assert.match(without.err, /--max-sparsity says what the last checkpoint is held against; add --check/)
  }))

/** A checkpoint of two layers, of which so many hold a NaN. */
async function diverged(path: string, step: number, broken: number): Promise<void> {
  const layers = [0, 1].map((k) => convolution(`layer${k}.weight`, [8, 4, 3, 3], 10 * step + k))
  for (const { values } of layers.slice(0, broken)) values[7] = Number.NaN
  await writeFile(join(path, `step-${step}.safetensors`), safetensors(layers))
}

test('--check: weights that are not a number are findings, in one layer or in all', () =>
  inFolder(async (folder) => {
    await diverged(folder, 1, 0)
    await diverged(folder, 2, 1)
    const check = (...more: string[]) => filterlens(['track', join(folder, '*.safetensors'), '--check', ...more])
    const one = await check('--max-sparsity', '1')
    assert.is(one.code, 1, one.err)
    assert.match(one.err, /layer0\.weight.*NaN/s)
    assert.match(one.err, /1 of 2 layers/)
    await diverged(folder, 3, 2)
    const all = await check('--max-sparsity', '1', '-o', join(folder, 'out'))
    assert.is(all.code, 1, all.err)
    assert.match(all.err, /2 of 2 layers/)
    const refused = await filterlens(['track', join(folder, '*.safetensors')])
    assert.is(refused.code, 2)
    assert.match(refused.err, /NaN/)
  }))

test('--watch --check judges each checkpoint when it comes; the code is that of the last', () =>
  inFolder(async (folder) => {
    const last = join(folder, 'last')
    for (const name of [folder, last]) await mkdir(name, { recursive: true })
    await diverged(folder, 1, 1)
    const words = [
      'track',
      join(folder, '*.safetensors'),
      '--watch',
      '--interval',
      '0.1',
      '--count',
      '2',
      '--check',
      '--max-sparsity',
      '1',
    ]
    const child = spawn(process.execPath, [join(projectFolder, 'dist/src/cli/main.js'), ...words])
    let err = ''
    let hasTold = (): void => undefined
    const told = new Promise<void>((resolve) => (hasTold = resolve))
    child.stderr.on('data', (chunk) => {
      err += String(chunk)
      if (/1 of 2 layers/.test(err)) hasTold()
    })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    await Promise.race([told, ended])
    await diverged(last, 2, 0)
    await copyFile(join(last, 'step-2.safetensors'), join(folder, 'step-2.safetensors'))
    assert.is(await ended, 0, err)
    assert.match(err, /1 of 2 layers.*nothing to report/s)
  }))

test('what is no series is refused in a sentence', () =>
  inFolder(async (folder) => {
    const { code, err } = await filterlens(['track', join(folder, '*.ckpt')])
    assert.is(code, 2)
    assert.match(err, /no|nothing/i)
    const asked = await filterlens(['track', join(series, 'renamed.pt'), join(series, 'pruned.pt'), '--by', 'step'])
    assert.is(asked.code, 2)
    assert.match(asked.err, /--by step: not all checkpoints have one/)
  }))

test.run()
