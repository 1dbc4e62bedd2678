import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CLEARANCE, clearOf } from '../../src/io/clear.ts'
import { openLayer } from '../../src/measure/layer-session.ts'
import { channelsOf } from '../../src/measure/live-channels.ts'
import { openInstance } from '../../src/wasm/module.ts'
import { weightReader } from '../../src/weights/reader.ts'

test('a place is moved on when it lies 1 to 31 bytes further in its page than what it is for', () => {
  for (const [address, position, expected] of [
    [4096, 0, 0],
    [4097, 0, CLEARANCE],
    [4096 + 31, 8192, CLEARANCE],
    [4096 + 32, 0, 0],
    [4096 + 16, 100, 0],
    [112, 100 + 40960, CLEARANCE],
    [0, 4095, CLEARANCE],
    [0, 1, 0],
  ] as const)
    assert.is(clearOf(address, position), expected, `${address} for ${position}`)
})

test('layers are read to places that are clear, wherever they lie in their file', async () => {
  const wasm = await openInstance()
  for (let position = 0; position < 8192; position += 12) {
    const at: [address: number, from: number][] = []
    const access = {
      name: 'x',
      byteLength: 1 << 20,
      origin: { at: { kind: 'path', path: 'x' } as const, offset: position },
      async read(from: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
        at.push([into!.byteOffset, position + from])
        return into!.fill(0, 0, length)
      },
    }
    for (const dtype of ['float32', 'float64'] as const) {
      const reader = weightReader({ access, offset: 36, dtype }, [8, 8, 3, 3])
      await openLayer(wasm, 0, reader, [8, 8, 3, 3], {
        budget: 1 << 20,
        batchSize: undefined,
        gram: false,
        channels: channelsOf([8, 8, 3, 3]),
      }).scan(0, 64)
    }
    assert.is(at.length, 2)
    for (const [address, from] of at) assert.is(clearOf(address, from), 0, `${address} for ${from}`)
  }
})

test.run()
