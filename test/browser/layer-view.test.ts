// One layer: what of it is shown, what the choices mean, and what can be taken away.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type MadeLayer, networkBytes } from './harness/network.ts'
import { catchDownloads, downloaded, NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

const layers: readonly MadeLayer[] = [
  { name: 'stem.weight', out: 16, in: 3 },
  { name: 'wide.weight', out: 160, in: 128, kind: 'sparse' },
]

let folder: string
let path: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-layer-'))
  path = join(folder, 'two.safetensors')
  await writeFile(path, networkBytes(layers))
})
test.after(() => rm(folder, { recursive: true }))

const openWide = async (page: OpenPage): Promise<void> => {
  await page.drop(path)
  await page.sees('.pane.middle h2', 'two')
  await page.show('#/model/two/1')
  await page.sees('.pane.third h3', 'Least typical')
}

const choose = (page: OpenPage, title: string): Promise<void> => page.click('.grid-choices button', title)

/** What the grid says that it shows. */
const sentence = ({ tab }: OpenPage): Promise<string> =>
  tab.run(() => document.querySelector('.grid-frame')!.parentElement!.previousElementSibling!.textContent ?? '')

test('chromium: a large layer begins with its extremes; a channel, the sparse ones and all are a click away, and the address keeps it', () =>
  withPage('chromium', async (page) => {
    await openWide(page)
    assert.match(await sentence(page), /^The 48 filters with the largest weights, and the 48 least typical ones, of 20,480/)
    await choose(page, 'Channel')
    await page.sees('.about', 'The 128 filters of output channel 0, in the order of the file')
    await page.type('.field.channel', '7')
    await page.sees('.about', 'output channel 7')
    await page.tab.run(() => document.querySelector<HTMLElement>('.grid-frame canvas')!.focus())
    await page.tab.press('ArrowRight')
    await page.sees('.picked', 'Filter 896: output 7, input 0')
    await choose(page, 'Sparse')
    await page.sees('.about', 'The 15,360 filters close to zero')
    await choose(page, 'Norm')
    await choose(page, 'Each')
    await page.sees('.about', 'by largest weight, falling. Each filter up to its own largest weight')
    await choose(page, 'All')
    await page.sees('.about', 'All 20,480 filters')
    assert.match(await page.tab.run(() => location.hash), /part=all/)
    // The typical ones are found among all.
    await choose(page, 'Channel')
    await page.click('.tiles.twelve button')
    await page.sees('.about', 'All 20,480 filters')
    await page.sees('.picked', 'Filter ')
  }))

test('chromium: a layer that sees three channels is shown in colour', () =>
  withPage('chromium', async (page) => {
    await page.drop(path)
    await page.show('#/model/two/0')
    await page.sees('.pane.third h3', 'In colour')
    const fills = await page.tab.run(() =>
      [...document.querySelectorAll('.tiles.colours rect')].map((r) => r.getAttribute('fill')),
    )
    assert.is(fills.length, 16 * 9)
    assert.ok(new Set(fills).size > 100)
    await page.show('#/model/two/1')
    await until(page.tab, 'no colours', () => document.querySelector('.tiles.colours') === null, [])
  }))

test('chromium: what is drawn is saved as SVG and PNG, and the weights shown as .npy and CSV', () =>
  withPage('chromium', async (page) => {
    await catchDownloads(page.tab)
    await openWide(page)
    const pictures = [
      ['Metrics by depth', 'two-depth'],
      ['Eigenbasis', 'two-wide.weight-eigenbasis'],
      ['Coefficients', 'two-wide.weight-coefficients'],
      ['Least typical filters', 'two-wide.weight-least-typical-filters'],
    ] as const
    for (const [title, name] of pictures) {
      await page.click(`[aria-label="Save the picture ${title} as SVG"]`)
      const svg = (await downloaded(page.tab, `${name}.svg`)).toString()
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>$/s)
      assert.not.match(svg, /class=|var\(--/)
      await page.click(`[aria-label="Save the picture ${title} as PNG"]`)
      assert.is((await downloaded(page.tab, `${name}.png`)).readUInt32BE(0), 0x89504e47)
    }
    assert.match((await downloaded(page.tab, 'two-depth.svg')).toString(), /<text[^>]*>Orthogonality/)
    const save = async (what: string): Promise<void> => {
      await page.click('[aria-label="Save filters"]')
      await page.click('.grid-tools .sheet button', what)
    }
    await save('PNG')
    assert.is((await downloaded(page.tab, 'two-wide.weight-filters.png')).readUInt32BE(0), 0x89504e47)
    await save('SVG')
    assert.match((await downloaded(page.tab, 'two-wide.weight-filters.svg')).toString(), /<image [^>]*data:image\/png/)
    await choose(page, 'Channel')
    await page.sees('.about', 'output channel 0')
    await save('NumPy')
    const npy = await downloaded(page.tab, 'two-wide.weight.npy')
    assert.match(npy.toString('latin1', 0, 128), /'shape': \(128, 3, 3\)/)
    assert.is(npy.length, 128 + 4 * 128 * 9)
    // The file's own weights, to the bit: the layer follows the stem.
    const file = networkBytes(layers)
    const start = 8 + Number(file.readBigUInt64LE(0)) + 4 * 16 * 3 * 9
    assert.equal(npy.subarray(128), file.subarray(start, start + 4 * 128 * 9))
    await save('CSV')
    const lines = (await downloaded(page.tab, 'two-wide.weight.csv')).toString().trimEnd().split('\n')
    assert.is(lines.length, 129)
    assert.match(lines[128]!, /^127,0,127,/)
  }))

test('chromium: what is drawn of two layers is saved too', () =>
  withPage('chromium', async (page) => {
    await catchDownloads(page.tab)
    await page.drop(NORMAL, ROBUST)
    await page.show('#/compare/preact_w24_cifar10_normal/preact_w24_cifar10_robust/8')
    await page.sees('.pane.third section', 'Distribution shift')
    for (const title of ['Eigenbases', 'Coefficients']) {
      await page.click(`[aria-label="Save the picture ${title} as SVG"]`)
      const name = `preact_w24_cifar10_normal-preact_w24_cifar10_robust-layers.3.conv2-${title.toLowerCase()}.svg`
      assert.match((await downloaded(page.tab, name)).toString(), /^<svg /)
    }
  }))

test('firefox: a picture of the filters is saved', () =>
  withPage('firefox', async (page) => {
    await catchDownloads(page.tab)
    await page.drop(NORMAL)
    await page.show('#/model/preact_w24_cifar10_normal/4')
    await page.sees('.pane.third h3', 'Least typical')
    await page.click('[aria-label="Save the picture Coefficients as PNG"]')
    const png = await downloaded(page.tab, 'preact_w24_cifar10_normal-layers.1.conv2.weight-coefficients.png')
    assert.is(png.readUInt32BE(0), 0x89504e47)
  }))

test.run()
