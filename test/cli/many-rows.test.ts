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

test('of many models a terminal lists the flagged and the extremes, with --all every one; a pipe lists all', async () => {
  const one = await analyze([memoryInput('net.safetensors', safetensors([convolution('w', [2, 1, 3, 3], 1)]))])
  const models = Array.from({ length: 100 }, (_, k) => ({
    ...one.models[0]!,
    model: `net${k}`,
    sparsity: k / 100,
    variance_entropy: 0.9 - k / 1000,
    orthogonality: k === 50 ? 0.99 : 0.5 + k / 1000,
  }))
  const flagged = new Map([
    ['net30', 1],
    ['net70', 4],
  ])
  const record = { ...one, models, flagged, layerCount: 100, found: 100, resumed: 0 }
  const listed = (all: boolean): string[] => [...modelsView(record, all).matchAll(/^ {2}(net\d+) /gm)].map(([, name]) => name!)
  assert.is(listed(false).length, 100)
  process.env['COLUMNS'] = '80'
  try {
    assert.equal(listed(false), ['net70', 'net30', 'net0', 'net99', 'net50'])
    assert.match(modelsView(record, false), /^5 layers of 2 models flagged: --layers shows them/)
    assert.match(
      modelsView(record, false).replaceAll(/\s+/g, ' '),
      /5 of 100 models: those with flagged layers and the extremes; --all lists every one/,
    )
    assert.match(modelsView(record, false), /net50 .* most orthogonality$/m)
    assert.is(listed(true).length, 100)
  } finally {
    delete process.env['COLUMNS']
  }
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
