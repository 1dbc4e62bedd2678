import { inflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { look, standalone } from '../../src/figures/figure.ts'
import { figureToPdf } from '../../src/figures/pdf.ts'
import { parseFigureSvg, type SvgElement } from '../../src/figures/svg-text.ts'
import { colour } from '../../src/figures/theme.ts'
import { allFigures } from './figure-suite.ts'

const figures = await allFigures()

/** What the page of a PDF draws, as PDF operators. */
function drawingOf(pdf: Uint8Array): string {
  const text = Buffer.from(pdf).toString('latin1')
  const streams = [...text.matchAll(/stream\r?\n/g)].map(({ index, 0: { length } }) => {
    const end = text.indexOf('endstream', index)
    try {
      return inflateSync(pdf.subarray(index + length, end)).toString('latin1')
    } catch {
      return '' // a picture or a font in a filter of its own
    }
  })
  return streams.find((stream) => / re\b| m\b/.test(stream)) ?? ''
}

/** With pictures, with plots, with turned text: fonts take a second a figure. */
const some = figures.filter(({ id }) => /^(activation|shift-matrix|histogram-ridges)/.test(id))

test('a figure becomes a PDF of one page of its size, the same bytes twice', async () => {
  assert.ok(some.length >= 3)
  for (const figure of some) {
    const pdf = await figureToPdf(figure)
    const text = Buffer.from(pdf).toString('latin1')
    assert.match(text, /^%PDF-1\.\d/, figure.id)
    assert.match(text, /%%EOF\s*$/, figure.id)
    assert.is([...text.matchAll(/\/Type \/Page\b/g)].length, 1, figure.id)
    const [, width, height] = /MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(text) ?? []
    assert.is(Number(width), 0.75 * figure.width, figure.id)
    assert.is(Number(height), 0.75 * figure.height, figure.id)
    assert.match(text, /FontFile2/, `${figure.id}: its font is in it`)
    assert.match(drawingOf(pdf), /BT[\s\S]*ET/, `${figure.id}: its words are text`)
  }
  assert.equal(await figureToPdf(some[0]!), await figureToPdf(some[0]!))
})

test('a PDF has the width that is asked for', async () => {
  const text = Buffer.from(await figureToPdf(figures[0]!, { width: { value: 84, unit: 'mm' } })).toString('latin1')
  const [, width] = /MediaBox \[0 0 ([\d.]+)/.exec(text) ?? []
  assert.ok(Math.abs(Number(width) - (84 / 25.4) * 72) < 0.01, width)
})

test('an SVG of a figure is read back whole', () => {
  for (const figure of figures) {
    const root = parseFigureSvg(figure.svg)
    const count = (node: SvgElement): number => 1 + node.children.reduce((sum, child) => sum + count(child), 0)
    assert.is(count(root), [...figure.svg.matchAll(/<[a-z]/g)].length, figure.id)
    assert.is(root.children[0]!.text, figure.title)
  }
  assert.equal(parseFigureSvg('<g a="1 &lt; 2"><text x="1">R &amp; D</text></g>').children[0]!.text, 'R & D')
  assert.throws(() => parseFigureSvg('<g><rect></g>'), RangeError)
})

test('a figure without small print, without ground, of another width', () => {
  for (const figure of figures) {
    const bare = look(figure, { captions: false, transparent: true, width: { value: 84, unit: 'mm' } })
    assert.ok(bare.height < figure.height, figure.id)
    const words = [...figure.svg.matchAll(/<text/g)].length
    assert.ok([...bare.svg.matchAll(/<text/g)].length < words, figure.id)
    assert.not.ok(bare.svg.includes(`height="${figure.height}" fill="${colour.paper}"`), figure.id)
    assert.match(bare.svg, new RegExp(`viewBox="0 0 ${figure.width} ${bare.height}" width="84mm" height="[\\d.]+mm"`), figure.id)
    assert.is(parseFigureSvg(bare.svg).name, 'svg')
    assert.equal(look(figure, {}), figure, `${figure.id}: as it is`)
  }
  assert.match(standalone(figures[0]!, '@font-face{}'), /<style>@font-face\{\}@media/)
})

test.run()
