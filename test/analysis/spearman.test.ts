import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { averageRanks } from '../../src/analysis/ranks.ts'
import { spearman } from '../../src/analysis/spearman.ts'
import { studentTwoSided } from '../../src/analysis/student-t.ts'
import { fixture, relative } from './statistics-fixture.ts'

test('ranks share their average among ties', () => {
  assert.equal(averageRanks([3, 1, 3, 2, 3]), { ranks: new Float64Array([4, 1, 4, 2, 4]), ties: [3] })
  assert.equal(averageRanks([-0, 0]).ties, [2])
})

test("two-sided p of Student's t as scipy", () => {
  for (const { t2, df, p } of fixture.student) assert.ok(relative(studentTwoSided(t2, df), p) < 1e-12, `t² ${t2}, df ${df}`)
  assert.is(studentTwoSided(0, 5), 1)
  assert.is(studentTwoSided(Infinity, 5), 0)
})

test('rho and p as scipy, with and without ties', () => {
  assert.ok(fixture.spearman.length > 50)
  for (const { x, y, rho, p, p_exact } of fixture.spearman) {
    const result = spearman(x, y)
    if ('because' in result) throw new Error(result.because)
    assert.is(result.n, x.length)
    assert.ok(Math.abs(result.rho - rho) < 1e-14, `n ${x.length}: rho ${result.rho}, scipy ${rho}`)
    // At |rho| = 1 scipy's own rounding decides between 0 and 1e-16.
    if (Math.abs(rho) < 1 - 1e-12) assert.ok(relative(result.p, p) < 1e-11, `n ${x.length}: p ${result.p}, scipy ${p}`)
    else assert.is(result.p, 0)
    if (p_exact !== undefined) assert.ok(relative(result.p_exact!, p_exact) < 1e-12)
    assert.is(result.p_exact === null, x.length > 8)
  }
})

test('three models in order: the exact p is a third, whatever Student says', () => {
  assert.equal(spearman([1, 2, 3], [10, 20, 30]), { n: 3, rho: 1, p: 0, p_exact: 2 / 6 })
  assert.equal(spearman([1, 2, 3], [3, 2, 1]), { n: 3, rho: -1, p: 0, p_exact: 2 / 6 })
})

test('says why there is no correlation', () => {
  assert.equal(spearman([], []), { because: 'no model has both values; three are needed' })
  assert.equal(spearman([1, 2], [1, 2]), { because: 'only two models have both values; three are needed' })
  assert.equal(spearman([1, 2, 3], [0, 0, 0]), { because: 'all models have the same value' })
  assert.throws(() => spearman([1], [1, 2]), /1 values cannot be paired with 2/)
})

test.run()
