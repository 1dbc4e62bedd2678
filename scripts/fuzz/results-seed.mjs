// A small study as `filterlens analyze -o` writes it, for the fuzzing of what reads results.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { bytesOf, textOf } from './fixtures.mjs'

const dist = join(import.meta.dirname, '../../dist')

/** The files of results of two groups, with a report: path → bytes. */
export function smallStudy() {
  return study({
    names: ['a_normal', 'a_robust', 'b_normal', 'b_robust'],
    layers: [
      [4, 3, 3, 3],
      [8, 4, 3, 3],
    ],
    datasets: ['a', 'b'],
  })
}

/** The same of two models with a layer each: the least that two groups can be. */
export function leastStudy() {
  return study({ names: ['a_normal', 'a_robust'], layers: [[2, 1, 3, 3]], datasets: ['a'] })
}

/** Results of one model, without groups. */
export function plainStudy() {
  return study({ names: ['a'], layers: [[2, 3, 3, 3]], datasets: [] })
}

async function study({ names, layers, datasets }) {
  const { analyze } = await import(join(dist, 'src/analyze.js'))
  const { writeResults } = await import(join(dist, 'src/results/write-results.js'))
  const { memoryOutput } = await import(join(dist, 'src/io/memory-folder.js'))
  const { convolution, memoryInput, safetensors } = await import(join(dist, 'test/measure/models.js'))
  const inputs = names.map((name, k) =>
    memoryInput(
      `${name}.safetensors`,
      safetensors(layers.map((shape, layer) => convolution(`conv${layer + 1}.weight`, shape, k + 9 * layer))),
    ),
  )
  const analysis = await analyze(inputs)
  const pairs = datasets.map((name) => ({ a: `${name}_normal`, b: `${name}_robust`, architecture: null, dataset: name }))
  const facts = { command: 'fuzz', finished: '2022-04-06T00:00:00.000Z', machine: {}, license: 'https://example.org/' }
  const output = memoryOutput('results')
  await writeResults(output, { analysis, inputs, ...(pairs.length > 0 && { pairs, report: true }) }, facts)
  return Object.fromEntries(output.files())
}

const hex = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** The same files with a manifest, a number and a crate that fit them, as somebody who forges results would write them. */
export function sealed(files) {
  const before = textOf(files['manifest.sha256'])
  const lines = before.split('\n').map((line) => {
    const path = line.slice(66)
    return files[path] ? `${hex(files[path])}  ${path}` : line
  })
  const manifest = bytesOf(lines.join('\n'))
  let crate = textOf(files['ro-crate-metadata.json'])
  before.split('\n').forEach((line, k) => {
    if (line !== lines[k]) crate = crate.replaceAll(line.slice(0, 64), lines[k]?.slice(0, 64) ?? '')
  })
  crate = crate.replaceAll(hex(files['manifest.sha256']), hex(manifest))
  return {
    ...files,
    'manifest.sha256': manifest,
    'results.sha256': bytesOf(`${hex(manifest)}\n`),
    'ro-crate-metadata.json': bytesOf(crate),
  }
}
