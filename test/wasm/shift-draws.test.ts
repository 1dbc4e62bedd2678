import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coefficientBins } from '../../src/analysis/coefficients.ts'
import { randomWords } from '../../src/shift/random.ts'
import { densities, distributionShift, zeroDensity } from '../../src/shift/shift.ts'
import { openInstance, sharedInstance } from '../../src/wasm/module.ts'

const range = [-1.5, 2] as const
const ratios = [0.4, 0.2, 0.15, 0.1, 0.05, 0.04, 0.03, 0.02, 0.01]
const scale = { ratios, width: (range[1] - range[0]) / coefficientBins, floor: zeroDensity }
const next = randomWords(5)

/** A row of `filters` counts per component in a hump of some bins; large ones in steps. */
function row(filters: number): Float64Array {
  const counts = new Float64Array(9 * coefficientBins)
  const step = Math.max(1, Math.floor(filters / 500))
  for (let c = 0; c < 9; c++)
    for (let f = 0; f < filters; f += step) {
      const bin = 5 + Math.floor(((next() + next()) / 2 ** 33) * (60 - 5 * c))
      counts[c * coefficientBins + bin]! += Math.min(step, filters - f)
    }
  return counts
}

function shiftOf(a: Float64Array, b: Float64Array): number {
  const made = [a, b].map((counts) => densities({ filters: 1, counts }, range, sharedInstance().math)!)
  return distributionShift(made[0]!, made[1]!, ratios).shift
}

const sum = (rows: readonly Float64Array[]): Float64Array =>
  rows.reduce((total, one) => total.map((count, k) => count + one[k]!), new Float64Array(9 * coefficientBins))

for (const [what, filters] of [
  ['16 bits', 300],
  ['32 bits', 40_000],
  ['logarithms beyond the table', 3_000_000],
] as const) {
  test(`draws are shifts of sums of rows: ${what}`, async () => {
    const wasm = await openInstance()
    const rows = [row(filters), row(filters / 2), row(filters), row(20)]
    const picks = { draws: 40, a: new Uint16Array(120), b: new Uint16Array(80) }
    for (const side of [picks.a, picks.b]) for (let k = 0; k < side.length; k++) side[k] = next() % 4
    const rest = { draws: 2, a: Uint16Array.of(0, 1, 3, 2), b: new Uint16Array(0) }
    const [drawn, left] = wasm.shiftsOfDraws(rows, scale, [picks, rest])
    for (let d = 0; d < 40; d++) {
      const [a, b] = [picks.a.subarray(3 * d, 3 * d + 3), picks.b.subarray(2 * d, 2 * d + 2)]
      const expected = shiftOf(sum([...a].map((r) => rows[r]!)), sum([...b].map((r) => rows[r]!)))
      assert.ok(Math.abs(drawn![d]! - expected) <= 1e-12 * Math.max(1, expected), `${drawn![d]} ${expected}`)
    }
    // Both are the same division, the sides turned.
    assert.is(left![0], left![1])
    assert.ok(Math.abs(left![0]! - shiftOf(sum(rows.slice(0, 2)), sum(rows.slice(2)))) < 1e-12)
  })
}

test('sums of more than 32 bits are halved, a side without counts has no shift', async () => {
  const wasm = await openInstance()
  const big = [row(900), row(900)].map((counts) => counts.map((count) => count * 2 ** 40))
  const picks = { draws: 1, a: Uint16Array.of(0), b: Uint16Array.of(1) }
  const [found] = wasm.shiftsOfDraws(big, scale, [picks])
  assert.ok(Math.abs(found![0]! - shiftOf(big[0]!, big[1]!)) < 1e-6)
  const [none] = wasm.shiftsOfDraws([row(10), new Float64Array(9 * coefficientBins)], scale, [picks])
  assert.ok(Number.isNaN(none![0]!))
})

test('divisions: half of the counts on average, of the variance of coins', async () => {
  const wasm = await openInstance()
  // One filled bin beside a single one on the other end: D tells how often that one count falls to either side.
  for (const share of [0.5, 0.3]) {
    const both = new Float64Array(9 * coefficientBins)
    for (let c = 0; c < 9; c++) both.set([5, 40, 3000], c * coefficientBins + 10)
    const shifts = wasm.shiftsOfDivisions(both, scale, { draws: 4000, share, seed: 3 })
    // E D of two multinomials over three bins is about (bins - 1)(1/n + 1/m) where no bin is empty, and more by those that are.
    const sorted = shifts.filter((value) => !Number.isNaN(value)).sort()
    assert.is(sorted.length, 4000)
    const [n, m] = [3045 * share, 3045 * (1 - share)]
    assert.ok(sorted[2000]! > 1.2 * (1 / n + 1 / m) && sorted[2000]! < 6 * (1 / n + 1 / m), `${sorted[2000]}`)
    assert.equal(wasm.shiftsOfDivisions(both, scale, { draws: 4000, share, seed: 3 }), shifts)
  }
})

test.run()
