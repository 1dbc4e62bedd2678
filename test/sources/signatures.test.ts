import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import { findFormat, formats } from '../../src/sources/open.ts'

// A reader whose signature does not let a file through never sees it: the answer must be the one that every reader gives.

const files = readdirSync('test/fixtures', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(py|mjs|md|svg|json\.gz)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))

/** The format's name, "none", or what a reader says of a file that it recognises as its own and broken. */
async function answer(find: () => ReturnType<typeof findFormat>): Promise<string> {
  try {
    return (await find())?.name ?? 'none'
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

test('signatures let every file through to the reader that recognises it', async () => {
  const unsigned = formats.map(({ begins: _, ...entry }) => entry)
  const seen = new Set<string>()
  for (const path of files) {
    const access = await openFile(path)
    try {
      const input = { path, access, folder: diskFolder(dirname(path)) }
      const [quick, sure] = [await answer(() => findFormat(input)), await answer(() => findFormat(input, unsigned))]
      assert.is(quick, sure, path)
      seen.add(sure)
    } finally {
      await access.close?.()
    }
  }
  assert.ok(seen.size >= 12, [...seen].join(', '))
})

test('an ONNX file loads no reader but its own', async () => {
  const head = Uint8Array.of(
    0x08,
    0x07,
    0x12,
    0x07,
    0x70,
    0x79,
    0x74,
    0x6f,
    0x72,
    0x63,
    0x68,
    0x1a,
    0x04,
    0x31,
    0x2e,
    0x31,
    0x30,
    0,
  )
  const tried = formats.filter(({ begins }) => !begins || begins(head, 'net.onnx')).map(({ name }) => name)
  assert.equal(tried, ['ONNX'])
})

test.run()
