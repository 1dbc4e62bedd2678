import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../src/errors.ts'

test('a message is one printable line of bearable length, whatever a damaged file calls its tensors', () => {
  const error = new InputError('a\nb.onnx', `tensor \u001b[31m\u0000${'x'.repeat(5000)} is damaged at byte 7`)
  assert.is(error.file, 'a\nb.onnx')
  assert.is(error.message, `a�b.onnx: tensor �[31m�${'x'.repeat(94)}…${'x'.repeat(60)} is damaged at byte 7`)
  const long = new InputError('f', 'many words '.repeat(1000)).message
  assert.ok(long.length < 1600 && long.includes('…'))
  assert.is(new InputError('netz.onnx', 'größer als 3×3 “ja”').message, 'netz.onnx: größer als 3×3 “ja”')
})

test.run()
