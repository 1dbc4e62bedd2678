// Small files that claim to be large, and small headers that unfold without end: refused before memory is taken.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readArrowTable } from '../../src/arrow/table.ts'
import { InputError } from '../../src/errors.ts'
import { emptyFolder, memoryAccess } from '../../src/io/random-access.ts'
import { openSource } from '../../src/sources/open.ts'
import { model, node, raw, tensor } from '../sources/onnx/model.ts'
import { withHeader } from '../sources/safetensors/write.ts'

const MOST_BYTES = 128 << 20 // with the code of a reader that is loaded for the first time
const MOST_SECONDS = 2

/** The refusal of an input, which must come soon and take little memory. */
async function refusal(work: () => Promise<unknown>): Promise<string> {
  const before = process.memoryUsage()
  const began = process.cpuUsage()
  let sentence: string | undefined
  try {
    await work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    sentence = error.message
  }
  const { user, system } = process.cpuUsage(began)
  const after = process.memoryUsage()
  const taken = after.arrayBuffers - before.arrayBuffers + (after.heapUsed - before.heapUsed)
  assert.ok(sentence !== undefined, 'nothing was refused')
  assert.ok(taken < MOST_BYTES, `${taken} bytes of memory`)
  assert.ok((user + system) / 1e6 < MOST_SECONDS, `${(user + system) / 1e6} s`)
  return sentence
}

const open = (path: string, bytes: Uint8Array) => (): Promise<unknown> =>
  openSource({ path, access: memoryAccess(path, bytes), folder: emptyFolder })

/** A NumPy header of version 1. */
function npy(header: string): Uint8Array {
  const text = new TextEncoder().encode(header)
  const out = new Uint8Array(10 + text.length + 36)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8])
  out.set(text, 10)
  return out
}

const large: Record<string, () => Promise<unknown>> = {
  'safetensors, a header of 2^62 bytes': () => {
    const bytes = withHeader('{}')
    new DataView(bytes.buffer).setBigUint64(0, 1n << 62n, true)
    return open('net.safetensors', bytes)()
  },
  'safetensors, 10^15 weights': open(
    'net.safetensors',
    withHeader(
      '{"a.weight":{"dtype":"F32","shape":[100000,1000000,100,100],"data_offsets":[0,4000000000000000]}}',
      new Uint8Array(36),
    ),
  ),
  'safetensors, sizes whose product is beyond 2^53': open(
    'net.safetensors',
    withHeader('{"a.weight":{"dtype":"F32","shape":[4294967296,4294967296,3,3],"data_offsets":[0,36]}}', new Uint8Array(36)),
  ),
  'ONNX, 10^12 weights in 36 bytes': open(
    'net.onnx',
    model({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      initializers: [tensor('w', [1_000_000, 1_000_000, 3, 3], 1, raw(new Float32Array(9)))],
    }),
  ),
  'NumPy, 10^12 numbers': open('w.npy', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 3, 3), }\n")),
  'JSON, a million brackets': open(
    'model.json',
    new TextEncoder().encode(`{"format":"layers-model","modelTopology":${'['.repeat(1e6)}`),
  ),
}
for (const [what, work] of Object.entries(large))
  test(`${what}: refused in a sentence`, async () => {
    assert.match(await refusal(work), /^[^\n]{10,500}$/)
  })

/** An Arrow footer whose columns each have `wide` children, all of them one and the same table, `deep` times over: wide^deep columns. */
function unfoldingArrow(wide: number, deep: number): Uint8Array {
  const level = 8 + 4 + 4 * wide
  const footer = new DataView(new ArrayBuffer(44 + deep * level + 8))
  const table = (at: number, vtable: number): void => footer.setInt32(at, at - vtable, true)
  const point = (at: number, to: number): void => footer.setUint32(at, to - at, true)
  footer.setUint32(0, 28, true)
  ;[8, 8, 0, 4].forEach((value, k) => void footer.setUint16(4 + 2 * k, value, true)) // footer and schema: field 1
  ;[16, 8, 0, 0, 0, 0, 0, 4].forEach((value, k) => void footer.setUint16(12 + 2 * k, value, true)) // column: field 5
  table(28, 4)
  point(32, 36)
  table(36, 4)
  point(40, 44)
  for (let k = 0, at = 44; k < deep; k++, at += level) {
    footer.setUint32(at, wide, true)
    const child = at + 4 + 4 * wide
    for (let i = 0; i < wide; i++) point(at + 4 + 4 * i, child)
    table(child, 12)
    point(child + 4, child + 8) // the next list; the last one is empty
  }
  const bytes = new Uint8Array(8 + footer.byteLength + 10)
  const magic = new TextEncoder().encode('ARROW1')
  bytes.set(magic)
  bytes.set(new Uint8Array(footer.buffer), 8)
  new DataView(bytes.buffer).setInt32(8 + footer.byteLength, footer.byteLength, true)
  bytes.set(magic, 8 + footer.byteLength + 4)
  return bytes
}

test('Arrow, columns that refer to one another 500^7 times: refused in a sentence', async () => {
  const bytes = unfoldingArrow(500, 7)
  assert.ok(bytes.length < 20_000)
  const sentence = /more bytes than it has; it is hostile/
  assert.match(await refusal(() => readArrowTable(memoryAccess('layers.arrow', bytes))), sentence)
  assert.match(await refusal(open('filters.arrow', bytes)), /^filters\.arrow: [^\n]+$/)
})

test.run()
