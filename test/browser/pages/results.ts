// Writes, reads and checks results in a page: bundled, and called with the File objects that were chosen there.

import { joinPairs } from '../../../src/analysis/join-pairs.ts'
import { parseMeta } from '../../../src/analysis/meta-table.ts'
import { parsePairs } from '../../../src/analysis/pairs.ts'
import { analyze } from '../../../src/analyze.ts'
import { openBlob } from '../../../src/io/blob.ts'
import { memoryOutput } from '../../../src/io/memory-folder.ts'
import { emptyFolder, type LazyInput } from '../../../src/io/random-access.ts'
import { checkFiles } from '../../../src/results/check-files.ts'
import { zippedResults } from '../../../src/results/open-results.ts'
import { recompute } from '../../../src/results/recompute.ts'
import { readResults } from '../../../src/results/tables-read.ts'
import { writeResults } from '../../../src/results/write-results.ts'

declare global {
  var writeStudy: (files: readonly File[]) => Promise<string>
  var checkZip: (files: readonly File[]) => Promise<{ problems: readonly string[]; layers: number; differences: number }>
}

const inputsOf = (files: readonly File[]): LazyInput[] =>
  files
    .filter((file) => file.name.endsWith('.onnx'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((file) => ({
      path: file.name,
      open: async () => ({ path: file.name, access: openBlob(file), folder: emptyFolder }),
    }))

/** The whole study of the chosen models, with meta.csv and pairs.csv among them. @returns the number to quote */
globalThis.writeStudy = async (files) => {
  const text = (name: string): Promise<string> => files.find((file) => file.name === name)!.text()
  const inputs = inputsOf(files)
  const analysis = await analyze(inputs, { meta: parseMeta('meta.csv', await text('meta.csv')) })
  const pairs = joinPairs(
    analysis.models.map(({ model }) => model),
    parsePairs('pairs.csv', await text('pairs.csv')),
  )
  const facts = { command: 'a page', finished: new Date().toISOString(), machine: {}, license: 'https://example.org/' }
  return writeResults(memoryOutput('results'), { analysis, inputs, pairs, report: true }, facts)
}

/** Checks a chosen zip of results, and measures the chosen models again. */
globalThis.checkZip = async (files) => {
  const zip = files.find((file) => file.name.endsWith('.zip'))!
  const folder = await zippedResults(openBlob(zip))
  const { problems } = await checkFiles(folder, zip.name)
  const again = await recompute(zip.name, await readResults(folder, zip.name), inputsOf(files))
  return { problems: [...problems, ...again.problems], layers: again.layers, differences: again.differences.length }
}
