import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { palette } from '../../../src/web/grid/colours.ts'
import { cellBox, drawGrid, type GridData } from '../../../src/web/grid/draw.ts'
import { openTiles } from '../../../src/web/grid/tile-cache.ts'
import { arrange, cellAt, centre, fit, pan, zoom } from '../../../src/web/grid/view.ts'

const area = { width: 800, height: 400 }

test('filters are arranged by output channel where that gives a sensible shape', () => {
  assert.equal(arrange(1024 * 1024, 1024, area, true), { columns: 1024, rows: 1024 })
  assert.equal(arrange(64 * 3, 3, area, true).columns % 3, 0)
  assert.equal(arrange(512, 512, area, true).columns, 32) // one output channel: wrapped
  assert.equal(arrange(1, 1, area, true), { columns: 1, rows: 1 })
})

test('zooming keeps the point under the pointer, within the whole grid and one filter', () => {
  const extent = arrange(1e6, 1000, area, true)
  const start = fit(extent, area, 1)
  const at = { x: 430, y: 210 }
  const before = cellAt(start, extent, 1e6, at)
  const near = zoom(start, 8, at, extent, area, 1)
  assert.is(cellAt(near, extent, 1e6, at), before)
  assert.is(zoom(near, 1e9, at, extent, area, 1).size, 360)
  assert.ok(Math.abs(zoom(near, 1e-9, at, extent, area, 1).size - start.size) < 1e-9)
})

test('panning never loses the grid, and a cell can be put in the middle', () => {
  const extent = arrange(1e6, 1000, area, true)
  const near = zoom(fit(extent, area, 1), 100, { x: 400, y: 200 }, extent, area, 1)
  const far = pan(near, 1e9, -1e9, extent, area)
  assert.ok(far.x <= area.width / 2 && far.y >= area.height / 2 - far.size * extent.rows)
  const cell = 123_456
  assert.is(cellAt(centre(near, cell, extent, area), extent, 1e6, { x: 400, y: 200 }), cell)
  assert.is(cellAt(near, extent, 10, { x: 400, y: 200 }), -1)
})

const data: GridData = {
  filters: 2,
  kernelRows: 3,
  kernelColumns: 3,
  norms: Float32Array.of(1, 0.005),
  order: null,
  peak: 1,
  limit: 0.01,
  scale: 'layer',
}
const colours = palette('light')
const weights = Float32Array.of(1, 0, -1, 0, 0, 0, 0, 0, 0, ...new Array(9).fill(0.005))

/** Draws both filters side by side, 30 pixels each. */
function draw(given: GridData, tile: Float32Array | undefined): { at(x: number, y: number): number; missing: number[] } {
  const size = { width: 60, height: 30 }
  const pixels = new Uint32Array(60 * 30)
  const tiles = { tileSize: 16, get: () => tile }
  const missing = drawGrid(pixels, size, { x: 0, y: 0, size: 30 }, { columns: 2, rows: 1 }, given, tiles, colours)
  return { at: (x, y) => pixels[y * 60 + x]!, missing }
}

test('taps have their colours, gaps the paper, sparse filters a hatch', () => {
  const { at, missing } = draw(data, weights)
  assert.equal(missing, [])
  assert.is(at(2, 2), colours.diverging[511])
  assert.is(at(23, 2), colours.diverging[0])
  assert.is(at(13, 13), colours.diverging[255])
  assert.is(at(29, 5), colours.paper) // the gap after a filter
  const sparse = new Set(Array.from({ length: 20 }, (_, k) => at(33 + k, 10)))
  assert.ok(sparse.has(colours.hatch))
  assert.is(draw({ ...data, scale: 'filter', limit: 0 }, weights).at(33, 3), colours.diverging[511])
})

test('a tile that is not at hand is asked for, and filters are in the order given', () => {
  assert.equal(draw(data, undefined).missing, [0])
  const { at } = draw(
    { ...data, order: Int32Array.of(1, 0) },
    Float32Array.from([...weights.subarray(9), ...weights.subarray(0, 9)]),
  )
  assert.is(at(32, 2), colours.diverging[511])
  assert.equal(cellBox({ x: 0, y: 0, size: 30 }, { columns: 2, rows: 1 }, 1), { x: 30, y: 0, side: 27 })
})

test('tiles are fetched once, a failed one again', async () => {
  const asked: number[] = []
  let fail = true
  let came = 0
  const tiles = openTiles(
    16,
    async (tile) => {
      asked.push(tile)
      if (tile === 7 && fail) throw new Error('gone')
      return Float32Array.of(tile)
    },
    () => came++,
  )
  tiles.want([1, 7, 1])
  tiles.want([1, 7])
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(asked, [1, 7])
  assert.is(came, 1)
  assert.equal(tiles.get(1), Float32Array.of(1))
  fail = false
  tiles.want([1, 7])
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(asked, [1, 7, 7])
  tiles.drop()
  assert.is(tiles.get(1), undefined)
})

test.run()
