import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { GroupReport } from '../../src/analysis/report-types.ts'
import { accuracyByArchitecture } from '../../src/figures/accuracy-by-architecture.ts'
import { coefficientRidges } from '../../src/figures/coefficient-ridges.ts'
import { explainedVariance } from '../../src/figures/explained-variance.ts'
import { standalone } from '../../src/figures/figure.ts'
import { filterGrid } from '../../src/figures/filter-grid.ts'
import { firstLayerRgb, greyShare } from '../../src/figures/first-layer-rgb.ts'
import { firstLayerShape } from '../../src/figures/first-layer-shape.ts'
import { metricAgainstAccuracy } from '../../src/figures/metric-against-accuracy.ts'
import { metricsByDepth } from '../../src/figures/metrics-by-depth.ts'
import { modelComparison } from '../../src/figures/model-comparison.ts'
import { modelOverview } from '../../src/figures/model-overview.ts'
import { pcaBases } from '../../src/figures/pca-bases.ts'
import { shiftByDepth } from '../../src/figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../../src/figures/shift-matrix.ts'
import { colour, darkened, darkRules } from '../../src/figures/theme.ts'
import { chanceLevel, shapeMetrics } from '../../src/measure/metrics/registry.ts'
import { fixed } from '../../src/words.ts'
import { allFigures, smallReport } from './figure-suite.ts'
import { generator, syntheticAnalysis, syntheticComparison, syntheticFilters, syntheticReport } from './synthetic.ts'

const figures = await allFigures()

test('every figure has a title, a description, a caption that is a sentence, and clean numbers', () => {
  for (const { id, svg, caption, title } of figures) {
    assert.match(svg, /<title id="[\w-]+-title">[^<]+<\/title><desc id="[\w-]+-desc">[^<]+<\/desc>/, id)
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="filterlens-figure" viewBox="0 0 \d+ \d+"/, id)
    assert.match(svg, /role="img" aria-labelledby=/, id)
    assert.ok(title.length > 5, id)
    assert.match(caption, /^[\dA-Z].*[.]$/, id)
    assert.not.match(caption, /NaN|undefined|Infinity|null|\.\./, id)
    const drawn = svg.replace(/data:image[^"]*|<(title|desc)[^<]*|<text[^<]*<\/text>/g, '')
    assert.not.match(drawn, /NaN|undefined|Infinity|null/, id)
    assert.not.match(drawn, /[ (,"MLHVCh]-?\d+\.\d{3,}[^\d]/, `${id}: more than two decimals`)
    assert.not.match(svg, /"-0[ ",]|,-0[ ,"LVHZ]/, `${id}: negative zero`)
  }
})

test('every element that is opened is closed, and every text fits the figure', () => {
  for (const { id, svg, width } of figures) {
    const open: string[] = []
    for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close) assert.is(open.pop(), name, id)
      else if (!empty) open.push(name!)
    }
    assert.equal(open, [], id)
    for (const [, x] of svg.matchAll(/<text x="(-?[\d.]+)"/g))
      assert.ok(Number(x) >= 0 && Number(x) <= width, `${id}: text at x = ${x}`)
  }
})

test('each colour stands for one role, and the dark theme replaces all of them', () => {
  const values = Object.values(colour)
  assert.is(new Set(values).size, values.length)
  for (const value of values) assert.match(value, /^#[0-9a-f]{6}$/)
  for (const figure of figures) {
    const dark = darkened(figure.svg)
    for (const value of values) assert.not.ok(dark.includes(`="${value}"`), `${figure.id}: ${value} stays`)
    for (const [, value] of figure.svg.matchAll(/(?:fill|stroke|color)="(#[0-9a-f]{6})"/g))
      assert.ok(values.includes(value!) || !/[a-f]/.test(value!), `${figure.id}: ${value} is no colour of the theme`)
  }
  assert.ok(darkRules().includes(`[fill="${colour.a}"]`))
  assert.match(standalone(figures[0]!), /<style>@media screen and \(prefers-color-scheme:dark\)/)
})

test('blue and orange differ in lightness, in both themes', () => {
  const lightness = (hex: string) =>
    [1, 3, 5].reduce((sum, at, i) => sum + [0.2126, 0.7152, 0.0722][i]! * Number.parseInt(hex.slice(at, at + 2), 16), 0)
  const dark = (role: 'a' | 'b') => darkened(`="${colour[role]}"`).slice(2, -1)
  assert.ok(lightness(colour.b) - lightness(colour.a) > 35)
  assert.ok(lightness(dark('b')) - lightness(dark('a')) > 35)
})

test('names with markup stay text', async () => {
  const evil = '<script>alert(1)</script>"&\u0007\u202e'
  const comparison = { ...syntheticComparison(), a: evil }
  const { svg } = await modelComparison(comparison)
  assert.not.match(svg, /<script/)
  assert.not.match(svg, /[\p{Cc}\u202e]/u)
  assert.match(svg, /&lt;script&gt;/)
})

test('metrics by depth: says what is shown and what is not', async () => {
  const report = smallReport()
  const shown = await metricsByDepth(report)
  assert.match(shown.caption, /smaller share of sparse filters in \d+ of 11 depth buckets \(largest in the deepest tenth: −\d/)
  const none: GroupReport = { ...report, comparisons: report.comparisons.map((c) => ({ ...c, p_holm: 1 })) }
  const { caption, svg } = await metricsByDepth(none)
  assert.match(
    caption,
    /^Over all data sets together, no depth bucket shows a difference in sparsity, variance entropy or orthogonality\./,
  )
  const one: GroupReport = {
    ...none,
    comparisons: none.comparisons.map((c) =>
      c.metric === 'orthogonality' && c.bucket !== 'first' ? { ...c, difference: null } : c,
    ),
  }
  assert.match((await metricsByDepth(one)).caption, /variance entropy or orthogonality \(tested in 1 bucket alone\)\./)
  const stars = (text: string) => (text.match(/>\*</g) ?? []).length
  assert.is(stars(svg), 1) // the legend's
  assert.ok(stars((await metricsByDepth(syntheticReport())).svg) > 20)
  const unpaired = await metricsByDepth({ ...report, comparisons: [] })
  assert.match(unpaired.caption, /without pairs nothing is tested/)
  assert.not.match(unpaired.svg, /Holm-corrected/)
})

test('first layers: the numbers that stand beside p are the means that the test compares', async () => {
  const report = smallReport()
  const { caption, svg } = await firstLayerShape(report)
  for (const metric of shapeMetrics) {
    const { a, b, p_holm } = report.comparisons.find(
      (c) => c.metric === metric && c.bucket === 'first' && c.dataset === null && c.counting === 'models',
    )!
    assert.ok(svg.includes(`normal ${fixed(a)}, robust ${fixed(b)}`), metric)
    assert.is(caption.includes(`(${fixed(b)} against ${fixed(a)})`), p_holm! < 0.05, metric)
  }
  assert.match(svg, /Bars: means of the dots/)
  const untested = await firstLayerShape({ ...report, comparisons: [] })
  assert.match(untested.caption, /nothing is tested/)
  assert.not.match(untested.svg, /Wilcoxon/)
})

test('accuracy by architecture: the most frequent is said with its number, and that it is one of several', async () => {
  const report = smallReport()
  const withModels = (architectures: readonly string[]) =>
    accuracyByArchitecture({
      ...report,
      models: architectures.map((architecture, k) => ({
        ...report.models.find(({ group }) => group === 'b')!,
        architecture,
        model: `m${k}`,
      })),
    })
  assert.is((await withModels(['A', 'B', 'B', 'C'])).caption, '4 robust models of 3 architectures; B has the most models (2).')
  assert.match((await withModels(['A', 'A', 'B', 'B', 'C'])).caption, /; A and B have the most models \(2 each\)\.$/)
  assert.match((await withModels(['A', 'B'])).caption, /^2 robust models of 2 architectures\.$/)
})

test('figures by depth say what depths rest on, where that is no graph; the rest of the drawing stays', async () => {
  const report = smallReport()
  const said = 'Depth from the order of names: the files hold no graph.'
  const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(' ')
  for (const [plain, noted] of [
    [await metricsByDepth(report), await metricsByDepth(report, said)],
    [await shiftByDepth(report), await shiftByDepth(report, said)],
  ] as const) {
    assert.not.match(plain.svg, /Depth from/)
    assert.ok(words(noted.svg).endsWith(said))
    assert.is(noted.caption, plain.caption)
  }
  const { models, layers } = syntheticAnalysis(['one'], 3)
  const graph = await modelOverview(models[0]!, layers)
  const order = await modelOverview({ ...models[0]!, depth_source: 'order' }, layers)
  assert.not.match(graph.svg, /Depth from/)
  assert.ok(words(order.svg).endsWith('Depth from the order in the file: the file holds no graph.'))
})

test('metrics by depth: boxes for many models, dots for few, any number of data sets', async () => {
  const boxes = (svg: string) => (svg.match(/<rect x=/g) ?? []).length
  const many = await metricsByDepth(syntheticReport({ datasets: [{ name: 'cifar10', pairs: 9 }] }))
  assert.ok(boxes(many.svg) > 60)
  const few = await metricsByDepth(syntheticReport({ datasets: [{ name: 'cifar10', pairs: 2 }] }))
  assert.is(boxes(few.svg), 2) // the legend's
  const six = await metricsByDepth(
    syntheticReport({ datasets: Array.from({ length: 6 }, (_, i) => ({ name: `set${i}`, pairs: i + 1 })) }),
  )
  assert.match(six.svg, /2 smaller data sets not drawn/)
  assert.not.match(six.svg, />set0</)
  assert.match(six.svg, />set5</)
})

test('metrics by depth: a metric that is undefined everywhere leaves its panels empty', async () => {
  const report = smallReport()
  const { svg } = await metricsByDepth({ ...report, depth: report.depth.map((row) => ({ ...row, orthogonality: null })) })
  assert.not.match(svg, /NaN/)
})

test('bases: groups without a basis are left out; none at all is said', () => {
  const report = smallReport()
  const empty = {
    models: 0,
    filters: 0,
    mean: null,
    components: null,
    explained_variance: null,
    explained_variance_ratio: null,
    because: 'it has no non-sparse filter',
  }
  const without = report.bases.map((row) => (row.group === 'b' ? { ...row, ...empty } : row))
  const some = pcaBases({ ...report, bases: without })
  assert.match(
    some.caption,
    /^The first component explains 48\.6.% of the variance of all filters and 67\.0.% of the variance of normal filters\.$/,
  )
  const none = pcaBases({ ...report, bases: report.bases.map((row) => ({ ...row, ...empty })) })
  assert.is(none.caption, 'No group has enough non-sparse filters for a basis.')
})

test('bases of 5×5 filters are drawn as 5×5 tiles', () => {
  const report = smallReport()
  const random = generator(1)
  const basis = report.bases.find((row) => row.group === 'all' && row.dataset === null)!
  const components = Array.from({ length: 25 }, () => Array.from({ length: 25 }, () => random() - 0.5))
  const wide = { ...basis, components, explained_variance_ratio: components.map(() => 1 / 25) }
  const { svg } = pcaBases({ ...report, bases: [wide] })
  assert.match(svg, /of all non-sparse 5×5 filters/)
  assert.is((svg.match(/4\.0\u2009%/g) ?? []).length, 10) // nine tiles and the caption
})

test('explained variance counts components', async () => {
  const { caption } = await explainedVariance(smallReport())
  assert.is(
    caption,
    'Components that hold 95\u2009% of the variance: 6 for all filters, 6 for normal filters and 7 for robust filters.',
  )
})

test('ridges: one data set is not drawn twice; without coefficients there is an error', async () => {
  const one = await coefficientRidges(syntheticReport({ datasets: [{ name: 'cifar10', pairs: 3 }] }))
  assert.match(one.svg, />all<\/text>/)
  assert.not.match(one.svg, />cifar10<\/text>/)
  await coefficientRidges({ ...smallReport(), coefficients: null }).then(
    () => assert.unreachable(),
    (error: Error) => assert.instance(error, RangeError),
  )
})

test('shift by depth: undefined and zero shifts are left out', async () => {
  const report = smallReport()
  const none = await shiftByDepth({ ...report, shift: report.shift.map((row) => ({ ...row, shift: null })) })
  assert.match(none.caption, /^The shift is undefined/)
  const zero = await shiftByDepth({ ...report, shift: report.shift.map((row) => ({ ...row, shift: 0 })) })
  assert.not.match(zero.svg, /NaN|Infinity/)
})

test('shift by depth: superlatives are said of excess over chance alone', async () => {
  const report = smallReport()
  const { caption } = await shiftByDepth(report)
  assert.match(caption, /beyond chance in \d+ of 11 depth buckets, by most in the deepest tenth \(D = /)
  const even = report.shift.map((row) => ({ ...row, chance: { ...row.chance!, p: 0.4, p_holm: 1 } }))
  const { caption: none } = await shiftByDepth({ ...report, shift: even })
  assert.match(none, /not shown to be beyond chance\), in none of 11 depth buckets beyond chance/)
  assert.not.match(none, /largest|most|furthest/)
  const unknown = await shiftByDepth({ ...report, shift: report.shift.map((row) => ({ ...row, chance: null })) })
  assert.not.match(unknown.caption, /chance|largest|most|furthest/)
})

test('shift matrix: two values, many values, undefined ones', () => {
  const sides = {
    column: 'group',
    values: ['normal', 'robust'],
    models: [1, 1],
    filters: [9, 9],
    shift: [
      [0, 0.5],
      [0.5, 0],
    ],
  }
  const two = shiftMatrixFigure(sides)
  assert.is(two.caption, 'Normal and robust: D = 0.500.')
  const [low, high] = [0.001, 0.3].map((p) => ({
    unit: 'filter' as const,
    units: 9,
    median: 0.2,
    high: 0.4,
    excess: 0.3,
    interval: null,
    p,
    p_holm: p,
    family: 1,
  }))
  for (const [level, words] of [
    [low!, 'beyond chance'],
    [high!, 'not shown to be beyond chance'],
  ] as const) {
    const { caption } = shiftMatrixFigure({
      ...sides,
      chance: [
        [null, level],
        [level, null],
      ],
    })
    assert.is(caption, `Normal and robust: D = 0.500; chance 0.200, 95 %: 0.400, ${words}.`.replace(' ', ' '))
  }
  const n = 24
  const values = Array.from({ length: n }, (_, i) => `a rather long architecture name ${i}`)
  const many = shiftMatrixFigure({
    column: 'Backbone',
    values,
    models: values.map(() => 1),
    filters: values.map(() => 9),
    shift: values.map((_, i) => values.map((__, j) => Math.abs(i - j))),
  })
  assert.is(many.width, 960)
  const least = 1 / 1001
  const weak = { ...high!, p: least, p_holm: 66 * least, family: 66 }
  const three = { column: 'x', values: ['a', 'b', 'c'], models: [1, 1, 1], filters: [9, 9, 9] }
  const shift = three.values.map((_, i) => three.values.map((__, j) => Math.abs(i - j)))
  const chance = shift.map((row) => row.map((value) => (value === 0 ? null : weak)))
  assert.is(
    shiftMatrixFigure({ ...three, shift, chance }).caption,
    'None of 3 shifts is shown to be beyond chance; 3 have p below 0.05 before the correction for 3; after the correction for 66 shifts 1,000 draws cannot give a p below 0.066, so few that none could be shown to be beyond chance.',
  )
  assert.not.match(shiftMatrixFigure({ ...three, shift, chance, draws: 5000 }).caption, /draws/)
  const none = shiftMatrixFigure({
    column: 'x',
    values: ['a', 'b'],
    models: [1, 1],
    filters: [0, 0],
    shift: [
      [0, null],
      [null, 0],
    ],
  })
  assert.is(none.caption, 'No two values can be compared.')
})

test('accuracy: says which correlations are shown, prefers exact p, and counts the rest', async () => {
  const report = smallReport()
  const some = await metricAgainstAccuracy(report)
  assert.match(some.caption, /higher robust accuracy goes with lower sparsity on cifar10 \(rho = −0\.40, p = 0\.040, n = 44\)/)
  assert.match(some.caption, /The other 6 correlations are not shown to differ from zero\./)
  const exact = await metricAgainstAccuracy({ ...report, correlations: report.correlations.map((c) => ({ ...c, p_exact: 0.5 })) })
  assert.match(
    exact.caption,
    /^No rank correlation of a metric with robust accuracy is shown among robust models \(9 tests, smallest p = 0\.50\)\.$/,
  )
  const undefined_ = await metricAgainstAccuracy({
    ...report,
    correlations: report.correlations.map((c) => ({ ...c, rho: null, p: null })),
  })
  assert.match(undefined_.caption, /too few robust models/)
})

test('comparison: layers without a difference, one layer, no layer', async () => {
  const whole = syntheticComparison()
  const one = await modelComparison({ ...whole, layers: whole.layers.slice(0, 1) })
  assert.match(one.caption, /in 0 of 1 layer, most apart in/)
  const none = await modelComparison({ ...whole, layers: [] })
  assert.match(
    none.caption,
    /^Sparsity: .* in the first, .* in the second \(.*\); no layer of one has a counterpart of its shape in the other\./,
  )
  assert.not.match(none.svg, /NaN/)
})

test('overview: one layer, no flag, undefined metrics', async () => {
  const analysis = syntheticAnalysis(['one'], 1)
  const one = await modelOverview(analysis.models[0]!, analysis.layers)
  assert.match(one.caption, /None of 1 layer is flagged\.$/)
  const bare = analysis.layers.map((layer) => ({
    ...layer,
    variance_entropy: null,
    variance_entropy_clean: null,
    orthogonality: null,
  }))
  const undefined_ = await modelOverview({ ...analysis.models[0]!, variance_entropy: null, orthogonality: null }, bare)
  assert.match(undefined_.caption, /variance entropy undefined and orthogonality undefined/)
})

test('the orthogonality of random rows: exact mean of |cos| for 9 and 576 dimensions', () => {
  const layer = syntheticAnalysis(['m'], 2).layers[1]!
  const level = (in_channels: number) => 1 - chanceLevel('orthogonality', { ...layer, in_channels })!
  // Γ(d/2) / (√π Γ((d+1)/2)) for d = 9 and 576
  assert.ok(Math.abs(level(1) / 0.2734375 - 1) < 1e-3)
  assert.ok(Math.abs(level(64) / 0.0332596 - 1) < 1e-4)
})

test('filter grid: sparse filters are crossed, layers are left out evenly, an all-zero layer is white', () => {
  const layers = Array.from({ length: 100 }, (_, i) => ({
    layer: `l${i}`,
    count: 64,
    sparse_filters: 1,
    peak: 1,
    filters: syntheticFilters(4, i + 1),
  }))
  const many = filterGrid({ model: 'm', threshold: 0.01, layers })
  assert.match(many.svg, />l0<\/text>/)
  assert.match(many.svg, />l99<\/text>/)
  assert.match(many.svg, /64 layers between are not drawn/)
  const zero = filterGrid({
    model: 'm',
    threshold: 0.01,
    layers: [{ layer: 'dead', count: 4, sparse_filters: 4, peak: 0, filters: new Float32Array(36) }],
  })
  assert.is(zero.caption, '4 filters in 1 layer; 4 are sparse, the largest share in dead (4 of 4).')
})

test('first layer: the share of grey', () => {
  const grey = { model: 'm', layer: 'l', outChannels: 1, weights: Float32Array.from({ length: 27 }, (_, i) => (i % 9) - 4) }
  assert.ok(Math.abs(greyShare(grey) - 1) < 1e-12)
  const coloured = { ...grey, weights: Float32Array.from({ length: 27 }, (_, i) => (i < 9 ? 1 : i < 18 ? -1 : 0)) }
  assert.is(greyShare(coloured), 0)
  assert.match(firstLayerRgb([grey]).caption, /100 % in m \(l, 1 output channel\)/)
})

test.run()
