// "constructor" and "toString" are members of every object: a table that is looked up by a name from a file or a person gives functions
// for them, unless it is asked first whether the member is its own.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const src = join(import.meta.dirname, '../../src')

/** Tables whose keys come from nowhere but the program, or from a pattern that lets nothing else through. */
const known = new Map<string, string>([
  ['cli/findings-junit.ts entities', 'a letter that a pattern found'],
  ['cli/serve.ts types', 'an ending: it begins with a dot'],
  ['cli/shard-options.ts usual', 'the name of an option'],
  ['figures/svg-text.ts entities', 'what the escaping of figures wrote'],
  ['io/http-request.ts known', 'the code of an error of the system'],
  ['io/node.ts sentences', 'the code of an error of the system'],
  ['results/export-latex.ts special', 'a letter that a pattern found'],
  ['results/layer-record.ts plain', 'the names of our columns'],
  ['results/layer-record.ts row', 'the names of our columns'],
  ['sources/numpy/npy.ts KINDS', 'a letter that a pattern found'],
  ['sources/onnx/census.ts OPERATORS', 'holds "conv"'],
  ['sources/onnx/census.ts CONTRIBUTED', 'holds "conv"'],
  ['sources/onnx/evaluate/expressions.ts OPERATORS', 'spelled in the program'],
  ['sources/onnx/evaluate/reductions.ts REDUCTIONS', 'spelled in the program'],
  ['sources/orbax/zarr-metadata.ts KINDS', 'a letter that a pattern found'],
  ['sources/orbax/zarr-metadata.ts SIZES', 'a type that was found in it when it was read'],
  ['sources/pickle/cursor.ts simple', 'one letter'],
  ['sources/pickle/skeleton.ts LINES', 'one letter'],
  ['sources/pickle/skeleton.ts COUNTED', 'one letter'],
  ['sources/tfjs/js-module.ts ESCAPES', 'one letter'],
  ['sources/tfjs/js-module.ts WORDS', 'a word that a pattern found'],
  ['web/state/keys.ts actions', 'the name of a key'],
])

test('no table is looked up by a name that may be one of every object', () => {
  const found: string[] = []
  for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))) {
    const text = readFileSync(join(src, path), 'utf8')
    for (const [, name] of text.matchAll(/const (\w+): (?:Readonly<)?Record<string,/g)) {
      const asks = new RegExp(`(?:hasOwn\\(${name},|\\bin ${name}\\b)`)
      for (const use of text.matchAll(new RegExp(`\\b${name}\\[(?!['"\`])([^\\]]*)\\](?! =[^=])`, 'g'))) {
        const before = text.slice(Math.max(0, use.index - 200), use.index)
        if (!asks.test(before) && !known.has(`${path} ${name}`)) found.push(`${path} ${name}[${use[1]}]`)
      }
    }
  }
  assert.equal(found, [])
})

test.run()
