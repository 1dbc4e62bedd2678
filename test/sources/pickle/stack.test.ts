import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PickleBudget } from '../../../src/sources/pickle/budget.ts'
import { PickleCursor } from '../../../src/sources/pickle/cursor.ts'
import { appendItems, setEntries, setState, sizeOf } from '../../../src/sources/pickle/filling.ts'
import { PickleStack } from '../../../src/sources/pickle/stack.ts'
import { PickleProblem, PyGlobal, PyObject, PyTuple } from '../../../src/sources/pickle/values.ts'

const stackOf = (...values: number[]): PickleStack => {
  const stack = new PickleStack(new PickleCursor(new Uint8Array(0), 0), new PickleBudget())
  for (const value of values) stack.push(value)
  return stack
}

test('a mark sets what lies below it aside', () => {
  const stack = stackOf(1, 2)
  stack.mark()
  assert.throws(() => stack.top(), /the stack is empty/)
  stack.push(3)
  stack.push(4)
  assert.equal(stack.popMark(), [3, 4])
  assert.is(stack.pop(), 2)
})

test('to drop takes a value, or the mark when none lies above it', () => {
  const stack = stackOf(1)
  stack.mark()
  stack.push(2)
  stack.drop()
  stack.drop()
  assert.is(stack.top(), 1)
  stack.drop()
  assert.throws(() => stack.drop(), /a mark is missing/)
})

test('the last ones in their order, never more than there are', () => {
  const stack = stackOf(1, 2, 3)
  assert.equal(stack.popLast(2), [2, 3])
  assert.throws(() => stack.popLast(2), /the stack is too short/)
})

test('what a pickle makes is bounded', () => {
  const budget = new PickleBudget()
  budget.spend(12_000_000)
  assert.throws(
    () => budget.spend(1),
    (error: unknown) => error instanceof PickleProblem,
  )
})

test('items and entries go to what may hold them, an unknown class included', () => {
  const object = new PyObject(new PyGlobal('m', 'C'), [])
  assert.ok(appendItems(object, [1]) && appendItems(object, [2]) && setEntries(object, ['a', 1]))
  setState(object, 'its state')
  assert.equal(object.items, [1, 2])
  assert.equal(object.entries, new Map([['a', 1]]))
  assert.is(object.state, 'its state')
  const set = new Set<number>()
  assert.ok(appendItems(set, [1, 1]))
  assert.is(set.size, 1)
  assert.not(appendItems(new PyTuple([]), [1]))
  assert.not(setEntries([], ['a', 1]))
})

test('the size of what is copied', () => {
  assert.equal([new Map([[1, 2]]), new Set([1, 2]), [1, 2, 3], new PyTuple([1, 2, 3, 4]), 'text'].map(sizeOf), [1, 2, 3, 4, 0])
})

test.run()
