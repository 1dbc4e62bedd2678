import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { columnsUsed, robustNotUnderstood } from '../../src/analysis/columns-used.ts'
import { mannWhitney } from '../../src/analysis/mann-whitney.ts'
import { labelsOf, metaColumn } from '../../src/analysis/meta-column.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { pairsBy } from '../../src/analysis/pair-by.ts'
import { spearman } from '../../src/analysis/spearman.ts'
import { studiesOfRun } from '../../src/analysis/studies-of-run.ts'
import { studiesProblem } from '../../src/analysis/study-schema.ts'
import { analyze } from '../../src/analyze.ts'
import { valuesByDepth } from '../../src/figures/values-by-depth.ts'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { streamed } from '../../src/measure/layer-source.ts'
import { studyFigures } from '../../src/report/study-figures.ts'
import { studyTables } from '../../src/results/export-studies.ts'
import { sharedInstance } from '../../src/wasm/module.ts'

const files = ['preact_w24', 'vgg_w16', 'vgg_w24'].flatMap((network) =>
  ['cifar10', 'fashion_mnist'].flatMap((data) => ['normal', 'robust'].map((side) => `${network}_${data}_${side}`)),
)
const table = parseMeta(
  'meta.csv',
  `Model,Robust,Backbone,Training-Dataset,Robust Accuracy,Width
${files.map((name, k) => `${name},${name.endsWith('robust') ? 'yes' : 'no'},${name.split('_')[0]},${name.includes('cifar10') ? 'cifar10' : 'fashion'},${20 + ((k * 7) % 12)},${name.includes('w24') ? 24 : 16}`).join('\n')}`,
  'Model',
)
const inputs = await listInputs(files.map((name) => `data/${name}.onnx`))
const run = await analyze(inputs, { meta: table, workers: 1 })
const { math } = sharedInstance()

test('models by a column of two values: sizes, tests and shifts agree with their parts', async () => {
  const { studies } = await studiesOfRun(streamed(run), inputs, { groupBy: ['architecture'] })
  const [study] = studies
  assert.ok(study)
  assert.equal([study.column, study.within, study.strata], ['Backbone', 'Training-Dataset', ['cifar10', 'fashion']])
  assert.equal(
    study.values.map(({ value, models, networks }) => [value, models, networks]),
    [
      ['preact', 4, 4],
      ['vgg', 8, 8],
    ],
  )
  assert.is(
    study.values.reduce((sum, { filters }) => sum + filters, 0),
    run.models.reduce((sum, { filters }) => sum + filters, 0),
  )
  const of = (word: string, set: string) =>
    run.models.filter(({ model }) => model.startsWith(word) && model.includes(set)).map(({ orthogonality }) => orthogonality!)
  const found = study.tests.find((row) => row.metric === 'orthogonality' && row.bucket === 'all' && row.stratum === 'cifar10')!
  const again = mannWhitney(of('preact', 'cifar10'), of('vgg', 'cifar10'), math)
  assert.ok('p' in again)
  assert.equal([found.p, found.statistic, found.effect, found.n], [again.p, again.statistic, again.effect, 6])
  assert.ok(found.p_holm! >= found.p!)
  const { coefficients, matrix } = study
  assert.ok(coefficients && matrix)
  for (const { counts, filters } of coefficients.values)
    for (const bins of counts)
      assert.is(
        bins.reduce((sum, n) => sum + n, 0),
        filters,
      )
  assert.is(matrix.shift[0]![1], matrix.shift[1]![0])
  assert.ok(matrix.shift[0]![1]! > 0)
  assert.is(study.bases[0]!.filters, study.bases[1]!.filters + study.bases[2]!.filters)
})

test('three values, another stratum, and the same bits twice', async () => {
  const question = { groupBy: ['Width', 'Training_Dataset'], within: 'Backbone' }
  const once = await studiesOfRun(streamed(run), inputs, question)
  assert.equal(await studiesOfRun(streamed(run), inputs, question), once)
  assert.equal(
    once.studies.map(({ column, within, strata }) => [column, within, strata]),
    [
      ['Width', 'Backbone', ['preact', 'vgg']],
      ['Training-Dataset', 'Backbone', ['preact', 'vgg']],
    ],
  )
  assert.equal(
    once.studies[0]!.values.map(({ value }) => value),
    ['16', '24'],
  )
  const without = await studiesOfRun(streamed(run), null, question)
  assert.is(without.studies[0]!.coefficients, null)
  assert.equal(without.studies[0]!.tests, once.studies[0]!.tests)
  assert.is(studiesProblem(JSON.parse(JSON.stringify(once))), undefined)
  assert.match(studiesProblem({ ...once, studies: [{ ...once.studies[0], values: 3 }] })!, /studies\.0\.values/)
  const names = studyTables(once).map(({ name, columns }) => [name, columns[0]!.values.length])
  assert.equal(names[0], ['study-values', 4])
  for (const { columns } of studyTables(once))
    assert.ok(columns.every(({ values }) => values.length === columns[0]!.values.length))
  for (const { id, caption, svg } of [...(await studyFigures(once)), await valuesByDepth(once.studies[0]!)]) {
    assert.match(caption, /^\S.*\.$/, id)
    assert.not.match(svg, /NaN|undefined/, id)
  }
})

test('figures of values without a metric, and of columns whose names are alike', async () => {
  const found = await studiesOfRun(streamed(run), null, { groupBy: ['Backbone'] })
  const [study] = found.studies
  const without = study!.distributions.map((row) => (row.metric === 'orthogonality' ? { ...row, median: null } : row))
  assert.match((await valuesByDepth({ ...study!, distributions: without })).svg, /no model has a value/)
  const alike = [study!, { ...study!, column: 'back bone' }, { ...study!, column: 'Back-Bone' }, { ...study!, column: '数据' }]
  const ids = (await studyFigures({ ...found, studies: alike })).map(({ id }) => id)
  assert.is(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[a-z0-9-]+$/)
})

test('correlations of metrics and columns with numeric columns, corrected within a kind of scope', async () => {
  const { correlations } = await studiesOfRun(streamed(run), null, { correlate: ['Robust Accuracy', 'width'] })
  const find = (of: string, against: string, dataset: string | null) =>
    correlations.find(
      (row) =>
        row.of === of && row.against === against && row.dataset === dataset && row.bucket === 'all' && row.architecture === null,
    )!
  const rows = run.models.filter(({ meta }) => meta['Training-Dataset'] === 'cifar10')
  const again = spearman(
    rows.map(({ variance_entropy }) => variance_entropy!),
    rows.map(({ meta }) => meta['Robust Accuracy'] as number),
  )
  assert.ok('rho' in again)
  const one = find('variance_entropy', 'Robust Accuracy', 'cifar10')
  assert.equal([one.rho, one.p, one.n], [again.rho, again.p, 6])
  assert.is(find('Robust Accuracy', 'Width', null).n, 12)
  assert.ok(correlations.some(({ bucket }) => bucket === 'first'))
  assert.ok(correlations.some(({ architecture, dataset }) => architecture === 'vgg' && dataset === 'cifar10'))
  for (const row of correlations) if (row.p_holm !== null) assert.ok(row.p_holm >= (row.p_exact ?? row.p!) && row.family > 1)
})

test('what cannot be asked is said in a sentence', async () => {
  const refused = async (question: Parameters<typeof studiesOfRun>[2], sentence: RegExp) => {
    try {
      await studiesOfRun(streamed(run), null, question)
    } catch (error) {
      assert.match((error as Error).message, sentence)
      return
    }
    assert.unreachable()
  }
  await refused({ groupBy: ['Nothing'] }, /--group-by Nothing: there is no such column; there are Robust, Backbone/)
  await refused({ groupBy: ['Width'], within: 'No' }, /--within No: there is no such column/)
  await refused({ correlate: ['Backbone'] }, /"Backbone" is not numeric: \w+ has "preact"; --group-by compares/)
  const same = { ...run, models: run.models.map((row) => ({ ...row, meta: { Kind: 'x' } })) }
  try {
    await studiesOfRun(streamed(same), null, { groupBy: ['Kind'] })
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /has one value, x; there is nothing to compare/)
  }
})

test('pairs by architecture and data set, the nearest name of several; columns that are understood', () => {
  const { pairs, notes } = pairsBy(run.models, ['architecture', 'dataset'])
  assert.is(pairs.length, 6)
  for (const { a, b } of pairs) assert.is(a.replace('normal', 'robust'), b)
  assert.match(notes[0]!, /6 pairs by "Backbone" and "Training-Dataset"; 4 robust models have several counterparts/)
  assert.match(
    columnsUsed(run.models)[0]!,
    /normal or robust from "Robust", data set from "Training-Dataset", architecture from "Backbone"/,
  )
  assert.match(columnsUsed(run.models)[0]!, /none for clean accuracy/)
  const strange = columnsUsed([{ model: 'm', meta: { Robust: 'maybe' } }])
  assert.match(strange[1]!, /Robust is "maybe" for m, which is neither true nor false/)
  assert.equal(robustNotUnderstood([{ model: 'm', meta: { Robust: 'maybe' } }]), strange.slice(1))
  assert.equal(robustNotUnderstood([{ model: 'm', meta: { Robust: 'yes' } }]), [])
  assert.equal(columnsUsed([{ model: 'm', meta: {} }]), [])
  assert.is(metaColumn(run.models, 'training dataset')?.name, 'Training-Dataset')
  assert.equal(
    labelsOf([{ meta: { n: 10 } }, { meta: { n: 9 } }, { meta: { n: null } }], metaColumn([{ meta: { n: 1 } }], 'n')!),
    ['9', '10'],
  )
})

test('three values are compared two by two after the test of all, with their p corrected together', async () => {
  const three = parseMeta(
    'meta.csv',
    `Model,Training-Dataset,Kind\n${files.map((name, k) => `${name},${name.includes('cifar10') ? 'cifar10' : 'fashion'},${'abc'[k % 3]}`).join('\n')}`,
    'Model',
  )
  const found = await studiesOfRun(streamed(await analyze(inputs, { meta: three, workers: 1 })), null, { groupBy: ['Kind'] })
  const pairwise = found.studies[0]!.pairwise!
  const own = pairwise.filter(({ metric, stratum }) => metric === 'orthogonality' && stratum === null)
  assert.equal(
    own.map(({ a, b, n_a, n_b, family }) => [a, b, n_a, n_b, family]),
    [
      ['a', 'b', 4, 4, 3],
      ['a', 'c', 4, 4, 3],
      ['b', 'c', 4, 4, 3],
    ],
  )
  for (const { p, p_holm } of pairwise) assert.ok(p_holm >= p && p_holm <= 1)
  assert.is(studyTables(found).find(({ name }) => name === 'study-pairwise')!.columns[0]!.values.length, pairwise.length)
  assert.is(studiesProblem(JSON.parse(JSON.stringify(found))), undefined)
  // Studies of before have none, and are read.
  const { pairwise: _, ...older } = found.studies[0]!
  assert.is(studiesProblem(JSON.parse(JSON.stringify({ ...found, studies: [older] }))), undefined)
})

test.run()
