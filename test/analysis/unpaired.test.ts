import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chiSquaredTail } from '../../src/analysis/chi-squared.ts'
import { kruskalWallis } from '../../src/analysis/kruskal-wallis.ts'
import { mannWhitney, type RankTest } from '../../src/analysis/mann-whitney.ts'
import { sharedInstance } from '../../src/wasm/module.ts'

const { math } = sharedInstance()

function near(a: number, b: number, what: string): void {
  assert.ok(Math.abs(a - b) <= 1e-13 * Math.max(Math.abs(b), 1e-300), `${what}: ${a}, not ${b}`)
}

function tested(found: RankTest | { readonly because: string }): RankTest {
  if ('because' in found) throw new Error(found.because)
  return found
}

// scipy 1.17.1: scipy.stats.mannwhitneyu(second, first, method=…), kruskal, chi2.sf
test('Mann-Whitney U: exact without ties, else the corrected normal approximation', () => {
  const exact = tested(mannWhitney([1.1, 2.5, 3.7, 0.4], [2.6, 4.1, 5.5, 6.2, 3.9], math))
  assert.equal([exact.statistic, exact.method, exact.n], [19, 'exact', 9])
  near(exact.p, 0.031746031746031744, 'p')
  near(exact.effect, 0.9, 'effect')
  const tied = tested(mannWhitney([1, 2, 2, 3, 5], [2, 3, 4, 4, 6, 7], math))
  assert.equal([tied.statistic, tied.method], [23.5, 'normal approximation'])
  near(tied.p, 0.13862587987892763, 'p with ties')
  assert.is(tested(mannWhitney([2, 2, 3], [2, 3, 3, 2], math)).effect <= 1, true)
  assert.equal(mannWhitney([], [1], math), { because: 'a group has no value' })
  assert.equal(mannWhitney([1, 1], [1], math), { because: 'all values are the same' })
})

test('every choice of ranks counts once: the exact p against counting by hand', () => {
  for (const [n1, n2] of [
    [2, 3],
    [3, 3],
    [4, 2],
  ] as const) {
    const n = n1 + n2
    const sums: number[] = []
    for (let mask = 0; mask < 1 << n; mask++) {
      const chosen = Array.from({ length: n }, (_, k) => k).filter((k) => mask & (1 << k))
      if (chosen.length === n2) sums.push(chosen.reduce((sum, k) => sum + k + 1, 0) - (n2 * (n2 + 1)) / 2)
    }
    for (let mask = 0; mask < 1 << n; mask++) {
      const second = Array.from({ length: n }, (_, k) => k).filter((k) => mask & (1 << k))
      if (second.length !== n2) continue
      const first = Array.from({ length: n }, (_, k) => k).filter((k) => !(mask & (1 << k)))
      const { statistic, p } = tested(mannWhitney(first, second, math))
      const larger = Math.max(statistic, n1 * n2 - statistic)
      near(p, Math.min(1, (2 * sums.filter((u) => u >= larger).length) / sums.length), `${first} ${second}`)
    }
  }
})

test('Kruskal-Wallis H with and without ties, and what has none', () => {
  const plain = tested(
    kruskalWallis(
      [
        [1.2, 3.4, 2.2],
        [4.5, 5.1, 3.9, 6.0],
        [7.7, 6.5],
      ],
      math,
    ),
  )
  near(plain.statistic, 7.0, 'H')
  near(plain.p, 0.0301973834223185, 'p')
  const tied = tested(
    kruskalWallis(
      [
        [1, 2, 2],
        [2, 3, 3, 5],
        [4, 4, 1],
      ],
      math,
    ),
  )
  near(tied.statistic, 2.7246835443037978, 'H with ties')
  near(tied.p, 0.25606043909518983, 'p with ties')
  assert.equal(kruskalWallis([[1], [2], [3]], math), { because: 'no group has a second value' })
  assert.equal(kruskalWallis([[1, 1], [1], []], math), { because: 'all values are the same' })
  assert.equal(kruskalWallis([[1, 2], []], math), { because: 'fewer than two groups have a value' })
})

test('the chi-squared tail', () => {
  for (const [x, df, p] of [
    [0.3, 1, 0.583882420770365],
    [5.2, 1, 0.02258688816417965],
    [7.1, 2, 0.028724639654239426],
    [2.2, 3, 0.5319483712104882],
    [40.0, 12, 7.190884052842894e-5],
    [25.5, 11, 0.007697319689096208],
    [300.0, 44, 8.135114498695407e-40],
    [61.0, 44, 0.04555610138479487],
  ] as const)
    near(chiSquaredTail(x, df, math), p, `${x}, ${df}`)
  assert.is(chiSquaredTail(0, 3, math), 1)
})

test.run()
