import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openInstance } from '../../src/wasm/module.ts'
import { double, randomNumbers, worst } from './data.ts'

const wasm = await openInstance()

function load(values: ArrayLike<number>): number {
  const address = wasm.reserve(4 * values.length)
  wasm.f32(address, values.length).set(values)
  return address
}

function basisOf(t: number, seed: number) {
  return { mean: Float64Array.from(randomNumbers(t, seed)), components: Float64Array.from(randomNumbers(t * t, seed + 1)) }
}

/** Coefficients from their definition; null for a sparse filter. */
function coefficients(values: Float32Array, t: number, basis: ReturnType<typeof basisOf>) {
  return Array.from({ length: values.length / t }, (_, f) => {
    const row = [...values.subarray(f * t, f * t + t)]
    const top = row.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
    const centred = row.map((x, j) => (top === 0 ? 0 : x / top) - basis.mean[j]!)
    return {
      top,
      values: Array.from({ length: t }, (_, c) => centred.reduce((sum, x, j) => sum + x * basis.components[c * t + j]!, 0)),
    }
  })
}

const sizes = [
  [9, [1, 7, 8, 9, 255, 256, 257, 2000]],
  [25, [1, 300]],
  [2, [5, 513]],
  [121, [40]],
] as const

test('range of all filters, zeros included', () => {
  for (const [t, lengths] of sizes) {
    const basis = basisOf(t, t)
    for (const n of lengths) {
      const values = randomNumbers(n * t, n)
      values.fill(0, 0, n > 1 ? t : 0)
      const all = coefficients(values, t, basis)
      const { lowest, highest } = wasm.coefficientRange(load(values), n, t, basis)
      const of = (pick: (...x: number[]) => number) => Array.from({ length: t }, (_, c) => pick(...all.map((f) => f.values[c]!)))
      assert.ok(worst(lowest, of(Math.min)) < 1e-13, `${n} of ${t}`)
      assert.ok(worst(highest, of(Math.max)) < 1e-13, `${n} of ${t}`)
    }
  }
})

test('histograms of the filters that are not sparse: counts add up and lie where the coefficients lie', () => {
  for (const [t, lengths] of sizes) {
    const basis = basisOf(t, t)
    for (const n of lengths) {
      const values = randomNumbers(n * t, n + 5).map((x, k) => (Math.floor(k / t) % 3 ? x : x / 1000))
      const limit = 0.002
      const all = coefficients(values, t, basis).filter((f) => f.top > limit)
      const bins = 70
      const counts = new Float64Array(t * bins)
      const [low, high] = [-40, 40]
      // Twice: counts are added to.
      for (let k = 0; k < 2; k++) wasm.coefficientHistogram(load(values), n, t, basis, { low, high, limit }, counts)
      for (let c = 0; c < t; c++) {
        const wanted = new Float64Array(bins)
        for (const f of all) wanted[Math.floor(((f.values[c]! - low) / (high - low)) * bins)]! += 2
        assert.equal([...counts.subarray(c * bins, (c + 1) * bins)], [...wanted], `${n} of ${t}, component ${c}`)
      }
    }
  }
})

test('float32 answers nothing that double would answer otherwise: levels, edges, zeros, any size, any basis', () => {
  const n = 1500
  const t = 9
  const noise = randomNumbers(n * t, 41)
  const kinds: [string, (x: number, f: number) => number][] = [
    ['bell-shaped', (x) => x],
    ['two levels', (x) => (x < 0 ? -1 : 1)],
    ['four levels', (x) => Math.round(x * 2) / 2],
    ['ever larger', (x, f) => (f / n) * x],
    ['every third is zero', (x, f) => (f % 3 ? x : 0)],
    ['sizes of 1e-44 to 1e38', (x, f) => x * 10 ** ((f % 83) - 44)],
    ['all equal', () => 0.3],
  ]
  const short = { mean: new Float64Array(t), components: Float64Array.from(unit.components, (x) => x * 1e-12) }
  const long = { mean: new Float64Array(t).fill(1e5), components: Float64Array.from(unit.components, (x) => x * 1e12) }
  for (const [name, make] of kinds) {
    const values = noise.map((x, k) => make(x, Math.floor(k / t)))
    for (const basis of [basisOf(t, 3), unit, short, long]) {
      const all = Array.from({ length: n }, (_, f) => {
        const row = values.subarray(f * t, f * t + t)
        const top = row.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
        const reciprocal = top === 0 ? 0 : 1 / top
        return Array.from({ length: t }, (_, c) =>
          row.reduce((sum, x, j) => sum + (x * reciprocal - basis.mean[j]!) * basis.components[c * t + j]!, 0),
        )
      })
      const { lowest, highest } = wasm.coefficientRange(load(values), n, t, basis)
      for (let c = 0; c < t; c++) {
        assert.is(lowest[c]! + 0, all.reduce((m, row) => Math.min(m, row[c]!), Infinity) + 0, name)
        assert.is(highest[c]! + 0, all.reduce((m, row) => Math.max(m, row[c]!), -Infinity) + 0, name)
      }
      for (const bins of [1, 70, 1024]) {
        const low = Math.min(...lowest)
        const high = Math.max(...highest)
        for (const [from, to] of [
          [low, high],
          [low + (high - low) / 3, high - (high - low) / 7],
        ] as const) {
          const edges = wasm.binEdges(from, to, bins)
          const wanted = new Float64Array(t * bins)
          for (const row of all) {
            for (let c = 0; c < t; c++) {
              const x = row[c]!
              if (!(x >= edges[0]! && x <= edges[bins]!)) continue
              let bin = 0
              while (bin < bins - 1 && x >= edges[bin + 1]!) bin++
              wanted[c * bins + bin]!++
            }
          }
          const counts = new Float64Array(t * bins)
          wasm.coefficientHistogram(load(values), n, t, basis, { low: from, high: to, limit: -1 }, counts)
          assert.equal([...counts], [...wanted], `${name}, ${bins} bins`)
        }
      }
    }
  }
})

interface Golden {
  readonly filters: string
  readonly bins: number
  readonly low: string
  readonly high: string
  readonly counts: number[][]
  readonly edges: string[]
}

/** With the unit vectors as a basis and a largest weight of 1, coefficients are the weights themselves. */
const unit = {
  mean: new Float64Array(9),
  components: Float64Array.from({ length: 81 }, (_, k) => (k % 10 ? 0 : 1)),
}

test('counts and edges are those of numpy.histogram, values on edges and outside included', () => {
  const golden = JSON.parse(
    readFileSync(new URL('../fixtures/assembly/histograms.json', import.meta.url), 'utf8'),
  ) as readonly Golden[]
  for (const { filters, bins, low, high, counts, edges } of golden) {
    const bytes = Buffer.from(filters, 'base64')
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    const range = { low: double(low), high: double(high), limit: 0 }
    assert.equal([...wasm.binEdges(range.low, range.high, bins)], edges.map(double), 'edges')
    const found = new Float64Array(9 * bins)
    wasm.coefficientHistogram(load(values), values.length / 9, 9, unit, range, found)
    for (let c = 0; c < 9; c++) {
      assert.equal([...found.subarray(c * bins, (c + 1) * bins)], counts[c], `bins ${bins} of ${range.low} to ${range.high}`)
    }
  }
})

test('where edges are too close for the quotient, the edges decide', () => {
  const low = 0.5
  const high = 0.5 + 64 * 2 ** -53
  const values = new Float32Array(9 * 12)
  for (let f = 0; f < 12; f++) values.set([1, 0.5, 0.5, 0.25, 0.5000001, 0.5, 0.5, 0.5, 0.5], 9 * f)
  const counts = new Float64Array(9 * 70)
  wasm.coefficientHistogram(load(values), 12, 9, unit, { low, high, limit: 0 }, counts)
  assert.is(counts[70], 12) // 0.5 is the first edge
  assert.is(
    counts.subarray(0, 70).reduce((a, b) => a + b, 0),
    0,
  )
  assert.is(
    counts.reduce((a, b) => a + b, 0),
    6 * 12,
  )
})

test('counts of another shape than taps × bins are refused', () => {
  const range = { low: 0, high: 1, limit: 0 }
  for (const length of [0, 10, 9 * 1025]) {
    assert.throws(() => wasm.coefficientHistogram(load([0]), 0, 9, unit, range, new Float64Array(length)), RangeError)
  }
})

test.run()
