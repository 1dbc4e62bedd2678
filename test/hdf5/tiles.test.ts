// How much of a data set is read, and how often, when it is read by range: with a library that hands out numbers by their place.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Hdf5Dataset } from '../../src/hdf5/protocol.ts'
import { KEPT_BYTES, tiledAccess } from '../../src/hdf5/tiles.ts'
import { InflatedCache } from '../../src/io/inflate.ts'

function dataset(shape: readonly number[], chunks: readonly number[] | null): Hdf5Dataset {
  return { kind: 'dataset', shape, chunks, type: { kind: 'float', bytes: 4 }, virtual: false, filters: [], attributes: {} }
}

/** Each element is its own place in the array; `unpacked` counts, for each chunk, how often it was. */
function library({ shape, chunks }: Hdf5Dataset) {
  const unpacked = new Map<string, number>()
  let largest = 0
  const box = async (_path: string, first: readonly number[], counts: readonly number[]): Promise<Uint8Array> => {
    const places = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1))
    const size = counts.reduce((product, n) => product * n, 1)
    largest = Math.max(largest, size * 4)
    const out = new Uint32Array(size)
    const fill = (axis: number, at: number, place: number): number => {
      for (let k = 0; k < counts[axis]!; k++) {
        const here = place + (first[axis]! + k) * places[axis]!
        if (axis + 1 < counts.length) at = fill(axis + 1, at, here)
        else out[at++] = here
      }
      return at
    }
    fill(0, 0, 0)
    const visit = (axis: number, key: string): void => {
      if (axis === shape.length) {
        unpacked.set(key, (unpacked.get(key) ?? 0) + 1)
        return
      }
      const step = chunks?.[axis] ?? 1
      for (let k = Math.floor(first[axis]! / step); k * step < first[axis]! + counts[axis]!; k++) visit(axis + 1, `${key} ${k}`)
    }
    if (chunks) visit(0, '')
    return new Uint8Array(out.buffer)
  }
  return { box, most: () => Math.max(...unpacked.values()), largest: () => largest }
}

test('any range of any shape in any chunks', async () => {
  for (const [shape, chunks] of [
    [[7], null],
    [[7], [3]],
    [[3, 3, 5, 4], null],
    [
      [3, 3, 5, 4],
      [2, 1, 2, 3],
    ],
    [
      [2, 700, 900],
      [2, 64, 900],
    ],
    [
      [1200, 1100],
      [7, 1100],
    ],
  ] as const) {
    const data = dataset(shape, chunks)
    const { box } = library(data)
    const access = tiledAccess({ path: '/w', name: 'w', dataset: data }, box, new InflatedCache(KEPT_BYTES))
    const elements = shape.reduce((product, n) => product * n, 1)
    const whole = new Uint8Array(Uint32Array.from({ length: elements }, (_, k) => k).buffer)
    for (const [from, to] of [
      [0, 1],
      [0.3, 0.7],
      [0.999, 1],
    ] as const) {
      const [begin, end] = [Math.floor(from * whole.length), Math.floor(to * whole.length)]
      assert.equal(await access.read(begin, end - begin), whole.slice(begin, end), `${shape} ${chunks} ${from}`)
    }
  }
})

test('a long first row is read in parts of it, each chunk once', async () => {
  const shape = [3, 1024, 2048] // (row, in, out): 25 MB, rows of 8 MB
  for (const chunks of [null, [1, 128, 256], [3, 64, 64]]) {
    const data = dataset(shape, chunks)
    const { box, most, largest } = library(data)
    const access = tiledAccess({ path: '/w', name: 'w', dataset: data }, box, new InflatedCache(KEPT_BYTES))
    assert.is(access.grid, undefined)
    for (let at = 0; at < access.byteLength; at += 1 << 20) await access.read(at, 1 << 20)
    assert.ok(largest() <= 4 << 20, `${largest()} bytes of ${chunks}`)
    if (chunks) assert.is(most(), 1, `chunks of ${chunks}`)
  }
})

test('what lies in chunks across more than is kept says so', () => {
  const shape = [3, 3, 4096, 8192]
  const chunks = [3, 3, 64, 64]
  const data = dataset(shape, chunks)
  const access = tiledAccess({ path: '/w', name: 'w', dataset: data }, library(data).box, new InflatedCache(KEPT_BYTES))
  assert.equal([access.grid?.shape, access.grid?.chunks], [shape, chunks])
})

test('all data sets of a file keep 64 MB together', async () => {
  const kept = new InflatedCache(KEPT_BYTES)
  let reads = 0
  const size = 4 << 20
  const read = async (): Promise<Uint8Array> => {
    reads++
    return new Uint8Array(1)
  }
  for (let k = 0; k < 40; k++) await kept.get(`${k}`, size, read)
  for (let k = 24; k < 40; k++) await kept.get(`${k}`, size, read)
  assert.is(reads, 40)
  await kept.get('23', size, read)
  assert.is(reads, 41)
  await kept.get('large', 1 << 27, read)
  await kept.get('large', 1 << 27, read)
  assert.is(reads, 42)
})

test.run()
