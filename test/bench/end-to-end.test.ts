import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fitLine } from '../../bench/end-to-end-rounds.ts'

const program = join(import.meta.dirname, '../../bench/end-to-end.js')

/** Cells of the table's rows. */
function tables(output: string): string[][][] {
  const all: string[][][] = []
  for (const line of output.split('\n')) {
    if (line.startsWith('┌')) all.push([])
    if (line.startsWith('│'))
      all.at(-1)!.push(
        line
          .split('│')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
  }
  return all
}

test('the bench runs small, fills every cell, and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
  try {
    const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder }
    const output = execFileSync(process.execPath, [program, '--filters', '16384', '--rounds', '1'], { encoding: 'utf8', env })
    const [pass, growth, layers, formats, ...more] = tables(output)
    assert.is(more.length, 0)
    assert.ok(pass!.some(([name]) => name === 'plain read'))
    assert.ok(pass!.some(([name]) => name === 'filterlens, everything, 1 worker'))
    assert.is(growth!.length, 3)
    assert.equal(
      layers!.slice(1).map(([count]) => count),
      ['1', '1', '16'],
    )
    assert.equal(
      formats!.slice(1).map(([name]) => name),
      ['safetensors', 'ONNX', 'PyTorch', 'dataset.h5, float64', 'dataset.h5, float32', 'filter database'],
    )
    for (const table of [pass, growth, layers, formats])
      for (const row of table!.slice(1))
        for (const cell of row.slice(1)) assert.match(cell, /^-?\d[\d,]*(\.\d+)?( %)?$/, row.join(' | '))
    assert.match(output, /processor time = -?[\d.]+ s \+ [-\d.]+ ns a filter/)
    assert.match(output, /1 worker: [-\d.]+ µs of processor time a layer/)
    assert.equal(readdirSync(folder), [])
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true })
  }
})

test('a line through points that lie on one', () => {
  const { a, b, errors } = fitLine([1, 10, 1000].map((x) => [x, 3 + 2 * x] as const))
  assert.ok(Math.abs(a - 3) < 1e-9 && Math.abs(b - 2) < 1e-9)
  assert.ok(errors.every((error) => Math.abs(error) < 1e-9))
})

test.run()
