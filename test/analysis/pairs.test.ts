import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { joinMeta } from '../../src/analysis/join-meta.ts'
import { joinPairs } from '../../src/analysis/join-pairs.ts'
import { parseMeta } from '../../src/analysis/meta-table.ts'
import { parsePairs } from '../../src/analysis/pairs.ts'
import { InputError } from '../../src/errors.ts'
import { modelRow } from './synthetic.ts'

/** The whole message of the InputError that `run` throws. */
function message(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

const names = ['cifar_normal', 'cifar_robust', 'other_robust']

test('reads a table as a spreadsheet writes it: byte-order mark, CRLF, quotes, blank lines, semicolons', () => {
  const table = parsePairs(
    'pairs.csv',
    '\uFEFFRobust,Normal,Arch,Dataset\r\n"cifar_robust", cifar_normal ,"a ""b"", c",cifar10\r\n\r\n',
  )
  assert.equal(table.rows, [{ line: 2, a: 'cifar_normal', b: 'cifar_robust', architecture: 'a "b", c', dataset: 'cifar10' }])
  assert.equal(parsePairs('p', 'NORMAL;robust\nn;r\n').rows, [{ line: 2, a: 'n', b: 'r', architecture: null, dataset: null }])
  assert.is(parsePairs('p', 'Robust\tNormal\n"line\nbreak"\tn\nr\tn').rows[1]!.line, 4)
})

test('pairs are matched by name, by stem and whatever the case', () => {
  const table = parsePairs('p', 'Robust,Normal\ncifar_robust.onnx,CIFAR_normal\nother_robust,cifar_normal\n')
  assert.equal(
    joinPairs(names, table).map(({ a, b }) => [a, b]),
    [
      ['cifar_normal', 'cifar_robust'],
      ['cifar_normal', 'other_robust'],
    ],
  )
})

for (const [what, text, expected] of [
  [
    'an unknown model',
    'Robust,Normal\ncifar_robust,cifar_norml\n',
    'pairs.csv: line 2 names the model "cifar_norml", which is not among the 3 that were read; is it "cifar_normal"?',
  ],
  [
    'a stranger',
    'Robust,Normal\ncifar_robust,zzz\n',
    'pairs.csv: line 2 names the model "zzz", which is not among the 3 that were read',
  ],
  ['a missing column', 'Robust,Norm\nx,y\n', 'pairs.csv: has no column "Normal" (its columns: Robust, Norm)'],
  ['an empty cell', 'Robust,Normal\n,cifar_normal\n', 'pairs.csv: line 2 names no robust model'],
  ['a pair with itself', 'Robust,Normal\nx,x\n', 'pairs.csv: line 2 pairs the model "x" with itself'],
  ['a pair twice', 'Robust,Normal\nx,y\nx,y\n', 'pairs.csv: lines 2 and 3 are the same pair; keep one'],
  [
    'a model on both sides',
    'Robust,Normal\ncifar_robust,cifar_normal\nother_robust,cifar_robust\n',
    'pairs.csv: the model "cifar_robust" is robust in line 2 and normal in line 3',
  ],
  [
    'an open quote',
    'Robust,Normal\nx,y\n"x,z\n',
    'pairs.csv: line 3 has a quote that is not closed, or text after a closing quote; repair it',
  ],
  ['a short row', 'Robust,Normal\nx\n', 'pairs.csv: line 2 has 1 cells, but the first line names 2 columns'],
  ['an empty file', ' \n', 'pairs.csv: is empty; its first line must name the columns'],
  ['a column twice', 'Robust,Normal,robust\n', 'pairs.csv: has two columns called "robust"; rename one'],
] as const) {
  test(`pairs: ${what}`, () => {
    assert.is(
      message(() => joinPairs(names, parsePairs('pairs.csv', text))),
      expected,
    )
  })
}

test('a column has one type: numbers, truths or text; what is not known is null', () => {
  const { columns, rows } = parseMeta(
    'm',
    'Acc,name,Robust,Pre,Id,Mixed,Empty\n76.66,x,True,False,007,1,\nnan,y,FALSE,imagenet,12,a,\n',
  )
  assert.equal(columns, ['Acc', 'Robust', 'Pre', 'Id', 'Mixed', 'Empty'])
  assert.equal(rows[0]!.values, { Acc: 76.66, Robust: true, Pre: 'False', Id: '007', Mixed: '1', Empty: null })
  assert.equal(rows[1]!.values, { Acc: null, Robust: false, Pre: 'imagenet', Id: '12', Mixed: 'a', Empty: null })
})

test('numbers as they are written', () => {
  const { rows } = parseMeta('m', 'Name,x\na,-1.5e-3\nb,.5\nc,+2\nd,0.\n')
  assert.equal(
    rows.map(({ values }) => values['x']),
    [-0.0015, 0.5, 2, 0],
  )
})

for (const [what, text, expected] of [
  ['a name twice', 'Name,A\nx,1\ny,2\nx,3\n', 'meta.csv: lines 2 and 4 are both about the model "x"; keep one'],
  [
    'no name column',
    'Model,A\nx,1\n',
    'meta.csv: has no column "Name" that says which model a row is about (its columns: Model, A); --name-column says which one does',
  ],
  ['an empty name', 'Name,A\n,1\n', 'meta.csv: line 2 has no name'],
  [
    'names that all miss',
    'Name,A\nx,1\ny,2\n',
    'meta.csv: none of its 2 names is a model that was read: it has "x", read was "cifar_normal"',
  ],
  [
    'two rows for one model',
    'Name,A\ncifar_normal,1\ncifar_normal.onnx,2\n',
    'meta.csv: line 3: "cifar_normal.onnx" is about the model cifar_normal, which has a row already; keep one',
  ],
] as const) {
  test(`meta: ${what}`, () => {
    assert.is(
      message(() =>
        joinMeta(
          names.map((name) => modelRow(name)),
          parseMeta('meta.csv', text),
        ),
      ),
      expected,
    )
  })
}

test('rows go to their models; what is left over is reported', () => {
  const models = names.map((name) => modelRow(name, { own: 1, A: 0 }))
  const { models: joined, warnings } = joinMeta(models, parseMeta('meta.csv', 'Name,A\ncifar_robust,5\nfar,6\n'))
  assert.equal(joined[0]!.meta, { own: 1, A: 0 })
  assert.equal(joined[1]!.meta, { own: 1, A: 5 })
  assert.equal(warnings, [
    'meta.csv has no row for cifar_normal, other_robust',
    'meta.csv has 1 rows about models that were not read: far',
  ])
})

test.run()
