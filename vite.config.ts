import { copyFileSync, mkdirSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

const out = 'dist/web'
const examples = ['preact_w24_cifar10_normal.onnx', 'preact_w24_cifar10_robust.onnx']

/** Puts the example networks and the font's licence beside the page. */
function companions(): Plugin {
  return {
    name: 'companions',
    apply: 'build',
    closeBundle() {
      mkdirSync(`${out}/examples`, { recursive: true })
      for (const name of examples) copyFileSync(`data/${name}`, `${out}/examples/${name}`)
      copyFileSync('node_modules/@fontsource/inter/LICENSE', `${out}/assets/Inter-LICENSE.txt`)
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
  },
  worker: { format: 'es' },
  plugins: [companions()],
})
