// The fuzzers' ways into the sources, which nothing else calls: every reader of results takes its seeds as they are.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const fuzz = (...words: string[]) => spawnSync(process.execPath, ['scripts/fuzz.mjs', ...words], { encoding: 'utf8' })

test('what reads results takes sound ones, and so does a whole run of models', () => {
  const { status, stdout, stderr } = fuzz('results-tables', 'results', 'results-zip', 'gguf', '--count', '3')
  assert.is(status, 0, stdout + stderr)
  for (const reader of ['results-tables', 'results', 'results-zip', 'gguf'])
    assert.match(stdout, new RegExp(`^\\| ${reader} \\| 3 \\(seed 1\\) \\| \\d+ \\| \\d+ \\| 0 \\|`, 'm'))
})

test('a reader that is not there is said', () => {
  const { status, stderr } = fuzz('nonsense')
  assert.is(status, 1)
  assert.match(stderr, /there is no reader nonsense; there are arrow, /)
})

test.run()
