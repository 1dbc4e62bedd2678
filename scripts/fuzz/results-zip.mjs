// Results as one zip, opened in place: its directory, its local headers and what lies in it.
import { join as path } from 'node:path'
import { join, mutateBytes } from './bytes.mjs'
import { plainStudy } from './results-seed.mjs'

const dist = path(import.meta.dirname, '../../dist/src')
const { checkFiles } = await import(path(dist, 'results/check-files.js'))
const { zippedResults } = await import(path(dist, 'results/open-results.js'))
const { packFiles } = await import(path(dist, 'results/pack.js'))
const { readResults } = await import(path(dist, 'results/tables-read.js'))
const { memoryAccess } = await import(path(dist, 'io/random-access.js'))
const { zipSync } = await import('fflate')

export default {
  name: 'results-zip',

  async seeds() {
    const study = await plainStudy()
    const kept = Object.entries(study).filter(([file]) => !/^figures|^report|^kernel|^groups\//.test(file)) // large, and only hashed
    const parts = []
    await packFiles(
      kept.map(([file, bytes]) => [file, memoryAccess(file, bytes)]),
      { write: async (chunk) => void parts.push(Uint8Array.from(chunk)) },
    )
    return [
      { path: 'results.zip', bytes: join(...parts) },
      { path: 'deflated.zip', bytes: zipSync(Object.fromEntries(kept.map(([file, bytes]) => [`x/${file}`, bytes]))) },
    ]
  },

  /** The directory comes last. */
  mutate(seed, random) {
    const span = random.pick([100, 2500])
    const from = seed.bytes.length - span
    return { ...seed, bytes: join(seed.bytes.subarray(0, from), mutateBytes(seed.bytes.subarray(from), random)) }
  },

  async read({ path: file, bytes }) {
    const folder = await zippedResults(memoryAccess(file, bytes))
    await checkFiles(folder, file)
    return (await readResults(folder, file)).layers.length
  },
}
