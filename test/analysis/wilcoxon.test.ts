import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { erfc } from '../../src/analysis/erfc.ts'
import { signedRank } from '../../src/analysis/wilcoxon.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { fixture, relative } from './statistics-fixture.ts'

const { math } = sharedInstance()

test('as scipy: exact, with ties, with zeros, few and many', () => {
  assert.ok(fixture.wilcoxon.length > 70)
  const methods = new Set<string>()
  for (const { d, method, smaller, p, effect } of fixture.wilcoxon) {
    const result = signedRank(d, math)
    if ('because' in result) throw new Error(result.because)
    methods.add(result.method)
    assert.is(result.method, method)
    assert.is(Math.min(result.w_plus, result.w_minus), smaller)
    assert.is(result.n + result.zeros, d.length)
    assert.ok(relative(result.p, p) < 1e-12, `n ${d.length} ${method}: p ${result.p}, scipy ${p}`)
    assert.ok(Math.abs(result.effect - effect) < 1e-15)
  }
  assert.is(methods.size, 2)
})

test('six pairs, all up: 2 of 64 sign patterns', () => {
  assert.equal(signedRank([1, 2, 3, 4, 5, 6], math), {
    n: 6,
    zeros: 0,
    w_plus: 21,
    w_minus: 0,
    p: 2 / 64,
    p_least: 2 / 64,
    method: 'exact',
    effect: 1,
  })
})

test('turning all differences round turns the effect and keeps p', () => {
  for (const { d } of fixture.wilcoxon) {
    const there = signedRank(d, math)
    const back = signedRank(
      d.map((x) => -x),
      math,
    )
    if ('because' in there || 'because' in back) throw new Error('no test')
    assert.is(back.p, there.p)
    assert.is(back.effect + there.effect, 0)
  }
})

test('says why there is no test', () => {
  assert.equal(signedRank([], math), { because: 'no pair has both values' })
  assert.equal(signedRank([0, 0], math), { because: 'all differences are 0' })
})

test('erfc to 1e-15 of its value', () => {
  for (const [x, expected] of [
    [0, 1],
    [0.3, 0.6713732405408726],
    [0.99, 0.16149193044463017],
    [1.01, 0.15318950377172333],
    [2, 0.004677734981047266],
    [5, 1.5374597944280347e-12],
    [12, 1.3562611692059043e-64],
    [26, 5.663192408856145e-296],
    [28, 0],
  ] as const)
    assert.ok(Math.abs(erfc(x, math) - expected) <= 1.5e-15 * expected, `erfc(${x}) = ${erfc(x, math)}`)
})

test.run()
