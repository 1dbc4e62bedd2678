// Figures are compared with the SVG that was committed when somebody last looked at them. A changed one is laid beside it
// (dist/test/fixtures/figures/*.changed.svg); FILTERLENS_UPDATE_FIGURES=1 takes the new ones.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { standalone } from '../../src/figures/figure.ts'
import { allFigures } from './figure-suite.ts'

const source = 'test/fixtures/figures'
const built = 'dist/test/fixtures/figures'
const update = process.env['FILTERLENS_UPDATE_FIGURES'] === '1'
mkdirSync(source, { recursive: true })
mkdirSync(built, { recursive: true })

const figures = await allFigures()

for (const figure of figures) {
  test(`${figure.id} looks as it did`, () => {
    const text = standalone(figure)
    const file = `${source}/${figure.id}.svg`
    if (update) writeFileSync(file, text)
    const known = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (known === text) return
    writeFileSync(`${built}/${figure.id}.changed.svg`, text)
    let at = 0
    while (known[at] === text[at]) at++
    assert.unreachable(`${figure.id} differs from ${file} at character ${at}: look at ${built}/${figure.id}.changed.svg`)
  })
}

test('figures are made twice alike', async () => {
  const again = await allFigures()
  for (const [i, figure] of figures.entries()) assert.is(figure.svg, again[i]!.svg)
})

test.run()
