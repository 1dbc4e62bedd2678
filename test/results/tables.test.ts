import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { shapeMetrics } from '../../src/measure/metrics/registry.ts'
import type { Analysis } from '../../src/measure/model-row.ts'
import { csvLines, layersCsv, modelsCsv } from '../../src/results/csv.ts'
import { layerTableBytes, layerTableWriter, tableFiles, writeTables } from '../../src/results/tables.ts'
import { readLayerTable, readResults } from '../../src/results/tables-read.ts'
import { memoryFolder, someModels } from '../measure/models.ts'

const measured = await analyze(someModels(), { kernel: 'all' })
const analysis: Analysis = {
  ...measured,
  models: measured.models.map((row, k) => ({
    ...row,
    meta: { Robust: k === 0, clean_acc: k === 0 ? 93.5 : null, file: `note ${k}`, mixed: k === 0 ? 1 : 'one' },
  })),
  failed: [{ file: 'x.onnx', problem: 'is cut short' }],
  warnings: ['a warning'],
}

test('results come back as they were, from the tables alone', async () => {
  const folder = memoryFolder()
  await writeTables(folder, analysis)
  const back = await readResults(folder, 'results')
  assert.equal(back.layers, analysis.layers)
  assert.equal(back.skipped, analysis.skipped)
  assert.equal(
    [back.version, back.parameters, back.failed, back.warnings],
    [analysis.version, analysis.parameters, analysis.failed, analysis.warnings],
  )
  assert.equal(
    back.models.map(({ meta }) => meta),
    [
      { Robust: true, clean_acc: 93.5, file: 'note 0', mixed: '1' },
      { Robust: false, clean_acc: null, file: 'note 1', mixed: 'one' },
    ],
  )
  assert.equal(
    back.models.map(({ meta: _, ...row }) => row),
    analysis.models.map(({ meta: _, ...row }) => row),
  )
})

test('writing row by row gives the same bytes, over several batches', async () => {
  const many = { ...analysis, layers: Array.from({ length: 300 }, () => analysis.layers).flat() }
  const folder = memoryFolder()
  const writer = layerTableWriter(await folder.create('layers.arrow'), many.version, many.parameters)
  for (const row of many.layers) await writer.write(row)
  await writer.commit()
  const bytes = folder.files.get('layers.arrow')!
  assert.equal(bytes, layerTableBytes(many))
  assert.ok(tableFromIPC(bytes).batches.length > 1)
})

test('an undefined metric is an Arrow null, and the row says why', async () => {
  const table = tableFromIPC(layerTableBytes(analysis))
  const row = table.toArray().find((r) => r.layer === 'zero.weight')!
  assert.is(row.variance_entropy, null)
  assert.is(JSON.parse(row.undefined_because).variance_entropy, 'no non-sparse filters')
  assert.is(table.schema.metadata.get('filterlens.kind'), 'results.layers')
})

test('why a layer is flagged is a column: JSON, or null; a table without it gets what follows from its other columns', async () => {
  const flagged = analysis.layers.filter(({ flags }) => Object.keys(flags).length > 0)
  assert.ok(flagged.length > 0 && flagged.length < analysis.layers.length)
  const table = tableFromIPC(layerTableBytes(analysis))
  assert.equal(
    table.toArray().map((row) => (row.flags === null ? {} : JSON.parse(row.flags))),
    analysis.layers.map(({ flags }) => flags),
  )
  // Flags and the shape of the filters follow from the rest of a row.
  const later: readonly unknown[] = ['flags', ...shapeMetrics]
  const older = tableToIPC(table.select(table.schema.names.filter((name) => !later.includes(name))), 'file')
  assert.equal(await readLayerTable(memoryAccess('layers.arrow', older)), analysis.layers)
})

test('a missing table, a table of another kind and cut tables are refused', async () => {
  const attempt = async (change: (files: Map<string, Uint8Array>) => void, pattern: RegExp): Promise<void> => {
    const folder = memoryFolder()
    await writeTables(folder, analysis)
    change(folder.files)
    let message = 'accepted'
    await readResults(folder, 'results').catch((error: unknown) => {
      assert.instance(error, InputError)
      message = (error as Error).message
    })
    assert.match(message, pattern)
  }
  await attempt((files) => files.delete(tableFiles.models), /results: has no models\.arrow/)
  await attempt((files) => files.set(tableFiles.layers, files.get(tableFiles.models)!), /not results\.layers/)
  await attempt((files) => files.set(tableFiles.layers, files.get(tableFiles.layers)!.subarray(0, 900)), /cut short or damaged/)
  await attempt(
    (files) => files.set(tableFiles.layers, new TextEncoder().encode('hello, this is text')),
    /is not an Arrow IPC file/,
  )
})

test('CSV: one line a row, empty cells for nulls, quotes, and no formulas', () => {
  const lines = [...layersCsv(analysis.layers)]
  assert.is(lines.length, analysis.layers.length + 1)
  assert.match(lines[0]!, /^model,layer,layer_id,kernel,.*,undefined_because,flags\r\n$/)
  const zero = lines.find((line) => line.includes('zero.weight'))!
  assert.match(zero, /,,.*variance_entropy: no non-sparse filters;/)
  assert.match([...modelsCsv(analysis.models)][0]!, /overlap_over_chance,sphericity,Robust,clean_acc,file,mixed\r\n$/)
  assert.is(
    [
      ...csvLines(
        ['a', 'b'],
        [
          ['=1+1', 'say "hi", twice'],
          ['-x', -1],
          ['@x', null],
          ['a\nb', true],
        ],
      ),
    ].join(''),
    'a,b\r\n\'=1+1,"say ""hi"", twice"\r\n\'-x,-1\r\n\'@x,\r\n"a\nb",true\r\n',
  )
})

test.run()
