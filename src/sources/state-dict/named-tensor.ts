import type { WeightPlan } from '../../weights/plan.ts'
import type { Unsupported } from '../file-tensors.ts'
import type { Placement } from '../source.ts'

/** A tensor of a file that stores names and shapes but no graph. */
export interface NamedTensor {
  readonly name: string
  /** As stored; 4-D shapes are (out, in per group, rows, columns). */
  readonly shape: readonly number[]
  /** The plan, or a stored type that holds no weights ("BOOL", "I64"). */
  readonly weights: WeightPlan | Unsupported
  /** What a pickled module says of its weight, which then needs no judging. */
  readonly module?: ModuleRole
}

/** The convolution whose weight a tensor is, where the file holds the module itself. */
export interface ModuleRole {
  readonly transposed: boolean
  readonly groups: number
  readonly placement?: Placement
}
