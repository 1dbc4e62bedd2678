import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Workers that the library starts by `new URL('./name.js', import.meta.url)`: entries of their own beside the bundle. */
const workers = ['dist/src/hdf5/browser-hdf5-worker.js', 'dist/src/measure/threads/browser-measure-worker.js']

export interface Bundle {
  /** A folder with index.html, entry.js and what they load. */
  readonly folder: string
  remove(): Promise<void>
}

/** Bundles a compiled module for browsers, into a page that loads it and has a file input #files. */
export async function bundlePage(entry: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-bundle-'))
  await build({
    entryPoints: [{ in: entry, out: 'entry' }, ...workers],
    outdir: folder,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  })
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><meta charset="utf-8"><title>filterlens</title><input type="file" id="files" multiple><script type="module" src="./entry.js"></script>',
  )
  return { folder, remove: () => rm(folder, { recursive: true }) }
}
