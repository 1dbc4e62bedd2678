import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readImage } from '../../src/activation/image.ts'
import { InputError } from '../../src/errors.ts'
import { openInstance } from '../../src/wasm/module.ts'

const folder = new URL('../fixtures/activation/', import.meta.url)
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)))
const expected = JSON.parse(readFileSync(new URL('images.json', folder), 'utf8')) as Record<
  string,
  { shape: number[]; values: number[] }
>
const wasm = await openInstance()

for (const [name, { shape, values }] of Object.entries(expected)) {
  // JPEG decoders differ by a few levels; all else is exact
  const tolerance = name.endsWith('.jpg') ? 5.01 / 255 : 0
  test(`reads ${name} as Pillow and NumPy do`, async () => {
    const image = await readImage(wasm, name, read(name))
    assert.equal([image.channels, image.height, image.width], shape)
    const worst = values.reduce((most, v, i) => Math.max(most, Math.abs(Math.fround(v) - image.values[i]!)), 0)
    assert.ok(worst <= tolerance, `differs by ${worst}`)
  })
}

async function refusal(name: string, bytes: Uint8Array): Promise<string> {
  try {
    await readImage(wasm, name, bytes)
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  return 'read'
}

test('what is no image, or a damaged one, is refused with its name', async () => {
  assert.match(await refusal('a.gif', new TextEncoder().encode('GIF89a')), /^a\.gif: is no image that can be read/)
  assert.match(await refusal('cut.png', read('rgb.png').slice(0, 60)), /^cut\.png: is a damaged PNG/)
  assert.match(await refusal('tiny.png', read('rgb.png').slice(0, 10)), /^tiny\.png: is a damaged PNG/)
  assert.match(await refusal('cut.jpg', read('photo.jpg').slice(0, 200)), /^cut\.jpg: is a JPEG that cannot be read/)
})

test('a PNG that claims more pixels than any image has is refused before it is unpacked', async () => {
  const bytes = read('rgb.png').slice()
  new DataView(bytes.buffer).setUint32(16, 100_000)
  new DataView(bytes.buffer).setUint32(20, 100_000)
  assert.match(await refusal('bomb.png', bytes), /has 100000×100000 pixels/)
})

/** A PNG of chunks; their checksums are not looked at. */
function pngOf(...chunks: [type: string, data: Uint8Array][]): Uint8Array {
  const parts = chunks.map(([type, data]) => {
    const part = new Uint8Array(12 + data.length)
    new DataView(part.buffer).setUint32(0, data.length)
    part.set(new TextEncoder().encode(type), 4)
    part.set(data, 8)
    return part
  })
  return new Uint8Array(Buffer.concat([read('rgb.png').subarray(0, 8), ...parts]))
}

function header(width: number, height: number, interlaced = 0): Uint8Array {
  const data = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, interlaced])
  new DataView(data.buffer).setUint32(0, width)
  new DataView(data.buffer).setUint32(4, height)
  return data
}

test('a PNG is unfolded as far as its header asks for; profiles, texts and further frames are not', async () => {
  const bomb = deflateSync(new Uint8Array(256 << 20))
  const grey = deflateSync(Uint8Array.from({ length: 8 * 9 }, (_, k) => (k % 9 === 0 ? 0 : k)))
  const before = process.memoryUsage.rss()
  assert.match(
    await refusal('unfolds.png', pngOf(['IHDR', header(8, 8)], ['IDAT', bomb], ['IEND', new Uint8Array(0)])),
    /^unfolds\.png: unfolds to more than the 72 bytes of its 8×8 pixels/,
  )
  const extras = ['iCCP', 'zTXt', 'acTL', 'fdAT', 'tRNS'].map((type): [string, Uint8Array] => [
    type,
    new Uint8Array(Buffer.concat([Buffer.from('name\0\0'), bomb])),
  ])
  const image = await readImage(
    wasm,
    'extras.png',
    pngOf(['IHDR', header(8, 8)], ...extras, ['IDAT', grey], ['IEND', new Uint8Array(0)]),
  )
  assert.equal([image.width, image.height, image.values[0]], [8, 8, Math.fround(1 / 255)])
  assert.ok(process.memoryUsage.rss() - before < 100 << 20)
  assert.match(
    await refusal('late.png', pngOf(['IDAT', grey], ['IHDR', header(8, 8)])),
    /^late\.png: is a damaged PNG: its header/,
  )
})

test('an interlaced PNG asks for the rows of its seven passes', async () => {
  // 3×3 pixels of one byte: passes of 1, 0, 0, 1, 2 (two columns), 2 rows (one column) and 1 row of three.
  const rows = [
    [0, 1],
    [0, 3],
    [0, 7, 9],
    [0, 2],
    [0, 8],
    [0, 4, 5, 6],
  ]
  const data = deflateSync(Uint8Array.from(rows.flat()))
  const image = await readImage(wasm, 'i.png', pngOf(['IHDR', header(3, 3, 1)], ['IDAT', data], ['IEND', new Uint8Array(0)]))
  assert.equal(
    [...image.values].map((value) => Math.round(value * 255)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

test.run()
