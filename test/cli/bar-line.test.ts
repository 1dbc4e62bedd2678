import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { setBarLine } from '../../src/cli/bar-line.ts'
import { say, warn } from '../../src/cli/talk.ts'

test('what is said while a progress bar is shown takes its line, and leaves nothing of it', () => {
  const written: string[] = []
  const { write } = process.stderr
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    say('before')
    setBarLine(true)
    say('meanwhile')
    warn('a note')
    setBarLine(false)
    say('after')
  } finally {
    process.stderr.write = write
  }
  const clear = '\r\u001b[K'
  assert.equal(written, ['before\n', clear, 'meanwhile\n', clear, 'filterlens: note: a note\n', 'after\n'])
})

test.run()
