import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../../src/io/random-access.ts'
import { npyFile } from '../../../src/web/save/npy.ts'
import { weightsCsv } from '../../../src/web/save/weights-csv.ts'

const values = Float32Array.from([0.1, -2.5, 1e-30, 3, 0, -0, 16777216, 1.17549435e-38, 7])

test('a .npy file has the header of NumPy, padded to 64 bytes, and the weights', () => {
  const file = npyFile(values, [1, 3, 3])
  const text = new TextDecoder('latin1').decode(file.subarray(10, 128))
  assert.equal([...file.subarray(0, 8)], [0x93, 78, 85, 77, 80, 89, 1, 0])
  assert.match(text, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 3, 3\), \} +\n/)
  const start = 10 + file[8]! + 256 * file[9]!
  assert.is(start % 64, 0)
  assert.equal(new Float32Array(file.slice(start).buffer), values)
  assert.match(new TextDecoder('latin1').decode(npyFile(values, [9])), /\(9,\)/)
  assert.is(memoryAccess('a.npy', file).byteLength, start + 36)
})

test('CSV has a line a filter with its channels, and digits that give the same weights back', () => {
  const two = Float32Array.from([...values, ...values])
  const [head, ...lines] = weightsCsv(two, 9, (place) => [12, 5][place]!, 4, 3)
    .trimEnd()
    .split('\n')
  assert.is(head, 'filter,output,input,w00,w01,w02,w10,w11,w12,w20,w21,w22')
  assert.equal(
    lines.map((line) => line.split(',').slice(0, 3)),
    [
      ['12', '3', '0'],
      ['5', '1', '1'],
    ],
  )
  assert.equal(
    Float32Array.from(lines[0]!.split(',').slice(3), Number),
    values.map((value) => (value === 0 ? 0 : value)),
  )
  assert.ok(lines[0]!.includes(',0.1,-2.5,'))
})

test.run()
