// Several trainings beside one another: their ends against their parameters.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { convolution, safetensors } from '../measure/models.ts'
import { filterlens, inFolder } from './run.ts'

/** Runs of two checkpoints whose weights go further the larger the rate is. */
async function makeRuns(folder: string, rates: readonly number[]): Promise<void> {
  for (const [k, rate] of rates.entries()) {
    const run = join(folder, `run-2026-${k}`)
    await mkdir(run, { recursive: true })
    for (const step of [1, 2]) {
      const tensor = convolution('conv.weight', [8, 4, 3, 3], 1)
      const noise = convolution('conv.weight', [8, 4, 3, 3], 7 + k)
      const values = tensor.values.map((value, at) => (step === 1 ? value : value + rate * noise.values[at]!))
      await writeFile(join(run, `step-${step}.safetensors`), safetensors([{ ...tensor, values }]))
    }
  }
}

test('runs by folders, parameters by names, tests, tables and the picture', () =>
  inFolder(async (folder) => {
    const rates = [0.1, 0.2, 0.4, 0.8, 1.6]
    const ordered = [0.1, 0.4, 1.6, 0.2, 0.8] // by the groups, then by the rate
    await makeRuns(join(folder, 'sweep'), rates)
    const table = ['Name,lr,opt', ...rates.map((rate, k) => `${k},${rate},${k % 2 === 0 ? 'sgd' : 'adam'}`), 'gone,1,sgd']
    await writeFile(join(folder, 'sweep.csv'), table.join('\n'))
    const folders = (await readdir(join(folder, 'sweep'))).map((name) => join(folder, 'sweep', name))
    const output = join(folder, 'out')
    const meta = ['--meta', join(folder, 'sweep.csv'), '--correlate', 'lr', '--group-by', 'opt']
    const { code, out, err } = await filterlens(['track', ...folders, ...meta, '-o', output])
    assert.is(code, 0, err)
    assert.match(err, /about runs that were not read: gone/)
    assert.match(out, /5 runs, from the first to the last checkpoint of each/)
    assert.match(out, /relative change +all layers +lr +Spearman +1\.00/)
    const csv = await readFile(join(output, 'sweep-runs.csv'), 'utf8')
    assert.match(csv, /^run,checkpoints,last,position,.*relative_change,shift,lr,opt\r\n/)
    const first = csv.split('\r\n').slice(1, 6)
    assert.equal(
      first.map((line) => Number(line.split(',').at(-2))),
      ordered,
    )
    const names = await readdir(output)
    for (const name of ['sweep-layers.arrow', 'sweep-tests.csv', 'run-2026-0', 'figures'])
      assert.ok(names.includes(name), names.join())
    assert.match(await readFile(join(output, 'figures/sweep-heat-map.svg'), 'utf8'), /Layers of the runs/)

    const again = await filterlens(['track', join(folder, 'sweep/*/*.safetensors'), ...meta, '--json'])
    const { runs, tests } = JSON.parse(again.out) as {
      runs: { run: string; relative_change: number; meta: { lr: number } }[]
      tests: { of: string; layer: string; against: string; effect: number | null }[]
    }
    assert.equal(
      runs.map(({ meta: { lr } }) => lr),
      ordered,
    )
    const byRate = [...runs].sort((a, b) => a.meta.lr - b.meta.lr)
    assert.ok(byRate.every(({ relative_change }, k) => k === 0 || relative_change > byRate[k - 1]!.relative_change))
    assert.is(
      tests.find(({ of, layer, against }) => of === 'relative_change' && layer === 'conv.weight' && against === 'lr')!.effect,
      1,
    )
  }))

test('what cannot be a sweep is refused in a sentence', () =>
  inFolder(async (folder) => {
    await makeRuns(join(folder, 'sweep'), [0.1])
    const run = join(folder, 'sweep/run-2026-0')
    await writeFile(join(folder, 'steps.csv'), 'Run,Step,loss\nrun-2026-0,1,0.5\n')
    const refuse = async (words: readonly string[], sentence: RegExp): Promise<void> => {
      const { code, err } = await filterlens(['track', ...words])
      assert.is(code, 2, err)
      assert.match(err, sentence)
    }
    await refuse([run, '--runs'], /there is one; name the folders of several/)
    await refuse([run, '--correlate', 'lr', '--watch'], /--watch follows one run/)
    await makeRuns(join(folder, 'sweep'), [0.1, 0.2])
    const both = [join(folder, 'sweep'), '--runs']
    await refuse([...both, '--meta', join(folder, 'steps.csv')], /is about checkpoints, not about runs; give it with --scalars/)
    await refuse([...both, '--correlate', 'lr'], /--correlate lr: the runs have no metadata; give a table with --meta/)
  }))

test.run()
