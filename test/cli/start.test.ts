import { readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/cli/commands.ts'
import { printable, printableText } from '../../src/printable.ts'
import { filterlens } from './run.ts'

/** Every file and package that a compiled module loads before it runs: static imports only. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, from] of text.matchAll(/(?:^|;)(?:import|export)\b(?:[^'"();]*?\bfrom\s*)?\s*['"]([^'"]+)['"]/gm)) {
    if (from!.startsWith('.')) loadedBy(join(dirname(file), from!), seen)
    else seen.add(from!)
  }
  return seen
}

const main = fileURLToPath(new URL('../../bundle/node/main.js', import.meta.url))
/** What the command's first file loads once it runs. */
const command = join(dirname(main), /await import\("([^"]+)"\)/.exec(readFileSync(main, 'utf8'))![1]!)
const unbundled = fileURLToPath(new URL('../../src/cli/', import.meta.url))

test('--version and --help load the parser and nothing heavy: no Arrow, no figures, no module', () => {
  const loaded = [...loadedBy(command, loadedBy(main))]
  const bytes = loaded.filter((name) => name.endsWith('.js')).reduce((sum, file) => sum + statSync(file).size, 0)
  assert.ok(bytes < 300_000, `${bytes} bytes: ${loaded.join(' ')}`)
  const [ours, arrow] = ['is neither a command nor a file', 'RecordBatch'].map((words) =>
    loaded.filter((name) => name.endsWith('.js') && readFileSync(name, 'utf8').includes(words)),
  )
  assert.equal(arrow, [])
  // The walk sees what there is to see: the parser is bundled, and a module that writes Arrow loads it; that of analyze waits.
  assert.is(ours!.length, 1)
  assert.ok(loadedBy(join(unbundled, 'extract.js')).has('apache-arrow'))
  assert.not.ok(loadedBy(join(unbundled, 'analyze.js')).has('apache-arrow'))
})

test('the command is a bundle: nothing is loaded from node_modules but Node itself and what is on demand', () => {
  const outside = [...loadedBy(command, loadedBy(main))].filter((name) => !name.endsWith('.js') && !name.startsWith('node:'))
  const builtin = new Set(builtinModules)
  assert.equal(
    outside.filter((name) => !builtin.has(name)),
    [],
  )
})

test('every command of the list loads, and explains itself with an example', async () => {
  for (const { usage, load } of commands) {
    const command = await load()
    assert.type(command.run, 'function')
    const name = usage.split(' ')[0]!
    const { code, out } = await filterlens([name, '--help'])
    assert.is(code, 0, name)
    assert.match(out, /Examples:/)
  }
})

test('what is missing on a command line is said in words', async () => {
  const { code, err } = await filterlens(['verify'])
  assert.is(code, 2)
  assert.is(err, 'filterlens: filterlens verify <results>: something is missing; filterlens verify --help has examples\n')
})

test('a Node that runs without WebAssembly, or with frozen intrinsics, is told in one sentence', async () => {
  for (const [flag, sentence] of [
    ['--jitless', /^filterlens: this Node runs without WebAssembly, .* start it without --jitless/m],
    ['--frozen-intrinsics', /^filterlens: this Node runs with frozen intrinsics, .* start it without --frozen-intrinsics/m],
  ] as const) {
    const { code, out, err } = await filterlens(['analyze', 'data/vgg_w16_cifar10_normal.onnx'], { env: { NODE_OPTIONS: flag } })
    assert.equal([code, out], [2, ''], err)
    assert.match(err, sentence)
    assert.not.match(err, /fault of filterlens|\n {4}at /)
  }
})

test('names cannot move the cursor, change the title or hide text', () => {
  const hostile = 'a\u001b[2Jb\u001b]0;title\u0007c\u009bd\u202ee\u2028f\rg'
  assert.is(printable(hostile), 'a\\u{1b}[2Jb\\u{1b}]0;title\\u{7}c\\u{9b}d\\u{202e}e\\u{2028}f\\u{d}g')
  assert.is(printableText(hostile), printable(hostile))
  assert.is(printableText('\u001b[31mred\u001b[39m\nnext'), '\u001b[31mred\u001b[39m\nnext')
  assert.is(printableText('\u001b[8;9;9;9mx'), '\\u{1b}[8;9;9;9mx')
})

test.run()
