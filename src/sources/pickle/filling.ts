import { PyBuilt, PyObject, PyTuple, type PyValue } from './values.ts'

/** Appends items to a list, a set, or an object that may be one. @returns false when the target has no items */
export function appendItems(target: PyValue, items: readonly PyValue[]): boolean {
  if (Array.isArray(target)) for (const item of items) (target as PyValue[]).push(item)
  else if (target instanceof Set) for (const item of items) target.add(item)
  else if (target instanceof PyObject) {
    target.items ??= []
    for (const item of items) target.items.push(item)
  } else return target instanceof PyBuilt
  return true
}

/** Sets entries of a dict, or of an object that may be one. @returns false when the target has no entries */
export function setEntries(target: PyValue, keysAndValues: readonly PyValue[]): boolean {
  const entries = target instanceof PyObject ? (target.entries ??= new Map()) : target
  if (!(entries instanceof Map)) return target instanceof PyBuilt
  for (let k = 0; k < keysAndValues.length; k += 2) entries.set(keysAndValues[k]!, keysAndValues[k + 1]!)
  return true
}

/** Gives an object the argument of BUILD, usually its attributes; other values have no use for one. */
export function setState(target: PyValue, state: PyValue): void {
  if (target instanceof PyObject) target.state = state
  else if (target instanceof PyBuilt) target.setState(state)
}

/** Entries of a dict or a set, items of a list or a tuple; 0 for anything else. */
export function sizeOf(value: PyValue): number {
  if (value instanceof Map || value instanceof Set) return value.size
  if (value instanceof PyTuple) return value.items.length
  return Array.isArray(value) ? value.length : 0
}
