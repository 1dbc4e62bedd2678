import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const MODELS = ['vgg_w16_cifar10_normal', 'vgg_w16_cifar10_robust', 'vgg_w24_cifar10_normal', 'vgg_w24_cifar10_robust']
const paths = MODELS.map((name) => `data/${name}.onnx`)

test('a study is printed, written, exported, checked and made again', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    const meta = join(folder, 'meta.csv')
    await writeFile(
      meta,
      `id,Robust,Arch,Dataset,Loss\n${MODELS.map((name, k) => `${name},${k % 2},${name.slice(0, 7)},c10,${k}`).join('\n')}\n`,
    )
    const asked = [
      '--meta',
      meta,
      '--name-column',
      'id',
      '--group-by',
      'Arch',
      '--correlate',
      'Loss',
      '--pair-by',
      'arch,dataset',
    ]
    const { code, out, err } = await filterlens(['analyze', ...paths, ...asked, '-o', results, '--report'])
    assert.is(code, 0, err)
    assert.match(out, /By Arch: 2 values[\s\S]*vgg_w16 [\s\S]*Mann-Whitney U[\s\S]*Rank correlations/)
    assert.match(err, /2 pairs by "Arch" and "Dataset"/)
    assert.match(err, /columns: normal or robust from "Robust", data set from "Dataset"/)
    assert.match(await readFile(join(results, 'report.html'), 'utf8'), /<h2>By columns<\/h2>[\s\S]*values-by-depth-arch/)
    const checked = await filterlens(['verify', results, '--inputs', ...paths, '--meta', meta, '--name-column', 'id'])
    assert.is(checked.code, 0, checked.err + checked.out)
    assert.match(checked.out, /files made again from the inputs: equal in every byte/)
    const tables = join(folder, 'tables')
    await filterlens(['export', results, '-o', tables])
    const tex = join(folder, 'tex')
    await filterlens(['export', results, '--format', 'latex', '--table', 'pairs', '--columns', 'b,shift', '-o', tex])
    assert.match(await readFile(join(tex, 'pairs.tex'), 'utf8'), /\\begin\{tabular\}\{lr\}\n\\toprule\nb & shift/)
    const refused = await filterlens(['export', results, '--table', 'pairs', '--columns', 'none', '-o', tex])
    assert.is(refused.code, 2)
    assert.match(refused.err, /--columns none: the table pairs has no such column; it has a, b,/)
    assert.match(await readFile(join(tables, 'study-values.csv'), 'utf8'), /^column,value,models,networks,layers,filters/)
    assert.match(await readFile(join(tables, 'column-correlations.csv'), 'utf8'), /variance_entropy,all,Loss/)
  }))

test('questions that make no sense are refused', async () => {
  for (const [words, sentence] of [
    [['--group-by', 'Arch'], /--group-by Arch: the models have no metadata; give a table with --meta/],
    [['--within', 'Arch'], /--within says where --group-by compares; give --group-by too/],
    [['--pairs', 'x.csv', '--pair-by', 'Arch'], /pair-by/],
  ] as const) {
    const { code, out, err } = await filterlens(['analyze', paths[0]!, ...words])
    assert.equal([code, out], [2, ''])
    assert.match(err, sentence)
  }
})

test.run()
