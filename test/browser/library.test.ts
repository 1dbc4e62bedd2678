import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build as esbuild } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build as viteBuild } from 'vite'
import { bundlePage } from './harness/bundle.ts'
import { openBrowser } from './harness/open.ts'
import { FIXTURES, NORMAL } from './harness/page.ts'
import { serveFolders } from './harness/server.ts'
import { engines, type Tab, until } from './harness/tab.ts'

// The library in the examples' pages: from a plain script, and through a bundler.

const status = (tab: Tab, part: string): Promise<void> =>
  until(tab, part, (text) => (document.getElementById('status')?.textContent ?? '').includes(text), [part])

/** Chooses an ONNX model, a Keras file (its reader runs in a worker) and garbage in one of the examples. */
async function useExample(tab: Tab, url: string): Promise<void> {
  await tab.goto(url)
  await tab.chooseFiles('#files', [NORMAL])
  await status(tab, '13 layers')
  assert.is(await tab.run(() => document.querySelectorAll('#layers tr').length), 14)
  assert.match(
    await tab.run(() => document.querySelector('#layers tr:nth-child(2)')!.textContent),
    /conv1\.weight7200\.8460\.795/,
  )
  await tab.chooseFiles('#files', [join(FIXTURES, 'keras/model.h5')])
  await status(tab, '4 layers')
  await tab.chooseFiles('#files', [join(FIXTURES, 'README.md')])
  await status(tab, 'README.md: ')
}

/** Uses the example in Chromium that `bundle` makes for browsers in a folder. */
async function useBundled(bundle: (folder: string) => Promise<unknown>): Promise<void> {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-bundled-'))
  try {
    await bundle(folder)
    const server = await serveFolders({ '/': folder })
    try {
      await useExample(tab, `${server.url}/`)
    } finally {
      await server.close()
    }
  } finally {
    await tab.close()
    await rm(folder, { recursive: true })
  }
}

/** The example's page as it is: its script is called as the bundle. */
const copyHtml = (folder: string): Promise<void> => copyFile('examples/browser/bundled/index.html', join(folder, 'index.html'))

for (const engine of engines) {
  test(`${engine}: analyze in a plain module script`, async () => {
    const tab = await openBrowser(engine)
    if (!tab) return
    const server = await serveFolders({ '/': process.cwd() })
    try {
      await useExample(tab, `${server.url}/examples/browser/plain.html`)
    } finally {
      await tab.close()
      await server.close()
    }
  })
}

test('chromium: analyze through Vite', () =>
  useBundled((folder) =>
    viteBuild({
      configFile: false,
      root: 'examples/browser/bundled',
      base: './',
      logLevel: 'error',
      worker: { format: 'es' },
      build: { outDir: folder, emptyOutDir: true },
    }),
  ))

test('chromium: where a bundler left out the worker for HDF5, that is said, and not that the file is damaged', async () => {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const { folder, remove } = await bundlePage('dist/test/browser/pages/sources.js')
  const server = await serveFolders({ '/': folder })
  try {
    await rm(join(folder, 'browser-hdf5-worker.js'))
    await tab.goto(`${server.url}/`)
    await tab.chooseFiles('#files', [join(FIXTURES, 'keras/model.h5')])
    const [told] = await tab.run(() => (globalThis as unknown as { tellAll(): Promise<unknown[]> }).tellAll())
    assert.match(String(told), /model\.h5: is HDF5, .*browser-hdf5-worker\.js cannot be loaded .*; a bundler/)
  } finally {
    await tab.close()
    await server.close()
    await remove()
  }
})

test('chromium: analyze through esbuild, with the workers as entries of their own', () =>
  useBundled(async (folder) => {
    await esbuild({
      entryPoints: [
        'examples/browser/bundled/main.js',
        'dist/browser/browser-hdf5-worker.js',
        'dist/browser/browser-measure-worker.js',
      ],
      entryNames: '[name]',
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      logLevel: 'error',
    })
    await copyHtml(folder)
  }))

test('chromium: analyze through webpack', () =>
  useBundled(async (folder) => {
    const { default: webpack } = await import('webpack')
    const compiler = webpack({
      mode: 'none', // minifying tells nothing of whether it works
      entry: resolve('examples/browser/bundled/main.js'),
      output: { path: folder, filename: 'main.js' },
      performance: false,
    })
    const problems = await new Promise<readonly string[]>((done, fail) =>
      compiler.run((error, stats) => (error ? fail(error) : done(stats!.compilation.errors.map(({ message }) => message)))),
    )
    assert.equal(problems, [])
    await copyHtml(folder)
  }))

test.run()
