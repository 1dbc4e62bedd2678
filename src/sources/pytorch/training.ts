import { PyObject, type PyValue } from '../pickle/values.ts'
import type { Training } from '../source.ts'
import { trainingOf } from '../training-of.ts'

/** How far the training was that saved a checkpoint, as it says on its outermost level; undefined where it says nothing. */
export function pytorchTraining(root: PyValue): Training | undefined {
  const map = root instanceof Map ? root : root instanceof PyObject ? root.entries : undefined
  return map && trainingOf((name) => map.get(name))
}
