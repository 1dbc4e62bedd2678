// What the numbers of any tensor are like: in one pass, in pieces, whatever their type and order in the file.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { type TensorStatistics, tensorStatistics } from '../../src/measure/tensor-statistics.ts'
import type { FileTensor } from '../../src/sources/source.ts'
import { elementsOf, type TensorPlace } from '../../src/weights/elements.ts'

type Place = Omit<TensorPlace, 'access' | 'offset'> & { readonly numbers: ArrayBufferView }

const tensor = ({ numbers, ...place }: Place): FileTensor => ({
  name: 'x',
  shape: place.shape,
  type: place.dtype,
  elements: async () => {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    return elementsOf({ access: memoryAccess('x.bin', bytes), offset: 0, ...place })
  },
})

const statistics = async (place: Place): Promise<TensorStatistics> => {
  const found = await tensorStatistics(tensor(place))
  if (typeof found === 'string') throw new Error(found)
  return found
}

test('count, least, most, mean, deviation and zeros of finite numbers; NaN and infinities are counted apart', async () => {
  const numbers = Float32Array.of(4, -1, 0, Number.NaN, 2, Number.POSITIVE_INFINITY, -0)
  const { deviation, ...rest } = await statistics({ numbers, dtype: 'float32', shape: [7] })
  assert.equal(rest, { values: 7, least: -1, most: 4, mean: 1, zeros: 2, non_finite: 2 })
  assert.ok(Math.abs(deviation! - Math.sqrt(3.2)) < 1e-14)
})

test('numbers far from zero that hardly differ: the deviation is not lost, and a constant has none', async () => {
  const near = Float64Array.of(1e9, 1e9 + 1, 1e9 + 2)
  const { mean, deviation } = await statistics({ numbers: near, dtype: 'float64', shape: [3] })
  assert.is(mean, 1e9 + 1)
  assert.ok(Math.abs(deviation! - Math.sqrt(2 / 3)) < 1e-12)
  const same = new Float32Array(1000).fill(0.1)
  assert.is((await statistics({ numbers: same, dtype: 'float32', shape: [10, 100] })).deviation, 0)
})

test('a tensor of more numbers than are read at once has the sums of one loop over it, to the bit', async () => {
  const numbers = Float32Array.from({ length: 600_001 }, (_, k) => Math.fround(((k * 7919) % 1001) / 300 - 1.2))
  const found = await statistics({ numbers, dtype: 'float32', shape: [numbers.length] })
  let sum = 0
  for (const value of numbers) sum += value - numbers[0]!
  assert.is(found.mean, numbers[0]! + sum / numbers.length)
  assert.is(found.values, numbers.length)
})

test('whole numbers with a scale for each index of an axis are what they stand for', async () => {
  const place = { dtype: 'int8', shape: [2, 3], numbers: Int8Array.of(1, 2, 3, 10, 20, 30) } as const
  const dequantise = { scale: Float64Array.of(1, 0.1), zero: 0, shift: 0 }
  assert.is((await statistics({ ...place, dequantise })).most, 3)
  const columns = { scale: Float64Array.of(1, 0, 0), zero: Float64Array.of(0, 0, 0), shift: 0.5 }
  const { least, most } = await statistics({ ...place, dequantise: columns, axis: 1 })
  assert.equal([least, most], [0.5, 10.5])
})

test('a view is read alone: a transposed matrix in the order of the file, a column of one as its own numbers', async () => {
  const numbers = Float32Array.of(1, 2, 3, 4, 5, 6)
  assert.is((await statistics({ numbers, dtype: 'float32', shape: [3, 2], strides: [1, 3] })).mean, 3.5)
  const column = await statistics({ numbers, dtype: 'float32', shape: [2, 1], strides: [3, 1] })
  assert.equal([column.values, column.least, column.most], [2, 1, 4])
})

test('no numbers at all, and no finite one', async () => {
  const none = { least: null, most: null, mean: null, deviation: null, zeros: 0 }
  assert.equal(await statistics({ numbers: new Float32Array(0), dtype: 'float32', shape: [0, 3] }), {
    values: 0,
    ...none,
    non_finite: 0,
  })
  const bad = Float32Array.of(Number.NaN)
  assert.equal(await statistics({ numbers: bad, dtype: 'float32', shape: [] }), { values: 1, ...none, non_finite: 1 })
})

test('a file that ends before the numbers is named with the bytes', async () => {
  try {
    await statistics({ numbers: new Float32Array(3), dtype: 'float32', shape: [4] })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, InputError)
    assert.match((error as Error).message, /x\.bin.*bytes 0 to 16, but it ends at 12/)
  }
})

test('reading stops when it is cancelled', async () => {
  const abort = new AbortController()
  abort.abort()
  const found = tensorStatistics(tensor({ numbers: new Float32Array(3), dtype: 'float32', shape: [3] }), abort.signal)
  assert.is(await found.catch(({ name }) => name), 'AbortError')
})

test.run()
