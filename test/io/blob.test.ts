import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openBlob } from '../../src/io/blob.ts'

const content = Uint8Array.from({ length: 1000 }, (_, k) => (k * 7) & 255)

/** A blob that notes which parts of it are asked for. */
function watched(): { blob: Blob; asked: string[] } {
  const blob = new Blob([content])
  const asked: string[] = []
  const slice = blob.slice.bind(blob)
  blob.slice = (from = 0, to = blob.size) => {
    asked.push(`${from}-${to}`)
    return slice(from, to)
  }
  return { blob, asked }
}

test('pieces in a row are fetched one ahead, never past the end, and each once', async () => {
  const { blob, asked } = watched()
  const access = openBlob(blob, 'x')
  for (let at = 0; at < 1000; at += 200) assert.equal(await access.read(at, 200), content.slice(at, at + 200))
  assert.equal(asked, ['0-200', '200-400', '400-600', '600-800', '800-1000'])
})

test('reads here and there fetch what they ask for, also after a piece that was fetched in vain', async () => {
  const { blob, asked } = watched()
  const access = openBlob(blob, 'x')
  const into = new Uint8Array(300)
  for (const [at, length] of [
    [500, 100],
    [0, 100],
    [100, 100],
    [700, 300],
    [200, 50],
  ] as const) {
    assert.equal(await access.read(at, length, into), content.slice(at, at + length))
  }
  assert.equal(asked, ['500-600', '0-100', '100-200', '200-300', '700-1000', '200-250'])
})

test('two reads at once, in a row, both get their bytes', async () => {
  const access = openBlob(new Blob([content]), 'x')
  await access.read(0, 100)
  const both = await Promise.all([access.read(100, 100), access.read(200, 100)])
  assert.equal(both, [content.slice(100, 200), content.slice(200, 300)])
})

test('a file that is read as a whole is fetched once: later pieces come from its bytes, and nobody can change them', async () => {
  const { blob, asked } = watched()
  const [hashed, measured] = [openBlob(blob, 'x'), openBlob(blob, 'x')]
  const [whole, early] = await Promise.all([hashed.read(0, 1000), measured.read(300, 100)])
  assert.equal(whole, content)
  assert.equal(early, content.slice(300, 400))
  whole.fill(0)
  early.fill(0)
  assert.equal(await measured.read(200, 400), content.slice(200, 600))
  assert.equal(await measured.read(0, 1000, new Uint8Array(2000)), content)
  assert.equal(asked, ['0-1000'])
  await hashed.close?.()
  assert.equal(await measured.read(200, 400), content.slice(200, 600))
  assert.equal(asked, ['0-1000', '200-600'])
})

test('only the file that was read as a whole last is kept, and none that could not be read', async () => {
  const [first, second] = [watched(), watched()]
  const [one, other] = [openBlob(first.blob, 'one'), openBlob(second.blob, 'other')]
  await one.read(0, 1000)
  await other.read(0, 1000)
  await one.read(10, 10)
  assert.equal(first.asked, ['0-1000', '10-20'])
  let fails = true
  const slice = second.blob.slice.bind(second.blob)
  second.blob.slice = (from, to) => {
    if (fails) throw new DOMException('gone', 'NotFoundError')
    return slice(from, to)
  }
  await other.close?.()
  let thrown: unknown
  await other.read(0, 1000).catch((error: unknown) => {
    thrown = error
  })
  assert.is((thrown as Error).name, 'NotFoundError')
  fails = false
  assert.equal(await other.read(0, 1000), content)
})

test.run()
