import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { modelsView, modelView } from '../../src/cli/analysis-view.ts'
import { recordJson } from '../../src/results/json.ts'
import { convolution, memoryInput, safetensors } from '../measure/models.ts'
import { filterlens, inFolder, main } from './run.ts'

test('150,000 flagged layers are told', async () => {
  const flat = { ...convolution('a.weight', [2, 1, 3, 3], 1), values: new Float32Array(18) }
  const one = await analyze([memoryInput('net.safetensors', safetensors([flat]))])
  const layers = Array.from({ length: 150_000 }, (_, k) => ({ ...one.layers[0]!, layer_id: k }))
  const record = {
    ...one,
    layers,
    flagged: new Map([['net', layers.length]]),
    layerCount: layers.length,
    found: layers.length,
    resumed: 0,
  }
  const lines = modelView(record, one.models[0]!, true).split('\n')
  assert.ok(lines.length > 300_000) // a row and a remark each
  assert.match(modelsView(record, false), /150,000 layers/)
  const short = modelView(record, one.models[0]!, false).split('\n')
  assert.ok(short.length < 200, `${short.length} lines`)
  assert.ok(short.some((line) => line.includes('of 150,000')))
  const json = recordJson(record)
  assert.is(JSON.parse(json).layers.length, 150_000)
  assert.is(JSON.stringify(JSON.parse(json), null, 2), json)
})

test('a row of a table brings no colour to a terminal', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'net.safetensors')
    await writeFile(path, safetensors([convolution('a\u001b[31mred.weight', [2, 1, 3, 3], 1)]))
    const inTerminal = (words: string): string => {
      const { stdout, error } = spawnSync(
        'script',
        ['-qec', `"${process.execPath}" "${main}" analyze "${path}" ${words}`, '/dev/null'],
        {
          encoding: 'utf8',
        },
      )
      if (error) console.log('skipped: a terminal (script of util-linux is not here)')
      return error ? 'a\\u{1b}[31mred' : stdout
    }
    for (const words of ['--csv', '', '--layers']) {
      const shown = inTerminal(words)
      assert.ok(shown.includes('a\\u{1b}[31mred'), shown)
      assert.not.ok(shown.includes('\u001b[31m'), shown)
    }
    // Behind a pipe the data is what it is.
    assert.ok((await filterlens(['analyze', path, '--csv'])).out.includes('a\u001b[31mred'))
  }))

test.run()
