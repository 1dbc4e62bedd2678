import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FiltersInMemory } from '../../src/measure/filters-in-memory.ts'
import { LayerPanels } from '../../src/measure/layer-panels.ts'
import { SEGMENT } from '../../src/measure/segments.ts'
import type { WasmInstance } from '../../src/wasm/module.ts'
import type { WeightReader } from '../../src/weights/reader.ts'

const wasm = {} as WasmInstance

/** A reader that notes what it is asked for, one narrowed weight a read. */
function noting(filters: number) {
  const reads: [address: number, from: number, count: number][] = []
  const read: WeightReader['read'] = async (_, address, _scratch, from, count) => {
    reads.push([address, from, count])
    return 1
  }
  return { reader: { filters, taps: 9, scratchBytes: 0, read } as WeightReader, reads }
}

test('what is held is read once, by whole segments, in reads of the batch size', async () => {
  const { reader, reads } = noting(3 * SEGMENT - 10)
  const filters = new FiltersInMemory(wasm, reader, {
    data: 1024,
    scratch: 0,
    whole: true,
    held: 3 * SEGMENT,
    batchSize: SEGMENT / 2,
  })
  assert.is(await filters.at(SEGMENT + 5, 10), 1024 + (SEGMENT + 5) * 36)
  const half = SEGMENT / 2
  assert.equal(reads.splice(0), [
    [1024 + SEGMENT * 36, SEGMENT, half],
    [1024 + (SEGMENT + half) * 36, SEGMENT + half, half],
  ])
  await filters.at(0, reader.filters)
  assert.equal(
    reads.splice(0).map(([, from, count]) => [from, count]),
    [
      [0, half],
      [half, half],
      [2 * SEGMENT, half],
      [2 * SEGMENT + half, half - 10],
    ],
  )
  await filters.at(7, SEGMENT)
  assert.equal(reads, [])
  assert.is(filters.narrowed, 6)
})

test('what is not held is read each time, to the same place', async () => {
  const { reader, reads } = noting(1000)
  const filters = new FiltersInMemory(wasm, reader, { data: 64, scratch: 0, whole: false, held: 100, batchSize: 10 })
  assert.equal([await filters.at(0, 100), await filters.at(100, 50), await filters.at(100, 50)], [64, 64, 64])
  assert.equal(reads, [
    [64, 0, 100],
    [64, 100, 50],
    [64, 100, 50],
  ])
})

test('of a scattered layer as many filters are read at a time as there is room for, where those behind are asked for next', async () => {
  const { reader, reads } = noting(1000)
  const scattered = new FiltersInMemory(
    wasm,
    { ...reader, isScattered: true },
    { data: 64, scratch: 0, whole: false, held: 300, batchSize: undefined },
  )
  assert.is(await scattered.at(0, 100), 64)
  assert.is(await scattered.at(100, 100, true), 64)
  assert.is(await scattered.at(250, 150, true), 64 + 150 * 36)
  assert.is(await scattered.at(400, 100, true), 64)
  assert.is(await scattered.at(900, 100, true), 64)
  assert.equal(
    reads.map(([, from, count]) => [from, count]),
    [
      [0, 100],
      [100, 300],
      [400, 300],
      [900, 100],
    ],
  )
})

test('a panel that is kept is packed once a precision; otherwise each time, in one of two places', async () => {
  const packed: [rows: number, place: number][] = []
  const packRows: WasmInstance['packRows'] = (address, rows, _length, place) => {
    packed.push([rows, place])
    return address
  }
  const rowsAt = async (from: number) => from
  const room = { out: 10, rows: 4, length: 9, packed: 1000, packedBytes: 100 }
  const kept = new LayerPanels({ packRows } as WasmInstance, rowsAt, { ...room, keeps: true })
  assert.equal(await kept.at(2, 0, 'single'), { address: 1200, count: 2, inverseSquares: 8 })
  await kept.at(2, 1, 'single')
  await kept.at(2, 1, 'double')
  assert.equal(packed.splice(0), [
    [2, 1200],
    [2, 1200],
  ])
  const anew = new LayerPanels({ packRows } as WasmInstance, rowsAt, { ...room, keeps: false })
  assert.is((await anew.at(0, 0, 'single')).address, 1000)
  assert.is((await anew.at(2, 1, 'single')).address, 1100)
  await anew.at(2, 1, 'single')
  assert.is(packed.length, 3)
})

test.run()
