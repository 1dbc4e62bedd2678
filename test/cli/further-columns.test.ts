import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { furtherColumns } from '../../src/cli/further-columns.ts'

const row = { centre_share: 0.25, frequency: 0.4, symmetry: null, zero_weights: 0, dead_outputs: 0 }
const titles = (rows: (typeof row)[], width: number): string[] => furtherColumns(rows, width).columns.map(({ title }) => title)

test('shape stands in a wide list of layers, and no measure that no layer has', () => {
  assert.equal(titles([row], 120), ['centre share', 'frequency'])
  assert.equal(titles([row], 119), [])
  assert.equal(titles([row], Number.POSITIVE_INFINITY), [])
})

test('zero weights and dead outputs are shown where they are not 0', () => {
  const pruned = { ...row, zero_weights: 1234 }
  assert.equal(titles([row, pruned], 120), ['centre share', 'frequency', 'zeros'])
  const { cells } = furtherColumns([row, pruned], 120)
  assert.equal(
    [cells(row), cells(pruned)],
    [
      ['0.250', '0.400', ''],
      ['0.250', '0.400', '1,234'],
    ],
  )
})

test.run()
