import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSource } from '../../../src/sources/open.ts'
import { weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/torch-onnx')
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<string, string[]>

const rows: Record<string, [layer: string, depth: number, convDepth: number][]> = {
  // Modules exported as local functions: two calls of one function.
  'functions.onnx': [
    ['a.c.weight', 0, 0],
    ['b.c.weight', 2, 1],
  ],
  // If: b and c lie in its branches, at the depth of the If.
  'branches.onnx': [
    ['a.weight', 0, 0],
    ['b.weight', 5, 1],
    ['c.weight', 5, 1],
    ['d.weight', 6, 2],
  ],
  // An int8 Constant behind DequantizeLinear, one scale per channel.
  'quantised.onnx': [['/c/Constant_2_output_0', 3, 0]],
}

for (const [file, layers] of Object.entries(rows)) {
  test(`${file}: the weights are torch's`, async () => {
    const { convolutions } = (await openSource(memoryInput(file, new Uint8Array(readFileSync(join(fixtures, file)))))).models[0]!
    assert.equal(
      convolutions.map(({ layer, depth, conv_depth }) => [layer, depth, conv_depth]),
      layers,
    )
    assert.equal(await Promise.all(convolutions.map(weightsHash)), expected[file])
  })
}

test('what the exported network has beside them is listed', async () => {
  const bytes = new Uint8Array(readFileSync(join(fixtures, 'functions.onnx')))
  const { skipped, producer } = (await openSource(memoryInput('functions.onnx', bytes))).models[0]!
  assert.is(producer, 'pytorch 1.13.0')
  assert.equal(skipped, [
    { name: '/t/ConvTranspose', kind: 'ConvTranspose', shape: [4, 4, 3, 3], reason: 'transposed convolution' },
    { name: '/w1/Conv', kind: 'Conv', shape: [4, 4, 3], reason: '1-D convolution' },
  ])
})

test.run()
