import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nextOrder, sorted, sortOrder } from '../../../src/web/state/sorting.ts'

test('a head is clicked: rising, falling, and the own order again', () => {
  let order = ''
  const seen = [0, 1, 2, 3].map(() => (order = nextOrder(order, 'sparsity')))
  assert.equal(seen, ['sparsity', '-sparsity', '', 'sparsity'])
  assert.is(nextOrder('-sparsity', 'name'), 'name')
  assert.is(nextOrder('', 'flags', true), '-flags')
  assert.is(nextOrder('-flags', 'flags', true), 'flags')
  assert.equal(sortOrder('-name'), { key: 'name', falling: true })
  assert.equal(sortOrder(undefined), { key: '', falling: false })
})

test('rows without a value come last in both orders, and equal rows stay as they were', () => {
  const rows = [
    { id: 1, value: 0.5 },
    { id: 2, value: null },
    { id: 3, value: 0.1 },
    { id: 4, value: 0.5 },
  ]
  const ids = (falling: boolean) => sorted(rows, falling, ({ value }) => value).map(({ id }) => id)
  assert.equal(ids(false), [3, 1, 4, 2])
  assert.equal(ids(true), [1, 4, 3, 2])
  assert.equal(
    sorted(['b', 'a', 'c'], true, (text) => text),
    ['c', 'b', 'a'],
  )
})

test.run()
