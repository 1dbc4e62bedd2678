import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openBrowser } from './harness/open.ts'
import { DATA, NORMAL, PAGE, withPage } from './harness/page.ts'
import { reload, type Tab, until } from './harness/tab.ts'

/** Runs `filterlens view` until the work is done. */
async function withView(words: readonly string[], work: (url: string, tab: Tab) => Promise<void>): Promise<void> {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'view', '--no-open', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (part) => {
        text += part
        const found = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(text)
        if (found) resolve(found[0])
      })
      child.on('exit', (code) => reject(new Error(`filterlens view ended with ${code}`)))
    })
    await work(url, tab)
    assert.equal(tab.errors, [])
  } finally {
    child.kill('SIGTERM')
    await tab.close()
  }
}

const shows = (tab: Tab, selector: string, text: string): Promise<void> =>
  until(tab, `${selector} ${text}`, (css, part) => (document.querySelector(css)?.textContent ?? '').includes(part), [
    selector,
    text,
  ])

test('filterlens view: the models are there, and the address shows the same again', () =>
  withView([NORMAL], async (url, tab) => {
    await tab.goto(url)
    await shows(tab, '.pane.middle h2', 'preact_w24_cifar10_normal')
    assert.match(await tab.run(() => location.href), /\?data#\/model\/preact_w24_cifar10_normal$/)
    await tab.goto(`${url}?data#/model/preact_w24_cifar10_normal/4?order=norm`)
    await reload(tab)
    await shows(tab, '.pane.third h2', 'layers.1.conv2')
    await until(
      tab,
      'sorted by norm',
      () => document.querySelector('[aria-label="Order of the filters"] [aria-pressed=true]')?.textContent === 'Norm',
      [],
    )
    await until(tab, 'filters of a file that is read by range', () => document.querySelector('.grid-frame canvas') !== null, [])
  }))

test('filterlens view on a folder: models with their table, groups defined by it', () =>
  withView([DATA], async (url, tab) => {
    await tab.goto(`${url}?data#/groups`)
    await shows(tab, 'main', 'normal: 6 models')
    await shows(tab, 'main', '6 pairs')
    await until(tab, 'the shift', () => document.querySelectorAll('.figure-card svg').length === 2, [], 120)
  }))

test('filterlens view on a zip of results; a model named like a script is a name, nothing more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-view-'))
  try {
    const name = '<script>alert(1)<!--&quot;.onnx'
    await cp(NORMAL, join(folder, name))
    const run = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args])
    await run('analyze', join(folder, name), '-o', join(folder, 'results'))
    await run('pack', join(folder, 'results'), '-o', join(folder, 'sent.zip'))
    await withView([join(folder, 'sent.zip'), join(folder, name)], async (url, tab) => {
      await tab.goto(url)
      // The results and the file are one model: its numbers from the one, its filters from the other.
      await shows(tab, '.pane.middle h2', '<script>alert(1)<!--&quot;')
      await shows(tab, '.model-link', '<script>alert(1)<!--&quot;')
      assert.is(await tab.run(() => document.querySelectorAll('.model-link').length), 1)
      assert.is(await tab.run(() => document.querySelectorAll('body script:not([src])').length), 0)
      assert.is(await tab.run(() => document.title), '<script>alert(1)<!--&quot; · filterlens')
      await tab.run(() => document.querySelector<HTMLElement>('.pane.middle tbody a')!.click())
      await until(tab, 'its filters', () => document.querySelector('.grid-frame canvas') !== null, [])
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('filterlens view: a file that was replaced since it was listed is said to be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-view-'))
  try {
    for (const name of ['same.onnx', 'replaced.onnx']) await cp(NORMAL, join(folder, name))
    await withView([folder], async (url, tab) => {
      await rm(join(folder, 'replaced.onnx'))
      await cp(NORMAL, join(folder, 'replaced.onnx'))
      await tab.goto(url)
      await shows(tab, 'body', 'replaced.onnx: was changed, replaced or removed since its server listed it')
      await shows(tab, '.model-link', 'same')
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** What reads a format is loaded when a file of that format is given. */
const READER = /^\/assets\/(format|expressions)-/

test('the page is small: under 350 kB for all of its views, beside what reads a format', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await page.sees('.pane.middle h2')
    await page.show('#/model/preact_w24_cifar10_normal/3')
    await page.sees('.pane.third h3', 'Least typical')
    const sizeOf = (requests: readonly string[]): number =>
      [...new Set(requests)]
        .filter((path) => /\.(js|css|html)$|^\/$/.test(path) && !READER.test(path))
        .reduce(
          (sum, path) => sum + gzipSync(readFileSync(join(PAGE, path === '/' ? 'index.html' : path)), { level: 9 }).length,
          0,
        )
    const before = sizeOf(page.server.requests)
    await page.show('#/figures')
    await page.sees('.figure-card svg')
    const all = sizeOf(page.server.requests)
    console.log(
      `page: ${Math.round(before / 1000)} kB gzip for a model and its layers, ${Math.round(all / 1000)} kB with the figures`,
    )
    assert.ok(
      page.server.requests.some((path) => READER.test(path)),
      'a reader was loaded by its name',
    )
    assert.ok(!page.server.requests.some((path) => path.includes('hdf5_hl')), 'the HDF5 reader is loaded only for HDF5 files')
    assert.ok(all < 350_000, `${all} bytes`)
    assert.ok(before < 250_000, `${before} bytes`)
  }))

test.run()
