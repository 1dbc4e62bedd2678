import { PyObject, type PyValue } from '../pickle/values.ts'
import type { Training } from '../source.ts'

/** How trainers call them, in the order in which they are believed. */
const EPOCH = ['epoch', 'current_epoch', 'last_epoch']
const STEP = ['global_step', 'step', 'iteration', 'iter', 'num_updates', 'total_steps']

/** How far the training was that saved a checkpoint, as it says on its outermost level; undefined where it says nothing. */
export function trainingOf(root: PyValue): Training | undefined {
  const map = root instanceof Map ? root : root instanceof PyObject ? root.entries : undefined
  if (!map) return undefined
  const numberOf = (names: readonly string[]): number | null => {
    for (const name of names) {
      const value = map.get(name)
      const number = typeof value === 'bigint' ? Number(value) : value
      if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number
    }
    return null
  }
  const [epoch, step] = [numberOf(EPOCH), numberOf(STEP)]
  return epoch === null && step === null ? undefined : { epoch, step }
}
