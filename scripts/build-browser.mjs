// Bundles the library for plain <script type="module">: dist/browser/filterlens.js, with its workers and the readers that
// are loaded on demand beside it. Serve the folder from anywhere.
import { build } from 'esbuild'

const { metafile } = await build({
  entryPoints: {
    filterlens: 'dist/src/index.js',
    'browser-hdf5-worker': 'dist/src/hdf5/browser-hdf5-worker.js',
    'browser-measure-worker': 'dist/src/measure/threads/browser-measure-worker.js',
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
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
})
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.error(`dist/browser: ${Object.keys(metafile.outputs).length} files, ${bytes} bytes`)
