// What `analyze SOUND INPUT … --keep-going -o results` does, in this process and in memory.
import { join as path } from 'node:path'
import { read } from './fixtures.mjs'

const dist = path(import.meta.dirname, '../../dist/src')

/** @returns a function that measures inputs beside a sound one and writes the results; it throws what a person would call a fault */
export async function wholeRuns() {
  const { analyze } = await import(path(dist, 'analyze.js'))
  const { writeResults } = await import(path(dist, 'results/write-results.js'))
  const { memoryOutput } = await import(path(dist, 'io/memory-folder.js'))
  const { emptyFolder, memoryAccess } = await import(path(dist, 'io/random-access.js'))
  const sound = read('numpy/float32.npy')
  const about = { command: 'fuzz', finished: new Date(0).toISOString(), machine: {}, license: 'none' }
  return async (open) => {
    const inputs = () => [{ path: 'sound.npy', access: memoryAccess('sound.npy', sound), folder: emptyFolder }, ...open()]
    const analysis = await analyze(inputs(), { keepGoing: true, kernel: 'all', workers: 1 })
    if (!analysis.layers.some(({ model }) => model.includes('sound'))) throw new Error('the sound file is lost')
    await writeResults(memoryOutput('results'), { analysis, inputs: inputs() }, about)
  }
}
