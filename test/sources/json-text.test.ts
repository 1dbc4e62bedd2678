import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { parsedJson } from '../../src/sources/json-text.ts'
import { openSource } from '../../src/sources/open.ts'
import { memoryInput, text } from './inputs.ts'

const nested = (depth: number): string => `${'['.repeat(depth)}"]"${']'.repeat(depth)}`

test('brackets are counted as JSON means them: those in text are none, an escaped quote ends none', () => {
  assert.equal(parsedJson(JSON.stringify({ a: [1, 'b\\"[[[', { c: '{' }] })), { a: [1, 'b\\"[[[', { c: '{' }] })
  assert.is(parsedJson(JSON.stringify('['.repeat(5000))), '['.repeat(5000))
  assert.is(parsedJson(JSON.stringify('\\"['.repeat(5000))), '\\"['.repeat(5000))
  assert.equal(parsedJson(`[${'[],'.repeat(5000)}[]]`), new Array(5001).fill([]))
  parsedJson(nested(1000))
  assert.throws(() => parsedJson(nested(1001)), /^nested deeper than 1000$/)
  assert.throws(() => parsedJson('[1,'), SyntaxError)
})

test('a header or a description of millions of brackets is refused at once', async () => {
  const deep = `{"__metadata__":${nested(2_000_000)}}`
  const head = new DataView(new ArrayBuffer(8))
  head.setUint32(0, deep.length, true)
  const header = Buffer.concat([new Uint8Array(head.buffer), text(deep)])
  for (const [path, bytes] of [
    ['net.safetensors', header],
    ['model.json', text(deep)],
    ['net.safetensors.index.json', text(deep)],
  ] as const) {
    const before = process.cpuUsage()
    try {
      await openSource(memoryInput(path, bytes))
      assert.unreachable(path)
    } catch (error) {
      assert.instance(error, InputError)
    }
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 1e6, `${path} took ${(user + system) / 1000} ms`)
  }
})

test.run()
