import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findFormat, formats, openSource } from '../../src/sources/open.ts'
import type { FormatEntry } from '../../src/sources/registry.ts'
import type { Source } from '../../src/sources/source.ts'
import { counted, memoryInput, text } from './inputs.ts'
import { model } from './onnx/model.ts'

const source: Source = { format: 'test', models: [], warnings: [], close: async () => {} }

function entry(name: string, matches: boolean, log: string[], open = async () => source): FormatEntry {
  return {
    name,
    owns: [],
    shares: [],
    load: async () => {
      log.push(name)
      return { name, match: () => matches, open }
    },
  }
}

test('tries formats in their order and loads none behind the first that matches', async () => {
  const log: string[] = []
  const found = await openSource(memoryInput('x', text('x')), [
    entry('a', false, log),
    entry('b', true, log),
    entry('c', true, log),
  ])
  assert.is(found, source)
  assert.equal(log, ['a', 'b'])
})

test('closes the input when nothing recognises it or its reader fails', async () => {
  for (const entries of [[], [entry('a', true, [], () => Promise.reject(new Error('no')))]]) {
    const input = memoryInput('x', text('x'))
    const access = counted(input.access)
    let failed = false
    await openSource({ ...input, access }, entries).catch(() => {
      failed = true
    })
    assert.ok(failed)
    assert.is(access.closed, 1)
  }
})

test('content wins over the name', async () => {
  assert.is((await findFormat(memoryInput('model.safetensors', model({}))))?.name, 'ONNX')
})

test('every format loads under its own name, has lower-case endings, and refuses an empty file', async () => {
  for (const { name, owns, shares, load } of formats) {
    const format = await load()
    assert.is(format.name, name)
    for (const ending of [...owns, ...shares]) assert.match(ending, /^[a-z0-9]+$/)
    assert.is(await format.match(new Uint8Array(), memoryInput('x', new Uint8Array())), false, name)
  }
})

test.run()
