import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rowsOnDemand } from '../../src/analysis/rows-on-demand.ts'
import { extremes, MOST_LISTED } from '../../src/report/long-lists.ts'

const made = (k: number) => ({ k, value: k % 7 === 0 ? null : (k * 37) % 5003 })
const by = ({ value }: { readonly value: number | null }): number | null => value

test('of a long list both ends are shown, also where its rows are made each time they are asked for', () => {
  const length = 4000
  const rows = Array.from({ length }, (_, k) => made(k))
  const ranked = rows.filter(({ value }) => value !== null).sort((p, q) => p.value! - q.value!)
  const ends = [...ranked.slice(0, 10), ...ranked.slice(-10)].sort((p, q) => p.k - q.k)
  assert.equal(extremes(rows, [by], 10), ends)
  assert.equal(extremes(rowsOnDemand(length, made), [by], 10), ends)
})

test('a short list is shown whole', () => {
  const rows = Array.from({ length: MOST_LISTED }, (_, k) => made(k))
  assert.is(extremes(rows, [by], 10), rows)
})

test.run()
