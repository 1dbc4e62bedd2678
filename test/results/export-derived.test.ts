import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { modelCounts } from '../../src/analysis/counts.ts'
import { nameRatios } from '../../src/analysis/name-ratios.ts'
import { analyze } from '../../src/analyze.ts'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { memoryOutput } from '../../src/io/memory-folder.ts'
import { streamed } from '../../src/measure/layer-source.ts'
import { derivedTables } from '../../src/results/export-derived.ts'
import { exportLatex, latexText, writeLatex } from '../../src/results/export-latex.ts'
import { tableInParts } from '../../src/results/export-table.ts'
import { principalComponents } from '../../src/shift/principal-components.ts'
import { mergeMoments } from '../../src/wasm/moments.ts'

const names = ['vgg_w16_cifar10_normal', 'vgg_w16_cifar10_robust', 'vgg_w16_fashion_mnist_normal']
const run = await analyze(await listInputs(names.map((name) => `data/${name}.onnx`)), { workers: 1 })
const models = run.models.map((row, k) => ({
  ...row,
  meta: { Robust: k === 1, Dataset: k < 2 ? 'cifar10' : 'fashion', Arch: 'vgg', 'Clean Accuracy': 80 + k },
}))
const tables = await derivedTables(streamed({ ...run, models }), 'robust=normal')
const column = (table: string, name: string) =>
  tables.find((one) => one.name === table)!.columns.find((one) => one.name === name)!.values

test('models and filters by data set, group and architecture add up', () => {
  const rows = modelCounts(models)
  const of = (dataset: string | null, group: string | null, architecture: string | null) =>
    rows.find((row) => row.dataset === dataset && row.group === group && row.architecture === architecture)!
  assert.is(of(null, null, null).models, 3)
  assert.is(of('cifar10', null, null).filters + of('fashion', null, null).filters, of(null, null, null).filters)
  assert.is(of(null, 'normal', null).models, 2)
  assert.is(of('cifar10', 'robust', null).clean_accuracy, 81)
  assert.is(of(null, null, null).clean_accuracy, 81)
  assert.is(of('cifar10', null, 'vgg').filters_per_model, of('cifar10', null, null).filters / 2)
  assert.is(of(null, null, null).robust_accuracy, null)
  assert.equal(modelCounts(run.models).length, 1)
})

test('the data sets of the counts stand in the order that is asked for, else as they come', () => {
  const order = (datasets?: readonly string[]) =>
    modelCounts(models, datasets).flatMap(({ dataset, group, architecture }) =>
      dataset !== null && group === null && architecture === null ? [dataset] : [],
    )
  assert.equal(order(), ['cifar10', 'fashion'])
  assert.equal(order(['fashion', 'cifar10']), ['fashion', 'cifar10'])
  assert.equal(order(['fashion']), ['fashion', 'cifar10'])
})

test('kernel sizes count what was measured and what was not; depths the ranks', () => {
  assert.equal(column('kernels', 'kernel')[0], '3x3')
  const filters = column('kernels', 'filters') as number[]
  assert.is(
    filters[0],
    run.layers.reduce((sum, layer) => sum + layer.filters, 0),
  )
  const ones = run.skipped.filter(({ kind, shape }) => kind === 'Conv' && shape[2] === 1)
  if (ones.length > 0) assert.ok((column('kernels', 'kernel') as string[]).includes('1x1'))
  assert.is(
    (column('depth-counts', 'layers') as number[]).reduce((sum, n) => sum + n, 0),
    run.layers.length,
  )
  assert.is(
    Math.max(...(column('depth-counts', 'highest_conv_depth') as number[])),
    Math.max(...run.layers.map((layer) => layer.conv_depth)),
  )
})

test('the basis of each model is that of its own filters', () => {
  const own = run.layers.filter(({ model }) => model === names[1]).map(({ scaled }) => scaled)
  const { explainedVarianceRatio } = principalComponents(mergeMoments(own))
  const place = (column('model-bases', 'model') as string[]).indexOf(names[1]!)
  assert.equal(column('model-bases', 'explained_variance_ratio')[place], explainedVarianceRatio)
})

test('models beside those whose names differ by a word', () => {
  const [one, ...more] = nameRatios(models, 'robust=normal')
  assert.equal([one!.model, one!.base, more.length], [names[1], names[0], 0])
  assert.equal(column('ratios', 'base_orthogonality')[0], run.models[0]!.orthogonality)
  assert.throws(() => nameRatios(models, 'nothing=normal'), /no model has "nothing" in its name/)
  assert.throws(() => nameRatios(models, 'x'), /give two words of names with = between them/)
})

test('LaTeX: escaped texts without control characters, numbers that stand right, the same bytes in parts', async () => {
  assert.is(
    latexText('50 % of a_b & {c} ~ $x^2$ \\ #1 <3×3>'),
    '50 \\% of a\\_b \\& \\{c\\} \\textasciitilde{} \\$x\\textasciicircum{}2\\$ \\textbackslash{} \\#1 \\textless{}3$\\times$3\\textgreater{}',
  )
  assert.is(
    latexText('a\tb\r\nc\0\u001b[31m\u0007\u202ed\u009be'),
    'a b c\\textbackslash{}u\\{0\\}\\textbackslash{}u\\{1b\\}[31m\\textbackslash{}u\\{7\\}\\textbackslash{}u\\{202e\\}d\\textbackslash{}u\\{9b\\}e',
  )
  const table = {
    name: 't',
    metadata: {},
    columns: [
      { name: 'a_b', type: 'utf8' as const, values: ['x_1', null] },
      { name: 'n', type: 'float64' as const, values: [-0.0123456, 3e-9] },
      { name: 'k', type: 'int32' as const, values: [1234567, -2] },
      { name: 'list', type: 'float64_list' as const, values: [new Float64Array(2), new Float64Array(2)] },
    ],
  }
  const text = new TextDecoder().decode(exportLatex(table))
  assert.is(
    text,
    '% t, made by filterlens; needs \\usepackage{booktabs}\n\\begin{tabular}{lrr}\n\\toprule\na b & n & k \\\\\n\\midrule\nx\\_1 & $-0.01235$ & 1234567 \\\\\n-- & $3.000 \\cdot 10^{-9}$ & $-2$ \\\\\n\\bottomrule\n\\end{tabular}\n',
  )
  const folder = memoryOutput('out')
  await writeLatex(await folder.create('t.tex'), tableInParts(table))
  assert.is(new TextDecoder().decode(folder.files().get('t.tex')), text)
})

test.run()
