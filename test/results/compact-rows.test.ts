import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CompactRows } from '../../src/results/compact-rows.ts'

test('rows of JSON come back as they were, whatever their members', () => {
  const rows: object[] = Array.from({ length: 3000 }, (_, k) => ({
    model: `model ${k % 7}`,
    value: k % 3 === 0 ? null : k / 7,
    isRobust: k % 2 === 0,
    metrics: { a: { b: -0.5 * k }, none: null },
    chance: k % 5 === 0 ? null : { interval: [k, k + 1], p: 0.5 },
    meta: { __proto__x: k, 'Ä "quoted"': k % 11 === 0 ? 1 : 'text' },
  }))
  rows.push({}, { model: 1 }, { model: { model: null } }, { list: [] }, { list: [[1], {}] })
  const compact = new CompactRows<object>()
  for (const row of rows) compact.add(row)
  assert.is(JSON.stringify(compact.rows()), JSON.stringify(rows))
})

test('rows of very many kinds are kept too', () => {
  const rows = Array.from({ length: 200 }, (_, k) => ({ [`member ${k % 100}`]: k }))
  const compact = new CompactRows<object>()
  for (const row of rows) compact.add(row)
  assert.equal([...compact.rows()], rows)
})

test.run()
