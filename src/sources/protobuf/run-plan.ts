import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import type { Run } from '../onnx/records.ts'
import { runsAccess } from '../onnx/runs.ts'

/** How many numbers lie in runs. */
export function runNumbers(runs: readonly Run[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0)
}

/** The numbers of a repeated field as one block; `bytes` of one of them. */
export function runPlan(access: RandomAccess, runs: readonly Run[], dtype: StoredType, bytes: number): WeightPlan {
  const [first] = runs
  if (first && runs.length === 1 && first.stride === bytes) return { access, offset: first.start, dtype }
  return { access: runsAccess(access, runs, bytes), offset: 0, dtype }
}
