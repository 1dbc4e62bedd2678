import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timeLeft } from '../../src/cli/progress.ts'
import { bar, terminalTable, wrapped } from '../../src/cli/terminal.ts'
import { terminalWidth } from '../../src/cli/text-width.ts'
import { main, projectFolder } from './run.ts'

const columns = [
  { title: 'layer', isName: true },
  { title: 'filters', align: 'right' as const, drop: 2 },
  { title: 'orthogonality', short: 'orthog.' },
  { title: '', drop: 1, joins: true },
]
const rows = [
  ['stage4.block17.convolution2.weight', '1,024', '0.912', bar(0.9, 1)],
  ['名前のとても長い畳み込み層の重み.weight', '64', '0.5', bar(0.5, 1)],
]

test('a table gives up bars, then columns in their order, then titles, then the middle of names', () => {
  const at = (width: number): string[] => terminalTable(columns, rows, width).split('\n')
  assert.match(at(65)[1]!, /^ {2}stage4\.block17\.convolution2\.weight +1,024 {2}0\.912 ▇+$/)
  assert.not.match(at(64).join(), /▇|1,024/)
  assert.match(at(56)[0]!, /orthogonality$/)
  assert.match(at(55)[0]!, /orthog\.$/)
  assert.match(at(50)[1]!, /^ {2}stage4\.block17\.convolution2\.weight +0\.912$/)
  assert.match(at(40)[1]!, /^ {2}stage4\.b\S*…\S*2\.weight +0\.912$/)
  for (let width = 30; width < 80; width++)
    for (const line of at(width)) assert.ok(terminalWidth(line) <= width, `${width}: ${line}`)
})

test('a column of remarks stands where there is a remark', () => {
  const remarked = [
    { title: 'tensor', isName: true },
    { title: 'remark', wraps: true },
  ]
  assert.is(
    terminalTable(
      remarked,
      [
        ['a', ''],
        ['b', ''],
      ],
      60,
    ),
    '  tensor\n  a\n  b',
  )
  assert.is(
    terminalTable(
      remarked,
      [
        ['a', ''],
        ['b', 'NaN'],
      ],
      60,
    ),
    '  tensor  remark\n  a\n  b       NaN',
  )
})

test('a terminal that only prints gets neither colours nor moves of the cursor', async () => {
  if (!existsSync('/usr/bin/script')) return console.log('skipped: there is no script(1)')
  const command = `"${process.execPath}" "${main}" check data/vgg_w16_cifar10_normal.onnx data/vgg_w24_cifar10_robust.onnx`
  const shown = async (TERM: string): Promise<string> =>
    (
      await promisify(execFile)('/usr/bin/script', ['-qec', command, '/dev/null'], {
        cwd: projectFolder,
        env: { PATH: process.env['PATH'], TERM },
      })
    ).stdout
  assert.ok((await shown('xterm')).includes('\u001b['))
  assert.not.ok((await shown('dumb')).includes('\u001b'))
})

test('prose breaks between words, goes on indented, and a long word stays whole', () => {
  assert.is(wrapped('one two three four', '  ', 9), 'one two\n  three\n  four')
  assert.is(wrapped('  a bb', '    ', 80), '  a bb')
  assert.is(wrapped(`see ${'x'.repeat(20)} there`, '', 10), `see\n${'x'.repeat(20)}\nthere`)
  assert.is(wrapped('a b\nc d', '', 2), 'a\nb\nc\nd')
})

test('time left: in seconds, minutes, hours; nothing before there is something to go by', () => {
  assert.equal(
    [timeLeft(5, 0), timeLeft(5, 0.5), timeLeft(60, 0.1), timeLeft(600, 0.01), timeLeft(5, 1), timeLeft(5, Number.NaN)],
    ['', 'about 5 s left', 'about 9 min left', 'about 17 h left', '', ''],
  )
})

test.run()
