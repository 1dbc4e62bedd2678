// What a person sees, at three widths and in a pipe. FILTERLENS_UPDATE_TERMINAL=1 writes the pictures anew; look at them first.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { terminalWidth } from '../../src/cli/text-width.ts'
import { filterlens, inFolder, projectFolder } from './run.ts'
import { healthyModel, sickModel, worseModel } from './sick-model.ts'

const folderOfViews = join(projectFolder, 'test/fixtures/terminal')
const data = (name: string): string => join(projectFolder, 'data', name)
const groups = ['--meta', data('meta.csv'), '--pairs', data('pairs.csv')]

const views: Readonly<Record<string, readonly string[]>> = {
  analyze: ['analyze', 'sick.safetensors', '--skip-non-finite'],
  models: ['analyze', data('.')],
  groups: ['analyze', data('.'), ...groups],
  studies: ['analyze', data('.'), '--meta', data('meta.csv'), '--group-by', 'Backbone', '--correlate', 'Clean Accuracy'],
  inspect: ['inspect', data('preact_w24_cifar10_normal.onnx')],
  statistics: ['inspect', data('preact_w24_cifar10_normal.onnx'), '--statistics'],
  compare: ['compare', 'good.safetensors', '--with', 'worse.safetensors'],
  track: ['track', 'runs/first/step-0.safetensors', 'runs/first/step-1.safetensors'],
  sweep: ['track', 'runs/first', 'runs/second', '--meta', 'runs.csv', '--correlate', 'lr'],
  plan: ['plan', 'good.safetensors', 'worse.safetensors', '--shards', '2', '-o', 'plan'],
  check: ['check', 'sick.safetensors'],
  verify: ['verify', 'results'],
  report: ['report', 'results', '-o', 'report.html'],
  extract: ['extract', 'good.safetensors', 'worse.safetensors', '-o', 'database'],
  view: ['view', '--help'],
  help: ['--help'],
}

const widths = [60, 80, 120, undefined] as const

test('every view fits its terminal from 60 columns on, and looks as it did', () =>
  inFolder(async (folder) => {
    // A folder for each width: commands that write into one would wait for one another.
    const ownFolder = (width: number | undefined): string => join(folder, String(width ?? 'pipe'))
    for (const width of widths) {
      const cwd = ownFolder(width)
      await mkdir(cwd)
      await writeFile(join(cwd, 'good.safetensors'), healthyModel)
      await writeFile(join(cwd, 'worse.safetensors'), worseModel)
      await writeFile(join(cwd, 'sick.safetensors'), sickModel)
      for (const [run, models] of [
        ['first', [healthyModel, worseModel]],
        ['second', [worseModel, healthyModel]],
      ] as const) {
        await mkdir(join(cwd, 'runs', run), { recursive: true })
        for (const [step, model] of models.entries()) await writeFile(join(cwd, 'runs', run, `step-${step}.safetensors`), model)
      }
      await writeFile(join(cwd, 'runs.csv'), 'Run,lr\nfirst,0.1\nsecond,0.01\n')
      assert.is((await filterlens(['analyze', 'good.safetensors', '-o', 'results'], { cwd })).code, 0)
    }
    for (const [view, words] of Object.entries(views)) {
      await Promise.all(
        widths.map(async (width) => {
          const env = width === undefined ? {} : { COLUMNS: String(width) }
          const { out } = await filterlens(words, { cwd: ownFolder(width), env })
          assert.ok(out !== '', `${view} prints nothing`)
          const shown = out.replaceAll(/\b[0-9a-f]{64}\b/g, '…').replaceAll(folder, '…')
          const name = `${view}-${width ?? 'pipe'}.txt`
          if (width !== undefined)
            for (const line of shown.split('\n'))
              assert.ok(terminalWidth(line) <= width || !/\S\s+\S/.test(line.trim()), `${name}: ${line}`)
          if (process.env['FILTERLENS_UPDATE_TERMINAL'] === '1') {
            await mkdir(folderOfViews, { recursive: true })
            await writeFile(join(folderOfViews, name), shown)
          }
          assert.fixture(shown, await readFile(join(folderOfViews, name), 'utf8'), name)
        }),
      )
    }
  }))

test.run()
