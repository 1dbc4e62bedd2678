import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { byteText } from '../../src/io/byte-text.ts'

test('every byte is the character of its number, in long texts too', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, k) => k)
  const text = byteText(bytes)
  assert.is(text.length, bytes.length)
  assert.ok([...bytes].every((byte, k) => text.charCodeAt(k) === byte))
})

test('nothing in src/ reads bytes as latin1 by a TextDecoder, which changes 27 of them in browsers', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  assert.ok(files.length > 100)
  const guilty = files.filter((name) =>
    /TextDecoder\(\s*['"](latin1|iso-8859-1|windows-1252|ascii)/i.test(readFileSync(join('src', name), 'utf8')),
  )
  assert.equal(guilty, [])
})

test.run()
