// Bundles the library for plain <script type="module"> and for other bundlers: dist/browser/filterlens.js, with its workers and the
// readers that are loaded on demand beside it. Serve the folder from anywhere.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'
import { noteBundled } from './build/bundled.mjs'
import { mappedNames } from './build/sources.mjs'

rmSync('dist/browser', { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: {
    filterlens: 'src/index.ts',
    'browser-hdf5-worker': 'src/hdf5/browser-hdf5-worker.ts',
    'browser-measure-worker': 'src/measure/threads/browser-measure-worker.ts',
  },
  outdir: 'dist/browser',
  entryNames: '[name]', // workers are found beside the file that starts them
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  plugins: [mappedNames('browser')],
  legalComments: 'none', // the notices have them
  logLevel: 'warning',
  metafile: true,
})
noteBundled('browser', Object.keys(metafile.inputs))
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.error(`dist/browser: ${Object.keys(metafile.outputs).length} files, ${bytes} bytes`)
