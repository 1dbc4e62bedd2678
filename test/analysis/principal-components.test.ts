import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { principalComponents, whyNoBasis } from '../../src/shift/principal-components.ts'
import { randomWords } from '../../src/shift/random.ts'
import { emptyMoments, type Moments, mergeMoments } from '../../src/wasm/moments.ts'
import { fixture } from './statistics-fixture.ts'
import { randomMoments } from './synthetic.ts'

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((top, x, k) => Math.max(top, Math.abs(x - b[k]!)), 0)

test('the basis numpy finds, to rounding', () => {
  const { count, mean, scatter, components, explained_variance, explained_variance_ratio } = fixture.basis
  const found = principalComponents({ count, mean: Float64Array.from(mean), scatter: Float64Array.from(scatter) })
  assert.equal([...found.mean], mean)
  assert.is(found.components.length, 81)
  assert.ok(worst(found.components, components) < 1e-12)
  assert.ok(worst(found.explainedVariance, explained_variance) < 1e-13)
  assert.ok(worst(found.explainedVarianceRatio, explained_variance_ratio) < 1e-14)
})

test('components are orthonormal, fall in variance and point up', () => {
  const { components, explainedVariance, explainedVarianceRatio } = principalComponents(randomMoments(500, randomWords(3)))
  for (let a = 0; a < 9; a++) {
    const row = components.subarray(9 * a, 9 * a + 9)
    const top = row.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0)
    assert.ok(top > 0)
    if (a > 0) assert.ok(explainedVariance[a]! <= explainedVariance[a - 1]!)
    for (let b = 0; b < 9; b++) {
      const product = row.reduce((sum, x, k) => sum + x * components[9 * b + k]!, 0)
      assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-14)
    }
  }
  assert.ok(Math.abs(explainedVarianceRatio.reduce((sum, x) => sum + x, 0) - 1) < 1e-15)
})

test('other kernel sizes have bases too', () => {
  assert.is(principalComponents(randomMoments(100, randomWords(4), 25)).components.length, 625)
})

test('says why there is none', () => {
  assert.is(whyNoBasis(emptyMoments(9)), 'it has no non-sparse filter')
  assert.is(whyNoBasis({ ...emptyMoments(9), count: 1 }), 'it has one non-sparse filter; two are needed')
  assert.is(whyNoBasis({ ...emptyMoments(9), count: 5 }), 'its filters do not differ')
  assert.is(whyNoBasis(randomMoments(5, randomWords(5))), null)
  assert.throws(() => principalComponents(emptyMoments(9)), /no principal components: it has no non-sparse filter/)
})

/** Moments with a published PCA: scatter = (n - 1) · Σ variance · component componentᵀ. */
function momentsOf(pca: Published): Moments {
  const scatter = new Float64Array(81)
  for (let c = 0; c < 9; c++)
    for (let i = 0; i < 9; i++)
      for (let j = 0; j < 9; j++)
        scatter[i * 9 + j]! += (pca.n_samples - 1) * pca.explained_variance[c]! * pca.components[c]![i]! * pca.components[c]![j]!
  return { count: pca.n_samples, mean: Float64Array.from(pca.mean), scatter }
}

interface Published {
  n_samples: number
  mean: number[]
  components: number[][]
  explained_variance: number[]
  explained_variance_ratio: number[]
}

test('parts described only by their PCA merge to the PCA of the whole', () => {
  const next = randomWords(8)
  const parts = Array.from({ length: 30 }, (_, k) => randomMoments(100_000 * (k + 1), next))
  const asPublished = parts.map((part): Published => {
    const { mean, components, explainedVariance, explainedVarianceRatio } = principalComponents(part)
    return {
      n_samples: part.count,
      mean: [...mean],
      components: Array.from({ length: 9 }, (_, c) => [...components.subarray(9 * c, 9 * c + 9)]),
      explained_variance: [...explainedVariance],
      explained_variance_ratio: [...explainedVarianceRatio],
    }
  })
  const whole = principalComponents(mergeMoments(parts))
  const merged = principalComponents(mergeMoments(asPublished.map(momentsOf)))
  assert.ok(worst(merged.mean, whole.mean) < 1e-15)
  assert.ok(worst(merged.components, whole.components) < 1e-12)
  assert.ok(worst(merged.explainedVarianceRatio, whole.explainedVarianceRatio) < 1e-14)
})

// The authors' published PCA of 114 models and of their pools; its licence (CC BY-SA 4.0) keeps it out of this repository.
const sample = process.env['FILTERLENS_SAMPLE']
const reference = sample && `${sample}/pca_reference.json`
if (!reference || !existsSync(reference)) {
  console.log('skipped: published pools (set FILTERLENS_SAMPLE to the folder that holds pca_reference.json)')
} else {
  test('the published PCAs of 114 models merge to the published pools', () => {
    const published: Record<string, Published> = JSON.parse(readFileSync(reference, 'utf8'))
    const names = Object.keys(published).filter((name) => !['full', 'robust', 'normal'].includes(name))
    assert.is(names.length, 114)
    const isRobust = (name: string): boolean => name.startsWith('robustbench_')
    for (const [pool, members] of [
      ['full', names],
      ['robust', names.filter(isRobust)],
      ['normal', names.filter((name) => !isRobust(name))],
    ] as const) {
      const expected = published[pool]!
      const merged = mergeMoments(members.map((name) => momentsOf(published[name]!)))
      const found = principalComponents(merged)
      assert.is(merged.count, expected.n_samples)
      const flipped = expected.components.flatMap((row) => {
        const top = row.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0)
        return row.map((x) => (top < 0 ? -x : x))
      })
      const distances = [
        worst(found.mean, expected.mean),
        worst(found.components, flipped),
        worst(found.explainedVariance, expected.explained_variance),
        worst(found.explainedVarianceRatio, expected.explained_variance_ratio),
      ]
      console.log(
        `${pool}: ${merged.count} filters; mean, components, variance, ratio within ${distances.map((x) => x.toExponential(1)).join(', ')}`,
      )
      for (const distance of distances) assert.ok(distance < 1e-11)
    }
  })
}

test.run()
