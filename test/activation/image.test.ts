import { readFileSync } from 'node:fs'
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

test.run()
