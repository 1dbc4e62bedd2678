// The Arrow tables of results one by one: every reader of a table reads them, and a comparison with the table as it was.
// Most changes are made in the messages and the footer, where the counts and offsets are.
import { join as path } from 'node:path'
import { join, mutateBytes } from './bytes.mjs'
import { smallStudy } from './results-seed.mjs'

const dist = path(import.meta.dirname, '../../dist/src')
const { readLayerTable, readModelTable } = await import(path(dist, 'results/tables-read.js'))
const { openFirstFilters } = await import(path(dist, 'results/first-filters-table.js'))
const { compareTables } = await import(path(dist, 'results/compare-tables.js'))
const { memoryAccess } = await import(path(dist, 'io/random-access.js'))

let study

export default {
  name: 'results-tables',

  async seeds() {
    study = await smallStudy()
    return Object.keys(study)
      .filter((file) => file.endsWith('.arrow'))
      .map((file) => ({ path: file, bytes: study[file] }))
  },

  mutate(seed, random) {
    const span = Math.min(seed.bytes.length, random.pick([300, 3000]))
    const from = random.chance(3) ? random.below(seed.bytes.length - span + 1) : seed.bytes.length - span
    const middle = mutateBytes(seed.bytes.subarray(from, from + span), random)
    return { ...seed, bytes: join(seed.bytes.subarray(0, from), middle, seed.bytes.subarray(from + span)) }
  },

  async read({ path: file, bytes }) {
    const opened = () => memoryAccess(file, Uint8Array.from(bytes))
    if (file === 'layers.arrow') await readLayerTable(opened())
    if (file === 'models.arrow') await readModelTable(opened())
    if (file === 'first_filters.arrow') await readAll(await openFirstFilters(opened()))
    return (await compareTables(file, opened(), memoryAccess(file, Uint8Array.from(study[file])))).length
  },
}

/** Rows are checked when they are read. */
async function readAll(source) {
  for (const model of await source.models()) for await (const rows of source.of(model)) if (rows.length === 0) return
}
