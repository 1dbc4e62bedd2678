import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { openSource } from '../../../src/sources/open.ts'
import { referenceWeights } from '../helpers/reference-weights.ts'
import { counted } from '../inputs.ts'
import { FLOAT, node, raw, tensor, values } from './model.ts'
import { type Bytes, bytes, concat, message, number, string, varint } from './protobuf.ts'

const GIB = 2 ** 30
const SHAPE = [4, 3, 3, 3]
const test = suite<{ folder: string }>('large models', { folder: '' })

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'filterlens-large-'))
})
test.after.each((context) => {
  rmSync(context.folder, { recursive: true, force: true })
})

/** Writes pieces of bytes at places of a file with holes. */
function sparse(path: string, size: number, pieces: readonly (readonly [at: number, bytes: Bytes])[]): void {
  const file = openSync(path, 'w')
  for (const [at, piece] of pieces) writeSync(file, piece, 0, piece.length, at)
  closeSync(file)
  truncateSync(path, size)
}

async function check(folder: string): Promise<void> {
  const path = join(folder, 'net.onnx')
  const access = counted(await openFile(path))
  const source = await openSource({ path: 'net.onnx', access, folder: diskFolder(folder) })
  try {
    const [convolution] = source.models[0]!.convolutions
    assert.equal(await referenceWeights(convolution!.weights, SHAPE), values(SHAPE))
    assert.ok(access.bytes < 400_000, `${access.bytes} bytes were read`)
  } finally {
    await source.close()
  }
}

test('weights 5 GiB into a file of external data', async ({ folder }) => {
  const fields = { location: 'net.data', offset: String(5 * GIB), length: '432' }
  const weight = concat([
    ...SHAPE.map((size) => number(1, size)),
    number(2, FLOAT),
    string(8, 'w'),
    ...Object.entries(fields).map(([key, value]) => message(13, [string(1, key), string(2, value)])),
    number(14, 1),
  ])
  const graph = concat([bytes(1, node('Conv', ['x', 'w'], ['y'])), bytes(5, weight), message(11, [string(1, 'x')])])
  const model = concat([number(1, 8), bytes(7, graph)])
  sparse(join(folder, 'net.onnx'), model.length, [[0, model]])
  sparse(join(folder, 'net.data'), 6 * GIB, [[5 * GIB, new Uint8Array(values(SHAPE).buffer)]])
  await check(folder)
})

test('an initializer of 5 GiB before the weights, in one file', async ({ folder }) => {
  const weight = bytes(5, tensor('w', SHAPE, FLOAT, raw(values(SHAPE))))
  const last = concat([weight, bytes(1, node('Conv', ['x', 'w'], ['y'])), message(11, [string(1, 'x')])])
  const big = concat([number(1, (5 * GIB) / 4), number(2, FLOAT), string(8, 'big'), varint(9 * 8 + 2), varint(5 * GIB)])
  const tensorStart = concat([varint(5 * 8 + 2), varint(big.length + 5 * GIB), big])
  const graphLength = tensorStart.length + 5 * GIB + last.length
  const head = concat([number(1, 8), varint(7 * 8 + 2), varint(graphLength), tensorStart])
  const size = head.length + 5 * GIB + last.length
  sparse(join(folder, 'net.onnx'), size, [
    [0, head],
    [head.length + 5 * GIB, last],
  ])
  assert.is(statSync(join(folder, 'net.onnx')).size, size)
  await check(folder)
})

test.run()
