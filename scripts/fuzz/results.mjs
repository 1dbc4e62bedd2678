// Results as a folder: one file is changed, by bytes or (JSON) by values; in half of the inputs all hashes are made to fit,
// as somebody who forges results would do. Everything that reads results reads them: verify, report, export, recompute.
import { join as path } from 'node:path'
import { mutateBytes } from './bytes.mjs'
import { bytesOf, textOf } from './fixtures.mjs'
import { changedJson } from './json.mjs'
import { leastStudy, plainStudy, sealed } from './results-seed.mjs'

const dist = path(import.meta.dirname, '../../dist/src')
const { checkFiles } = await import(path(dist, 'results/check-files.js'))
const { withReportInput } = await import(path(dist, 'results/report-input.js'))
const { readPairs } = await import(path(dist, 'results/groups.js'))
const { compareTables } = await import(path(dist, 'results/compare-tables.js'))
const { inMemory } = await import(path(dist, 'measure/layer-source.js'))
const { runTables } = await import(path(dist, 'results/export-run.js'))
const { groupTables } = await import(path(dist, 'results/export-groups.js'))
const { exportTable } = await import(path(dist, 'results/export-formats.js'))
const { buildReport } = await import(path(dist, 'report/build-report.js'))
const { memoryAccess } = await import(path(dist, 'io/random-access.js'))

/** Binaries and pictures are only hashed; the rest is read. */
const READ = /\.(arrow|json|sha256)$/
const REPORT_EVERY = 32 // a report takes ten times as long as all the rest

export default {
  name: 'results',

  async seeds() {
    // Of two groups' results only these are read that other results have not; their tables are for results-tables.mjs.
    const [least, plain] = [await leastStudy(), await plainStudy()]
    const files = Object.keys(plain).filter((file) => READ.test(file))
    return [
      ...['groups.json', 'groups.json', 'pairs.json'].map((file) => ({ path: file, bytes: least[file], beside: least })),
      ...files.map((file) => ({ path: file, bytes: plain[file], beside: plain })),
    ]
  },

  mutate(seed, random) {
    const bytes =
      seed.path.endsWith('.json') && !random.chance(3)
        ? bytesOf(JSON.stringify(changedJson(JSON.parse(textOf(seed.bytes)), random)))
        : mutateBytes(seed.bytes, random)
    const isSealable = seed.path !== 'manifest.sha256' && seed.path !== 'results.sha256' && random.chance(2)
    return {
      ...seed,
      bytes,
      beside: isSealable ? { ...sealed({ ...seed.beside, [seed.path]: bytes }), [seed.path]: seed.bytes } : seed.beside,
    }
  },

  /** `beside` holds the changed file too, as it was. */
  async read({ path: changed, bytes, beside }, index) {
    const files = { ...beside, [changed]: bytes }
    const folder = {
      open: async (file) => (Object.hasOwn(files, file) ? memoryAccess(file, Uint8Array.from(files[file])) : undefined),
    }
    await checkFiles(folder, 'results')
    if (changed.endsWith('.arrow'))
      await compareTables(changed, memoryAccess(changed, Uint8Array.from(beside[changed])), memoryAccess(changed, bytes))
    await readPairs(folder, 'results')
    return withReportInput(folder, 'results', async (input) => {
      const analysis = await inMemory(input.analysis)
      for (const table of [...runTables(analysis), ...(input.groups ? groupTables(input.groups) : [])]) exportTable(table, 'csv')
      if (index % REPORT_EVERY === 0) await buildReport(input)
      return analysis.layers.length
    })
  },
}
