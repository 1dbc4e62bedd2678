import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { buildReport } from '../../src/report/build-report.ts'
import { MOST_FIGURES, reportFigures } from '../../src/report/report-figures.ts'
import type { ReportInput } from '../../src/report/report-input.ts'
import { smallReport, syntheticFirstLayers, syntheticGrid, syntheticStage } from '../figures/figure-suite.ts'
import { syntheticAnalysis, syntheticComparison, syntheticReport } from '../figures/synthetic.ts'

const groups = smallReport()
const inputs: Record<string, ReportInput> = {
  'one model': { analysis: syntheticAnalysis(['resnet18']) },
  'seven models': {
    analysis: syntheticAnalysis(
      Array.from({ length: 7 }, (_, i) => `model${i}`),
      9,
    ),
  },
  'two models compared': { analysis: syntheticAnalysis(), comparison: syntheticComparison() },
  pairs: {
    analysis: syntheticAnalysis(
      groups.models.map((model) => model.model),
      4,
    ),
    groups,
    grids: [syntheticGrid('a'), syntheticGrid('b')],
    firstLayers: syntheticFirstLayers(),
    activation: syntheticStage(),
    command: 'filterlens report results/ -o report.html',
  },
  'groups without pairs and coefficients': {
    analysis: syntheticAnalysis(
      groups.models.map((model) => model.model),
      2,
    ),
    groups: { ...groups, pairs: [], comparisons: [], coefficients: null, shift: [], matrices: [], correlations: [] },
  },
}
const reports: Record<string, string> = {}
for (const [name, input] of Object.entries(inputs)) reports[name] = await buildReport(input)

const voids = new Set(['meta', 'br', 'img', 'rect', 'line', 'path', 'circle', 'image'])

/** Text between tags, tags replaced by spaces. */
const words = (html: string) =>
  html
    .replace(/<style>[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')

for (const [name, html] of Object.entries(reports)) {
  test(`${name}: one self-contained file, no script, nothing from the network`, () => {
    assert.match(html, /^<!doctype html>\n<html lang="en">/)
    assert.not.match(html, /<script|<link|<iframe|javascript:|@import| on[a-z]+=|srcset=/i)
    for (const [, url] of html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g))
      assert.match(url!, /^data:(image\/png|font\/woff2);base64,/)
    assert.is((html.match(/@font-face/g) ?? []).length, 2)
  })

  test(`${name}: the content policy allows its style sheet and nothing else`, () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!
    const hash = createHash('sha256').update(style).digest('base64')
    assert.is(
      policy,
      `default-src 'none'; img-src data:; font-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    )
    assert.is((html.match(/<style/g) ?? []).length, 1)
    assert.not.match(html, /\sstyle="/)
  })

  test(`${name}: elements are closed in order, ids are unique`, () => {
    const open: string[] = []
    for (const [, close, tag, self] of html
      .replace(/<style>[\s\S]*?<\/style>/, '')
      .matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (self || (!close && voids.has(tag!))) continue
      if (close) assert.is(open.pop(), tag)
      else open.push(tag!)
    }
    assert.equal(open, [])
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
    assert.is(new Set(ids).size, ids.length)
    for (const [, list] of html.matchAll(/aria-labelledby="([^"]+)"/g))
      for (const id of list!.split(' ')) assert.ok(ids.includes(id), id)
  })

  test(`${name}: no leaked values, headings in order`, () => {
    assert.not.match(words(html), /NaN|Infinity|\[object|\bnull\b/)
    const levels = [...html.matchAll(/<h([1-6])/g)].map((match) => Number(match[1]))
    assert.is(levels[0], 1)
    levels.forEach((level, i) => {
      assert.ok(i === 0 || level <= levels[i - 1]! + 1)
    })
    const sections = [...html.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1]!)
    const order = ['answer', 'depth', 'bases', 'shift', 'accuracy', 'filters', 'columns', 'models', 'how']
    assert.equal(
      sections,
      order.filter((id) => sections.includes(id)),
    )
    assert.is(sections[0], 'answer')
    assert.equal(sections.slice(-2), ['models', 'how'])
  })
}

test('the same input gives the same bytes', async () => {
  assert.is(await buildReport(inputs['pairs']!), reports['pairs'])
})

test('never more than eighteen figures, numbered in order', async () => {
  const many = await reportFigures({ ...inputs['pairs']!, comparison: syntheticComparison() })
  assert.ok(many.length > 12 && many.length <= MOST_FIGURES)
  for (const html of Object.values(reports)) {
    const numbers = [...html.matchAll(/<b>Figure (\d+)\./g)].map((match) => Number(match[1]))
    assert.equal(
      numbers,
      numbers.map((_, i) => i + 1),
    )
    assert.ok(numbers.length >= 1 && numbers.length <= MOST_FIGURES)
  }
})

test('the answer: what differs, by how much, and how sure', () => {
  const text = words(reports['pairs']!)
  assert.match(
    text,
    /Robust models have a smaller share of sparse filters \(−[\d.]+ points\) .*than their normal counterparts\. No difference is shown in/,
  )
  assert.match(text, /Sparsity [\d.]+ % [\d.]+ % −[\d.]+ points \[−[\d.]+, −[\d.]+\] −1\.00 0\.010 17/)
  assert.match(text, /17 pairs, each of its own normal model/)
  assert.match(text, /A p below 0\.05 is called shown; a larger one does not show that there is no difference/)
})

test('pairs one by one: the accuracies of both models stand beside their differences; a data set without a shift says why', async () => {
  const groups = syntheticReport({
    datasets: [
      { name: 'cifar10', pairs: 3 },
      { name: 'fashion_mnist', pairs: 3 },
    ],
  })
  const [pair] = groups.pairs
  const of = (name: string) => [...groups.models].find(({ model }) => model === name)!.clean_accuracy!.toFixed(1)
  const html = await buildReport({ analysis: syntheticAnalysis(), groups })
  assert.ok(html.includes(`${of(pair!.a)} → ${of(pair!.b)}`))
  const because = 'no pair has filters here'
  const shift = groups.shift.map((row) => (row.dataset === 'cifar10' ? { ...row, shift: null, chance: null, because } : row))
  const without = await buildReport({ analysis: syntheticAnalysis(), groups: { ...groups, shift } })
  assert.ok(without.includes('No shift in cifar10: no pair has filters here.'))
})

test('few pairs: says that they cannot show a difference', async () => {
  const six = syntheticReport({
    datasets: [
      { name: 'cifar10', pairs: 3 },
      { name: 'fashion_mnist', pairs: 3 },
    ],
  })
  const comparisons = six.comparisons.map((c) => ({ ...c, p_holm: c.p_holm === null ? null : Math.max(c.p_holm, 0.09) }))
  const text = words(await buildReport({ analysis: syntheticAnalysis(), groups: { ...six, comparisons } }))
  assert.match(
    text,
    /In these 6 pairs robust models have a smaller share of sparse filters \(−[\d.]+ points\).* than their normal counterparts\. They are too few to show it for other models\./,
  )
  assert.match(
    text,
    /With 6 pairs the smallest p that the test can give is 0\.031, and 0\.094 after correction for 3 metrics: so few pairs cannot show a difference at 0\.05/,
  )
  assert.match(
    text,
    /The robust model of a pair has the higher value of sparsity in 0 of 6 pairs, variance entropy in \d of 6 and orthogonality in \d of 6\./,
  )
})

test('one pair: singular, and no test that could show anything', async () => {
  const one = syntheticReport({ datasets: [{ name: 'cifar10', pairs: 1 }] })
  const comparisons = one.comparisons.map((c) => ({ ...c, interval: null, test: null, p_holm: null, because: 'one pair' }))
  const text = words(await buildReport({ analysis: syntheticAnalysis(), groups: { ...one, comparisons } }))
  assert.match(text, /Robust against normal: 1 pair /)
  assert.match(text, /With 1 pair nothing can be tested \(one pair\)/)
  assert.match(text, / 1 pair one by one/)
  assert.not.match(text, /1 pairs|1 models|1 layers/)
})

test('groups without pairs: nothing is tested, and that is said', () => {
  const text = words(reports['groups without pairs and coefficients']!)
  assert.match(text, /17 normal models and 17 robust models stand beside each other without pairs, so nothing is tested/)
  assert.not.match(text, /Wilcoxon signed-rank test, corrected/)
  assert.not.match(reports['groups without pairs and coefficients']!, /id="shift"/)
})

test('one model: its flags, its layers, and what random weights have', () => {
  const html = reports['one model']!
  assert.match(words(html), /4 of 17 layers look degenerate/)
  assert.match(html, /<details open><summary>resnet18/)
  assert.match(html, /<span title="one output channel">–<\/span>/)
  assert.match(html, /id="model-overview"/)
})

test('a model whose file holds no graph: its section and its figure say what depths rest on', async () => {
  const analysis = syntheticAnalysis(['one'])
  const plain = (await buildReport({ analysis })).toString()
  assert.not.match(plain, /Depth from/)
  const models = analysis.models.map((model) => ({ ...model, depth_source: 'names' as const }))
  const html = (await buildReport({ analysis: { ...analysis, models } })).toString()
  assert.ok((html.match(/Depth from the order of names/g) ?? []).length >= 2)
})

test('names with markup stay text, everywhere', async () => {
  const evil = '<img src=x onerror=alert(1)>"\'&'
  const analysis = syntheticAnalysis([evil])
  const layers = analysis.layers.map((layer) => ({ ...layer, layer: `${evil}${layer.layer_id}` }))
  const models = analysis.models.map((model) => ({ ...model, file: evil, producer: evil, meta: { [evil]: evil } }))
  const skipped = [{ model: evil, name: evil, kind: evil, shape: [1], reason: evil }]
  const html = await buildReport({
    analysis: { ...analysis, layers, models, skipped, failed: [{ file: evil, problem: evil }], warnings: [evil] },
    command: evil,
    title: evil,
    grids: [{ ...syntheticGrid(evil) }],
    firstLayers: [{ ...syntheticFirstLayers()[0]!, model: evil, layer: evil }],
  })
  assert.not.match(html, /<img/)
  assert.is((html.match(/&lt;img src=x onerror=alert\(1\)&gt;/g) ?? []).length > 30, true)
})

test('how it was made: hashes, parameters, command, skipped tensors', async () => {
  const analysis = syntheticAnalysis(['m'])
  const skipped = [1, 2].map((i) => ({ model: 'm', name: `fc${i}`, kind: 'Gemm', shape: [10, 10], reason: 'not a convolution' }))
  const text = words(await buildReport({ analysis: { ...analysis, skipped }, command: 'filterlens analyze m.onnx' }))
  assert.ok(text.includes('89abcdef01234567'.repeat(4)))
  assert.ok(text.includes(analysis.parameters.kernel_sha256))
  assert.ok(text.includes('filterlens analyze m.onnx'))
  assert.match(text, /2 tensors and nodes not measured 2: not a convolution/)
  assert.match(text, /at most 0\.01 of its layer's/)
})

test('nothing measured: a report all the same', async () => {
  const analysis = syntheticAnalysis(['m'], 3)
  const text = words(
    await buildReport({
      analysis: {
        ...analysis,
        layers: [],
        models: analysis.models.map((m) => ({
          ...m,
          layers: 0,
          filters: 0,
          sparsity: null,
          variance_entropy: null,
          orthogonality: null,
        })),
      },
    }),
  )
  assert.match(text, /No layer was measured\./)
})

test('a report of very many layers leaves their tables out', async () => {
  const analysis = syntheticAnalysis(
    Array.from({ length: 130 }, (_, i) => `m${i}`),
    100,
  )
  const html = await buildReport({ analysis })
  assert.match(words(html), /Their layers are in the table layers\.csv/)
  assert.ok(html.length < 1_500_000, `${html.length} characters`)
})

test.run()
