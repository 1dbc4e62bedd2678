import { copyFileSync, mkdirSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import { noteBundled } from './scripts/build/bundled.mjs'

const out = 'dist/web'
const examples = ['vgg_w16_cifar10_normal.onnx', 'vgg_w16_cifar10_robust.onnx']

/** Puts the example networks beside the page. */
function companions(): Plugin {
  return {
    name: 'companions',
    apply: 'build',
    closeBundle() {
      mkdirSync(`${out}/examples`, { recursive: true })
      for (const name of examples) copyFileSync(`data/${name}`, `${out}/examples/${name}`)
    },
  }
}

/**
 * The kernels are a file of their own, the same for the page and its workers: a browser loads it once for them all. What every start loads is
 * one file too: shared out among the parts that are loaded later it would be many small ones, which pack less well.
 */
const groups = [
  { name: 'kernels', test: /module\.generated/ },
  { name: 'start', tags: ['$initial' as const] },
]
const rolldownOptions = {
  checks: { pluginTimings: false },
  output: { topLevelVar: true, codeSplitting: { groups } },
}

const modules = new Set<string>()

/** Notes which packages the page and its workers hold. */
function notices(): Plugin {
  return {
    name: 'notices',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk') for (const module of Object.keys(chunk.modules)) modules.add(module)
      noteBundled('page', modules, ['node_modules/@resvg/resvg-wasm'])
    },
  }
}

// The page is bundled from what tsc wrote to dist/src: one compiler for all code, and `new URL('./worker.js', …)` means the
// same file in Node, in bundlers and here. Relative addresses throughout, so the folder works wherever it is served.
export default defineConfig({
  root: 'src/web',
  base: './',
  build: {
    outDir: `../../${out}`,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 6000,
    reportCompressedSize: false,
    rolldownOptions,
  },
  worker: { format: 'es', plugins: () => [notices()], rolldownOptions },
  plugins: [companions(), notices()],
})
