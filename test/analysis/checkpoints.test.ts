import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { orderCheckpoints, scalarsOf } from '../../src/analysis/checkpoints.ts'
import { parseCsvTable } from '../../src/analysis/csv-table.ts'
import { InputError, UsageError } from '../../src/errors.ts'

const isA =
  (kind: typeof UsageError | typeof InputError) =>
  (error: Error): boolean =>
    error instanceof kind
const facts = (path: string, more: { epoch?: number; step?: number; time?: number } = {}) => ({
  path,
  epoch: more.epoch ?? null,
  step: more.step ?? null,
  time: more.time ?? null,
})
const orderOf = (...given: Parameters<typeof orderCheckpoints>): [string, string[], number[]] => {
  const { by, checkpoints } = orderCheckpoints(...given)
  return [by, checkpoints.map(({ path }) => path), checkpoints.map(({ position }) => position)]
}

test('by the step in the files, whatever their names say', () => {
  assert.equal(orderOf([facts('run/9.ckpt', { step: 100, epoch: 1 }), facts('run/1.ckpt', { step: 200, epoch: 1 })]), [
    'step',
    ['run/9.ckpt', 'run/1.ckpt'],
    [100, 200],
  ])
})

test('by the epoch where steps are missing or all alike', () => {
  assert.is(orderOf([facts('a', { epoch: 2, step: 7 }), facts('b', { epoch: 1, step: 7 })])[0], 'epoch')
  assert.equal(orderOf([facts('a', { epoch: 2 }), facts('b', { epoch: 1, step: 7 })])[1], ['b', 'a'])
})

test('by the number in which the names differ, as a number', () => {
  const names = ['run2/net_v1_epoch10.pth', 'run2/net_v1_epoch9.pth', 'run2/net_v1_epoch100.pth']
  assert.equal(orderOf(names.map((path) => facts(path))), [
    'name',
    ['run2/net_v1_epoch9.pth', 'run2/net_v1_epoch10.pth', 'run2/net_v1_epoch100.pth'],
    [9, 10, 100],
  ])
  assert.equal(orderOf(['epoch=2-loss=0.5.ckpt', 'epoch=1-loss=0.5.ckpt'].map((path) => facts(path)))[2], [1, 2])
})

test('else by time; what is asked for must be there', () => {
  const both = [facts('best.pt', { time: 5 }), facts('last.pt', { time: 3 })]
  assert.equal(orderOf(both), ['time', ['last.pt', 'best.pt'], [3, 5]])
  assert.throws(
    () => orderCheckpoints(both, 'step'),
    (error: Error) => error instanceof UsageError && /--by step.*time/.test(error.message),
  )
  assert.throws(() => orderCheckpoints([facts('best.pt'), facts('last.pt')]), isA(UsageError))
  assert.is(orderOf([facts('2', { step: 1 }), facts('1', { step: 2 })], 'name')[0], 'name')
})

test('scalars by step, by name, and of one run among several', () => {
  const { checkpoints, by } = orderCheckpoints([facts('runs/a/1.ckpt', { step: 10 }), facts('runs/a/2.ckpt', { step: 20 })])
  const read = (text: string) => [...scalarsOf(parseCsvTable('scalars.csv', text), checkpoints, by)]
  assert.equal(read('Step,acc,note\n20,0.5,x\n10,0.25,y\n'), [['acc', [0.25, 0.5]]])
  assert.equal(read('Run,Step,acc\nb,10,9\na,10,0.25\n'), [['acc', [0.25, null]]])
  assert.equal(read('Checkpoint,loss\n2,1.5\n1.ckpt,2.5\n'), [['loss', [2.5, 1.5]]])
  assert.throws(() => read('when,acc\n1,2\n'), isA(InputError))
  assert.throws(() => read('Step,acc\n99,2\n'), isA(InputError))
})

test.run()
