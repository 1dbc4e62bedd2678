// Bundles what runs in Node from the sources: the command, the library and their threads, in dist/bundle/node. One run loads some
// twenty files instead of five hundred, and a thread one; an install fetches no packages but the two that stay outside.
// docs/decisions/bundled-command.md
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { noteBundled } from './build/bundled.mjs'
import { mappedNames } from './build/sources.mjs'

const folder = 'dist/bundle/node' // as deep as dist/src/cli, from where the page is found

/** Our own width of a text for string-width, which loads the engine's tables of all scripts: 40 ms of every run. @type {import('esbuild').Plugin} */
const terminalWidth = {
  name: 'text-width',
  setup(build) {
    build.onResolve({ filter: /^string-width$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'string-width', namespace: 'text-width' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'text-width' }, () => ({
      contents: "export { terminalWidth as default } from './text-width.ts'",
      resolveDir: resolve('src/cli'),
    }))
  },
}

rmSync(folder, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: {
    main: 'src/cli/start.ts',
    index: 'src/index.ts',
    node: 'src/node.ts',
    'node-hdf5-worker': 'src/hdf5/node-hdf5-worker.ts',
  },
  outdir: folder,
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
  plugins: [terminalWidth, mappedNames('default')],
  external: ['h5wasm'], // five megabytes, for one format
  legalComments: 'none', // the notices have them
  logLevel: 'warning',
  metafile: true,
})
// CommonJS, for a thread that starts with an ES module loads Node's whole loader of them: twice the time.
const threads = await Promise.all(
  [folder, 'dist/src/measure/threads'].map((place) =>
    build({
      entryPoints: ['src/measure/threads/node-measure-worker.ts'],
      outfile: `${place}/node-measure-worker.cjs`,
      bundle: true,
      minifySyntax: true,
      minifyWhitespace: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      plugins: [mappedNames('default')],
      legalComments: 'none',
      logLevel: 'warning',
      metafile: true,
    }),
  ),
)
// The same command at its old address, for this folder's own use.
mkdirSync('dist/src/cli', { recursive: true })
writeFileSync('dist/src/cli/main.js', "#!/usr/bin/env node\nimport '../../bundle/node/main.js'\n")
for (const command of ['dist/src/cli/main.js', `${folder}/main.js`]) chmodSync(command, 0o755)

noteBundled(
  'command',
  [metafile, ...threads.map((thread) => thread.metafile)].flatMap(({ inputs }) => Object.keys(inputs)),
)
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.error(`${folder}: ${Object.keys(metafile.outputs).length} files, ${bytes} bytes`)
