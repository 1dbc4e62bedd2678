// Bundles the command in its own place, dist/src/cli/, and the measuring thread for it and for the library: one run loads some
// twenty files instead of five hundred, and a thread one.
// docs/decisions/bundled-command.md
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const folder = 'dist/src/cli'
if (readFileSync(`${folder}/main.js`, 'utf8').includes('./part-')) {
  console.error(`${folder}/main.js is a bundle already: npm run build:ts comes first`)
  process.exit(1)
}
for (const name of readdirSync(folder)) if (name.startsWith('part-') || name === 'main.js.map') rmSync(`${folder}/${name}`)

/** Our own width of a text for string-width, which loads the engine's tables of all scripts: 40 ms of every run. */
const terminalWidth = {
  name: 'text-width',
  setup(build) {
    build.onResolve({ filter: /^string-width$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'string-width', namespace: 'text-width' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'text-width' }, () => ({
      contents: "export { terminalWidth as default } from './text-width.js'",
      resolveDir: resolve(folder),
    }))
  },
}

const { metafile } = await build({
  entryPoints: {
    main: 'dist/src/cli/main.js',
    'node-hdf5-worker': 'dist/src/hdf5/node-hdf5-worker.js',
  },
  outdir: folder,
  allowOverwrite: true,
  entryNames: '[name]', // threads are found beside the file that starts them
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true, // names stay, so that the report of a fault can be read
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'], // what is imported on demand must have its names, which CommonJS has not
  target: 'node20',
  // CommonJS packages ask for Node's own modules this way.
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
  plugins: [terminalWidth],
  external: ['h5wasm'], // five megabytes, for one format
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
})
// CommonJS, for a thread that starts with an ES module loads Node's whole loader of them: twice the time.
for (const place of ['dist/src/measure/threads', folder]) {
  await build({
    entryPoints: ['dist/src/measure/threads/node-measure-worker.js'],
    outfile: `${place}/node-measure-worker.cjs`,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  })
}

const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.error(`${folder}: ${Object.keys(metafile.outputs).length} files, ${bytes} bytes`)
