// Names in files are text wherever they are shown: in the report, in figures, in the crate, in a spreadsheet, on a terminal.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Papa from 'papaparse'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { csvLines } from '../../src/results/csv.ts'
import { filterlens, inFolder } from '../cli/run.ts'
import { convolution, safetensors } from '../measure/models.ts'
import { graph, node, weight } from '../sources/onnx/model.ts'
import { bytes, concat, message, number, string } from '../sources/onnx/protobuf.ts'

const files = [
  '<img src=x onerror=alert(1)>.safetensors',
  "=cmd|' !A0;@x.safetensors",
  '\u001b[2J\u001b]0;owned\u0007\u202e.safetensors',
  '__proto__.safetensors',
  'constructor.safetensors',
]
const layers = [
  '</script><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  '-1+HYPERLINK("http://x")',
  '__proto__',
  'a\nb\rc\u0000',
]

async function hostileFolder(folder: string): Promise<string> {
  const models = join(folder, 'models')
  await mkdir(models)
  for (const [k, file] of files.entries()) {
    const tensors = layers.map((name, j) => convolution(`${name}.weight`, [8, 4, 3, 3], 7 * k + j))
    await writeFile(join(models, file), safetensors(tensors))
  }
  const meta = files.map(
    (file, k) => `"${file.replace('.safetensors', '')}",${k % 2 === 0},"<b>${k}</b>","</td><script>alert(${k})</script>",${k}`,
  )
  await writeFile(join(folder, 'meta.csv'), `Name,Robust,__proto__,Dataset,clean_acc\n${meta.join('\n')}\n`)
  return models
}

/** What would run or load when a browser reads it: elements and handlers that only the names bring. */
const dangerous = /<script[^>]*>\s*alert|<img src=x|<svg onload|onerror=alert\(1\)>(?!\.)|<b>\d<\/b><\/td>/i

test('a study whose names are code stays text in the report, the figures, the crate and the tables', () =>
  inFolder(async (folder) => {
    const models = await hostileFolder(folder)
    const results = join(folder, 'results')
    const { code, err, out } = await filterlens([
      'analyze',
      models,
      '--meta',
      join(folder, 'meta.csv'),
      '--report',
      '-o',
      results,
    ])
    assert.is(code, 0, err)
    for (const text of [out, err]) assert.not.match(text, /(?!\n)[\p{Cc}\p{Cf}]/u)

    const report = await readFile(join(results, 'report.html'), 'utf8')
    assert.not.match(report, dangerous)
    assert.match(report, /&lt;img src=x onerror=alert\(1\)&gt;/)
    assert.not.match(report, /(?![\t\n\r])[\p{Cc}\u202e]/u)
    for (const figure of await readdir(join(results, 'figures')))
      assert.not.match(await readFile(join(results, 'figures', figure), 'utf8'), dangerous, figure)
    JSON.parse(await readFile(join(results, 'ro-crate-metadata.json'), 'utf8'))
    assert.is((await filterlens(['verify', results, '--inputs', models])).code, 0)

    const tables = join(folder, 'tables')
    assert.is((await filterlens(['export', results, '-o', tables])).code, 0)
    const { out: printed } = await filterlens(['analyze', models, '--csv'])
    const sheets = [printed]
    for (const name of await readdir(tables)) sheets.push(await readFile(join(tables, name), 'utf8'))
    assert.ok(sheets.length > 3)
    for (const sheet of sheets)
      for (const cell of Papa.parse<string[]>(sheet).data.flat())
        assert.ok(!/^[=+\-@\t\r]/.test(cell) || Number.isFinite(Number(cell)), JSON.stringify(cell))
    const again = JSON.parse((await filterlens(['analyze', models, '--json'])).out) as { models: { model: string }[] }
    assert.is(again.models.length, files.length)
    assert.ok(again.models.some(({ model }) => model === '__proto__'))
  }))

test('an ONNX file whose producer holds codes of a terminal is read, and they stay text', () =>
  inFolder(async (folder) => {
    const graphs = { nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [weight('w', [8, 4, 3, 3])] }
    for (const [k, producer] of ['\u001b[2J\u001b]0;owned\u0007', 'py\u0000torch', '\u0001', 'a\u202e\u009b31m'].entries()) {
      const file = join(folder, `net-${k}.onnx`)
      const head = [number(1, 8), string(2, producer), string(3, '\u001b[31m1'), string(4, 'ai.\u0007')]
      await writeFile(file, concat([...head, bytes(7, graph(graphs)), message(8, [string(1, ''), number(2, 13)])]))
      const results = join(folder, `results-${k}`)
      for (const words of [
        ['inspect', file],
        ['analyze', file, '--report', '-o', results],
      ]) {
        const { code, err, out } = await filterlens(words)
        assert.is(code, 0, err)
        for (const text of [out, err]) assert.not.match(text, /(?!\n)[\p{Cc}\p{Cf}]/u)
      }
      assert.not.match(await readFile(join(results, 'report.html'), 'utf8'), /(?![\t\n\r])[\p{Cc}\u202e]/u)
      const [row] = (JSON.parse((await filterlens(['analyze', file, '--json'])).out) as { models: { producer: string }[] }).models
      assert.is(row!.producer, `${producer} \u001b[31m1`.trim())
    }
  }))

test('a text is one cell and no formula in a spreadsheet, whatever separator its country has', () => {
  const texts = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', 'a;=1', 'a\t=1', 'a,=1', 'say "=1"', "'=1"]
  const [, ...lines] = csvLines(
    ['x'],
    texts.map((text) => [text]),
  )
  assert.equal(
    lines.map((line) => line.slice(0, -2)),
    [
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      '"\'\t=1"',
      '"\'\r=1"',
      '"\'\n=1"',
      "'＝1",
      '"a;=1"',
      '"a\t=1"',
      '"a,=1"',
      '"say ""=1"""',
      "'=1",
    ],
  )
  assert.equal([...csvLines(['n'], [[-1.5], [null], [true]])], ['n\r\n', '-1.5\r\n', '\r\n', 'true\r\n'])
})

test('a NUL in a name ends no cell: readers of CSV that hold texts as C does, and Python before 3.11, get an escape; all else is kept', () => {
  const texts = ['a\0b', 'a\0c', '\0=1', 'd\u0001\u001b\u009b\u202ee']
  const lines = [
    ...csvLines(
      ['x\0y'],
      texts.map((text) => [text]),
    ),
  ]
  assert.equal(lines, ['x\\u{0}y\r\n', 'a\\u{0}b\r\n', 'a\\u{0}c\r\n', '\\u{0}=1\r\n', `${texts[3]}\r\n`])
})

test.run()
