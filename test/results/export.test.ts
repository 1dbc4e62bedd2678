import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { exportFormats, exportTable } from '../../src/results/export-formats.ts'
import { groupTables } from '../../src/results/export-groups.ts'
import { runTables } from '../../src/results/export-run.ts'
import type { ExportTable } from '../../src/results/export-table.ts'
import { modelRow, syntheticAnalysis, syntheticCoefficients } from '../analysis/synthetic.ts'

const models = ['n1', 'n2', 'r1', 'r2', 'r3'].map((name, k) =>
  modelRow(name, {
    Robust: name.startsWith('r'),
    'Clean Accuracy': 80.5 + k,
    'Training-Dataset': 'cifar10',
    Note: k === 1 ? 'a "b", c\nd' : null,
  }),
)
const analysis = {
  ...syntheticAnalysis(models, 6),
  skipped: [{ model: 'n1', name: 'stem', kind: 'Conv', shape: [64, 3, 7, 7], reason: '7×7' }],
}
const pairs = [
  { a: 'n1', b: 'r1', architecture: null, dataset: null },
  { a: 'n1', b: 'r2', architecture: null, dataset: null },
  { a: 'n2', b: 'r3', architecture: null, dataset: null },
]
const report = groupAnalysis({ analysis, pairs, coefficients: syntheticCoefficients(analysis) })
const tables = [...runTables(analysis), ...groupTables(report)]

/** A table's rows as plain values, a list as an array. */
function rowsOf({ columns }: ExportTable): unknown[][] {
  return Array.from({ length: columns[0]!.values.length }, (_, k) =>
    columns.map((column) => (column.type === 'float64_list' ? [...column.values[k]!] : column.values[k]!)),
  )
}

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (value === undefined) return null
  if (value !== null && typeof value === 'object') {
    const items = 'items' in value ? (value.items as unknown[]) : Array.from(value as Iterable<unknown>)
    return Array.from(items, plain)
  }
  return value
}

test('every table has rows to test with, and columns of one length', () => {
  assert.is(tables.length, 14)
  assert.is(new Set(tables.map(({ name }) => name)).size, 14)
  for (const { name, columns } of tables) {
    assert.ok(columns[0]!.values.length > 0, name)
    assert.is(new Set(columns.map(({ values }) => values.length)).size, 1, name)
    assert.is(new Set(columns.map((column) => column.name)).size, columns.length, name)
  }
})

test('DuckDB reads the Parquet files: same types, same bits, same nulls', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-export-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const types: Record<string, string> = {
      utf8: 'VARCHAR',
      int32: 'INTEGER',
      int64: 'BIGINT',
      float64: 'DOUBLE',
      bool: 'BOOLEAN',
      float64_list: 'DOUBLE[]',
    }
    for (const table of tables) {
      const path = join(folder, `${table.name}.parquet`)
      writeFileSync(path, exportTable(table, 'parquet'))
      const described = await connection.runAndReadAll(`describe select * from '${path}'`)
      assert.equal(
        described.getRows().map((row) => [row[0], row[1]]),
        table.columns.map(({ name, type }) => [name, types[type]]),
      )
      const rows = (await connection.runAndReadAll(`select * from '${path}'`)).getRows().map((row) => row.map(plain))
      assert.equal(rows, rowsOf(table), table.name)
    }
    const mean = await connection.runAndReadAll(
      `select avg(sparsity_difference) from '${join(folder, 'pairs.parquet')}' join '${join(folder, 'models.parquet')}' on a = model`,
    )
    const expected = report.pairs.reduce((sum, pair) => sum + pair.metrics.sparsity.difference!, 0) / 3
    assert.ok(Math.abs((mean.getRows()[0]![0] as number) - expected) < 1e-15)
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
})

test('DuckDB reads the CSV files: same numbers to the last bit, nulls where cells are empty', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-export-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const types: Record<string, string> = {
      utf8: 'VARCHAR',
      int32: 'INTEGER',
      int64: 'BIGINT',
      float64: 'DOUBLE',
      bool: 'BOOLEAN',
      float64_list: 'DOUBLE[]',
    }
    for (const table of tables) {
      const path = join(folder, `${table.name}.csv`)
      writeFileSync(path, exportTable(table, 'csv'))
      const columns = table.columns.map(({ name, type }) => `'${name}': '${types[type]}'`).join(', ')
      const found = await connection.runAndReadAll(
        `select * from read_csv('${path}', columns = {${columns}}, header = true, new_line = '\\r\\n')`,
      )
      assert.equal(
        found.getRows().map((row) => row.map(plain)),
        rowsOf(table),
        table.name,
      )
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
})

test('apache-arrow reads the Arrow files, with what made them in the metadata', () => {
  for (const table of tables) {
    const read = tableFromIPC(exportTable(table, 'arrow'))
    assert.equal(
      read.schema.fields.map(({ name }) => name),
      table.columns.map(({ name }) => name),
    )
    const rows = Array.from({ length: read.numRows }, (_, k) => table.columns.map((_c, c) => plain(read.getChildAt(c)!.get(k))))
    assert.equal(rows, rowsOf(table), table.name)
    assert.is(read.schema.metadata.get('filterlens.version'), '0.0.0')
  }
})

test('equal tables have equal bytes in every format', () => {
  const again = [
    ...runTables(analysis),
    ...groupTables(groupAnalysis({ analysis, pairs, coefficients: syntheticCoefficients(analysis) })),
  ]
  for (const format of exportFormats) {
    for (const [k, table] of tables.entries())
      assert.is(Buffer.compare(exportTable(table, format), exportTable(again[k]!, format)), 0)
  }
})

test('a table without rows keeps its columns', async () => {
  const empty = groupTables(groupAnalysis({ analysis })).find(({ name }) => name === 'shift')!
  assert.is(empty.columns[0]!.values.length, 0)
  assert.is(tableFromIPC(exportTable(empty, 'arrow')).schema.fields.length, 18)
  assert.is(
    Buffer.from(exportTable(empty, 'csv')).toString(),
    'dataset,counting,bucket,filters_a,filters_b,shift,components,chance_median,chance_high,excess,excess_low,excess_high,p,p_holm,family,unit,units,because\r\n',
  )
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-export-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    writeFileSync(join(folder, 'empty.parquet'), exportTable(empty, 'parquet'))
    const found = await connection.runAndReadAll(`select count(*), count(shift) from '${join(folder, 'empty.parquet')}'`)
    assert.equal(found.getRows(), [[0n, 0n]])
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
})

test.run()
