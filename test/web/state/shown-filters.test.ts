import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type FilterWish, MOST_AT_ONCE, missingParts, shownFilters } from '../../../src/web/state/shown-filters.ts'
import type { LayerDetail, LayerFacts } from '../../../src/web/tasks/protocol.ts'

const facts: LayerFacts = { limit: 0.01, strict: false, basis: null }

/** A layer whose filters have these norms; typicality falls with the index. */
function layerOf(norms: readonly number[], sortable = true): LayerDetail {
  const indices = norms.map((_, k) => k)
  const isSparse = (k: number): boolean => norms[k]! <= facts.limit
  return {
    filters: norms.length,
    taps: 9,
    norms: Float32Array.from(norms),
    byNorm: sortable ? Int32Array.from([...indices].sort((x, y) => norms[y]! - norms[x]! || x - y)) : null,
    byTypicality: sortable ? Int32Array.from([...indices.filter((k) => !isSparse(k)), ...indices.filter(isSparse)]) : null,
    most: [],
    least: [],
    coefficients: null,
  }
}

const wish = (of: Partial<FilterWish> = {}): FilterWish => ({ part: undefined, order: 'position', channel: 0, ...of })
const small = layerOf([0.5, 0, 0.9, 0.2, 0.005, 0.7])
const shown = (detail: LayerDetail, of: Partial<FilterWish>, inChannels = 2) => shownFilters(wish(of), detail, facts, inChannels)

test('a small layer is shown whole, as it is stored or sorted', () => {
  assert.is(shown(small, {}).part, 'all')
  assert.is(shown(small, {}).indices, null)
  assert.equal([...shown(small, { order: 'norm' }).indices!], [2, 5, 0, 3, 4, 1])
})

test('a channel, and the sparse ones, in the order asked for', () => {
  assert.equal([...shown(small, { part: 'channel', channel: 2 }).indices!], [4, 5])
  assert.equal([...shown(small, { part: 'channel', channel: 2, order: 'norm' }).indices!], [5, 4])
  assert.equal([...shown(small, { part: 'channel', channel: 99 }).indices!], [4, 5])
  assert.equal([...shown(small, { part: 'sparse' }).indices!], [1, 4])
  assert.match(shown(small, { part: 'sparse' }).sentence, /^The 2 filters close to zero, of 6$/)
})

test('a large layer begins with its extremes, each once; one that cannot be sorted with a channel', () => {
  const norms = Array.from({ length: MOST_AT_ONCE + 8 }, (_, k) => (k % 100 === 7 ? 0 : 0.1 + (k % 977) / 1000))
  const found = shown(layerOf(norms), {}, 8)
  assert.is(found.part, 'extremes')
  assert.is(found.filters, new Set(found.indices!).size)
  assert.ok(found.filters <= 96)
  assert.ok([...found.indices!].slice(0, 48).every((k) => norms[k]! > 1))
  assert.ok([...found.indices!].every((k) => norms[k]! > 0))
  assert.is(found.indices![48], norms.length - 1)
  const unsorted = layerOf(norms, false)
  assert.is(shown(unsorted, { part: 'extremes' }, 8).part, 'channel')
  assert.equal(missingParts(unsorted, facts), ['extremes'])
  assert.equal(missingParts(layerOf([1, 2]), facts), ['sparse'])
})

test.run()
