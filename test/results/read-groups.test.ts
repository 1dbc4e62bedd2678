import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { rowsOnDemand } from '../../src/analysis/rows-on-demand.ts'
import { InputError } from '../../src/errors.ts'
import { shapeMetrics } from '../../src/measure/metrics/registry.ts'
import { crateText } from '../../src/results/crate.ts'
import { groupTables } from '../../src/results/export-groups.ts'
import { GROUPS, readGroups, writeGroups } from '../../src/results/groups.ts'
import { jsonPieces } from '../../src/results/json-pieces.ts'
import { JsonSplitter } from '../../src/results/json-splitter.ts'
import { modelRow, syntheticAnalysis } from '../analysis/synthetic.ts'
import { memoryFolder } from '../measure/models.ts'

const names = Array.from({ length: 40 }, (_, k) => `model "${k}", {[`)
const analysis = syntheticAnalysis(
  names.map((name, k) => modelRow(name, { Robust: k % 2 === 1, depth: '"depth":[1]' })),
  13,
)
const report = groupAnalysis({ analysis })
const pairs = [0, 2, 4, 6, 8, 10].map((k) => ({ a: names[k]!, b: names[k + 1]!, architecture: null, dataset: null }))
const paired = groupAnalysis({ analysis, pairs })

test('JSON in pieces is that of JSON.stringify', () => {
  const { depth, ...rest } = report
  for (const value of [rest, { depth: [...depth] }, {}, [], [1, null, undefined], { a: undefined, b: [], c: [[1]], d: 'x' }])
    assert.is([...jsonPieces(value)].join(''), JSON.stringify(value))
})

test('rows that are made when they are asked for read as an array of them', () => {
  let made = 0
  const rows = rowsOnDemand(5, (k) => ({ k, made: ++made > 0 }))
  assert.is(made, 0)
  assert.ok(Array.isArray(rows))
  const held = [0, 1, 2, 3, 4].map((k) => ({ k, made: true }))
  assert.equal([...rows], held)
  assert.is(JSON.stringify(rows), JSON.stringify(held))
  assert.equal(rows.slice(1, 3), held.slice(1, 3))
  assert.equal(
    rows.filter(({ k }) => k > 2).map(({ k }) => k),
    [3, 4],
  )
  assert.is(rows[5], undefined)
})

test('a group analysis comes back as it was written, read in pieces', async () => {
  const folder = memoryFolder()
  await writeGroups(folder, report, [])
  const back = await readGroups(folder, 'results')
  assert.equal(JSON.parse(JSON.stringify(back)), JSON.parse(JSON.stringify(report)))
})

test('the items of lists are taken out wherever the pieces end, and of the outermost object alone', () => {
  const text = JSON.stringify({ a: { list: [9] }, b: 'list', list: [1, { list: [2, ']'] }, 'x,"]', [[]], 'ä'], c: [3], more: [] })
  for (const size of [1, 2, 3, 7, 1000]) {
    const items: string[] = []
    const splitter = new JsonSplitter({ list: (item) => items.push(item), more: (item) => items.push(item) })
    const bytes = new TextEncoder().encode(text)
    const rest: number[] = []
    for (let at = 0; at < bytes.length; at += size) rest.push(...splitter.push(bytes.subarray(at, at + size)))
    assert.equal(
      items.map((item) => JSON.parse(item)),
      [1, { list: [2, ']'] }, 'x,"]', [[]], 'ä'],
    )
    assert.equal(JSON.parse(new TextDecoder().decode(Uint8Array.from(rest))), {
      a: { list: [9] },
      b: 'list',
      list: [],
      c: [3],
      more: [],
    })
  }
})

test('a group analysis that is none is refused, and said where', async () => {
  const refused = async (change: (text: string) => string): Promise<string> => {
    const folder = memoryFolder()
    await writeGroups(folder, report, [])
    const text = new TextDecoder().decode(folder.files.get(GROUPS)!)
    folder.files.set(GROUPS, new TextEncoder().encode(change(text)))
    return readGroups(folder, 'r').then(
      () => 'read',
      (error: unknown) => (error instanceof InputError ? error.message : Promise.reject(error)),
    )
  }
  assert.match(await refused((text) => text.replace('"depth":[{"model":', '"depth":[{"module":')), /depth\.0\.model/)
  assert.match(await refused((text) => text.replace('"models":[{"model":"', '"models":[{"module":"')), /models\.0\.model/)
  assert.match(await refused((text) => text.slice(0, text.length >> 1)), /is not JSON/)
  assert.match(await refused(() => '[]'), /is no group analysis/)
})

test('a group analysis of an earlier version is read, and what it lacks is unknown', async () => {
  const folder = memoryFolder()
  await writeGroups(folder, paired, [])
  const later: readonly string[] = [...shapeMetrics, 'zero_weights', 'dead_outputs', 'nearest_cosine', 'sphericity']
  const text = new TextDecoder().decode(folder.files.get(GROUPS)!)
  const written = JSON.parse(text) as Record<string, unknown>
  const older = JSON.parse(text, (key, value: unknown) => (later.includes(key) ? undefined : value)) as typeof written
  for (const list of ['comparisons', 'distributions', 'correlations'])
    older[list] = (older[list] as { metric: string }[]).filter(({ metric }) => !later.includes(metric))
  folder.files.set(GROUPS, new TextEncoder().encode(JSON.stringify(older)))
  const back = (await readGroups(folder, 'results'))!
  assert.ok(back.models.length > 0 && back.pairs.length > 0 && back.depth.length > 0 && back.pooled_depth.length > 0)
  for (const row of [...back.models, ...back.depth, ...back.pooled_depth]) {
    assert.is(row.symmetry, null)
    assert.is(row.zero_weights, null)
  }
  for (const { metrics } of back.pairs) assert.equal(metrics.symmetry, { a: null, b: null, difference: null })
  assert.equal(
    [...back.models].map(({ sparsity }) => sparsity),
    paired.models.map(({ sparsity }) => sparsity),
  )
  // It is shown as far as it goes.
  assert.ok(groupTables(back).some(({ name }) => name === 'pairs'))
  folder.files.set(GROUPS, new TextEncoder().encode(JSON.stringify(older).replaceAll('"sparsity":', '"sparse":')))
  const refusal = await readGroups(folder, 'results').then(() => 'read', String)
  assert.match(refusal, /groups\.json: is no group analysis.*sparsity.*run filterlens analyze --pairs again/)
})

test('very many inputs are described as a table', () => {
  const inputs = Array.from({ length: 2000 }, (_, k) => ({ path: `${k}.onnx`, bytes: 1, sha256: null, format: 'ONNX' }))
  const facts = { version: '1', moduleSha256: '0', command: 'c', finished: '2026-01-01T00:00:00Z', parameters: {} }
  const text = crateText({ ...facts, resultsSha256: '0', files: [{ path: 'models.arrow' }], license: 'https://x', inputs })
  assert.ok(text.length < 8000, `${text.length} characters`)
  assert.ok(text.includes('"name": "2000 inputs"'))
})

test.run()
