// What is in a file beside what was measured: nodes, other tensors, sizes; find; files that the address names; the help.
import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { weight } from '../../src/words.ts'
import { filterlens } from '../cli/run.ts'
import { networkBytes } from './harness/network.ts'
import { openBrowser } from './harness/open.ts'
import { DATA, dragOver, FIXTURES, letGo, NORMAL, type OpenPage, PAGE, withPage } from './harness/page.ts'
import { serveFolders } from './harness/server.ts'
import { until } from './harness/tab.ts'

const names = ({ tab }: OpenPage): Promise<string[]> =>
  tab.run(() => [...document.querySelectorAll('.pane.middle .layer-name a')].map((link) => link.textContent ?? ''))

test('chromium: a layer whose name says nothing goes by its module in the graph, and is found by it', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await page.sees('.pane.middle .layer-name', 'layers.0.conv1')
    assert.equal((await names(page)).slice(0, 3), ['conv1', 'layers.0.conv1', 'layers.0.conv2'])
    await page.show('#/model/preact_w24_cifar10_normal/1')
    await page.sees('.pane.third h2', 'layers.0.conv1')
    await page.sees('.pane.third', 'tensor onnx::Conv_134, node /layers/layers.0/conv1/Conv')
    await page.type('.list-tools .find', 'layers.5/conv1')
    await until(page.tab, 'one row', () => document.querySelectorAll('.pane.middle .layer-name').length === 1, [])
  }))

test('chromium: everything in the file: convolutions of other kernels with statistics, and other tensors with their shape', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await page.sees('details.card summary', 'Everything in the file: 15 convolutions')
    await page.click('details.card summary')
    await page.sees('.contents td', '48 × 24 × 1 × 1')
    const below = await page.tab.run(() => document.documentElement.scrollHeight - innerHeight)
    assert.is(below, 0, 'the pane scrolls, not the page')
    await page.click('.contents .button')
    await page.sees('.contents td', '0 of 1,152')
    await page.sees('.contents th', 'fc.bias')
    await page.click('.read-all .button', 'Read all')
    // One that is asked for meanwhile comes next, and the others after it.
    await page.click('.contents [aria-label="Read the numbers of fc.bias"]')
    await until(
      page.tab,
      'every tensor read',
      () => document.querySelectorAll('.contents .button, .read-all .button').length === 0,
      [],
    )
    const told = JSON.parse((await filterlens(['inspect', NORMAL, '--tensor', 'fc.bias', '--json'])).out) as [
      { statistics: { least: number; most: number } },
    ]
    const row = await page.tab.run(
      () =>
        [...document.querySelectorAll('.contents tr')].find((one) => one.querySelector('th')?.textContent === 'fc.bias')
          ?.textContent,
    )
    const { least, most } = told[0].statistics
    for (const value of [least, most]) assert.ok(row?.includes(weight(value)), `${row} has ${weight(value)}`)
  }))

test('chromium: where a reader lists convolutions only, the list does not claim to be everything', () =>
  withPage('chromium', async (page) => {
    await page.drop(join(FIXTURES, 'caffe/branches.caffemodel'))
    await page.sees('details.card summary', 'the reader of this format lists convolutions only')
    const summaries = await page.tab.run(() =>
      [...document.querySelectorAll('details.card summary')].map((one) => one.textContent),
    )
    assert.not.ok(summaries.some((text) => text?.includes('Everything in the file')))
  }))

test('chromium: / and Ctrl+F find in the list that is shown', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await page.sees('.list-tools .find')
    await page.tab.press('/')
    assert.is(await page.tab.run(() => document.activeElement?.getAttribute('aria-label') ?? ''), 'Find layers by name')
    await page.show('#/models')
    await page.sees('table.overview')
    await page.tab.run(() => (document.activeElement as HTMLElement | null)?.blur())
    const taken = await page.tab.run(() => {
      const event = new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, bubbles: true, cancelable: true })
      document.body.dispatchEvent(event)
      return [event.defaultPrevented, document.activeElement?.id]
    })
    assert.equal(taken, [true, 'find'])
  }))

test('chromium: a model whose weights are not all numbers is shown, with the layers that are broken', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-nan-'))
    try {
      const bytes = networkBytes([
        { name: 'good.weight', out: 8, in: 8 },
        { name: 'bad.weight', out: 8, in: 8 },
      ])
      bytes.writeFloatLE(Number.NaN, bytes.length - 4)
      await writeFile(join(folder, 'nan.safetensors'), bytes)
      await page.drop(join(folder, 'nan.safetensors'))
      await page.sees('.note.flagged', '1 layer of 2 to look at')
      await page.sees('.note.flagged', 'bad: the weight at index 575 is NaN')
      assert.not.match(await page.tab.run(() => document.body.textContent ?? ''), /--skip-non-finite/)
      assert.is((await names(page)).length, 1)
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

test('chromium: a model of TensorFlow.js has the name of its folder and the size of all its files', () =>
  withPage('chromium', async (page) => {
    const folder = join(FIXTURES, 'tfjs/upscalerjs')
    await dragOver(page, [folder])
    await page.sees('.over', 'Drop')
    await letGo(page, [folder])
    await page.sees('.pane.middle h2', 'upscalerjs')
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size))
    const all = sizes.reduce((sum, size) => sum + size, 0)
    await page.sees('.model-link', `${(all / 1e3).toPrecision(3)} kB`)
  }))

test('chromium: a file that the address names is read by range from where it lies', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-url-'))
  const tab = await openBrowser('chromium')
  if (!tab) return
  await cp(join(DATA, 'vgg_w16_cifar10_normal.onnx'), join(folder, 'net.onnx'))
  const files = await serveFolders({ '/': folder }, { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' })
  const server = await serveFolders({ '/': PAGE })
  try {
    await tab.goto(`${server.url}/?url=${encodeURIComponent(`${files.url}/net.onnx`)}`)
    await until(tab, 'the model', () => document.querySelector('.pane.middle h2')?.textContent === 'net', [])
    assert.ok(files.requests.length > 0)
    assert.equal(tab.errors, [])
    await tab.goto(`${server.url}/?url=${encodeURIComponent(`${files.url}/none.onnx`)}`)
    await until(tab, 'what is wrong', () => /none\.onnx/.test(document.querySelector('.job .note')?.textContent ?? ''), [])
  } finally {
    await tab.close()
    await server.close()
    await files.close()
    await rm(folder, { recursive: true })
  }
})

test('chromium: a file that the address names finds the files beside it: shards of TensorFlow.js, weights of OpenVINO', async () => {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const files = await serveFolders(
    { '/openvino/': join(FIXTURES, 'openvino'), '/mobile/': join(FIXTURES, 'tfjs/upscalerjs') },
    { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' },
  )
  const server = await serveFolders({ '/': PAGE })
  try {
    for (const [path, name] of [
      ['mobile/model.json', 'mobile'],
      ['openvino/network.xml', 'network'],
    ] as const) {
      await tab.goto(`${server.url}/?url=${encodeURIComponent(`${files.url}/${path}`)}`)
      await until(tab, name, (wanted) => document.querySelector('.pane.middle h2')?.textContent === wanted, [name])
      await until(tab, 'its layers', () => document.querySelectorAll('.layer-name').length > 0, [])
    }
    assert.equal(tab.errors, [])
  } finally {
    await tab.close()
    await server.close()
    await files.close()
  }
})

test('chromium: the help holds the definitions of every metric, the version and the citation', () =>
  withPage('chromium', async (page) => {
    await page.tab.press('?')
    await page.sees('dialog[open] .definitions', 'variance_entropy')
    assert.is(await page.tab.run(() => document.querySelector('dialog')!.scrollTop), 0, 'it opens at its beginning')
    assert.is(await page.tab.run(() => document.activeElement?.getAttribute('aria-label')), 'Close')
    await page.sees('dialog[open] .definitions', 'Σ q·log10 q')
    await page.sees('dialog[open] h2', 'filterlens 0.1.0')
    await page.sees('dialog[open]', 'please cite')
    assert.is(
      await page.tab.run(() => document.querySelector<HTMLAnchorElement>('dialog a')!.href),
      'https://arxiv.org/abs/2204.02481',
    )
  }))

test.run()
