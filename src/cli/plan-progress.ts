import { readPlanFiles } from '../shards/node-plan-files.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { type PassState, type PlanFiles, passStates } from '../shards/plan-state.ts'
import { isRunLockHeld } from './run-lock.ts'

/** How far a plan is, from what lies in its folder. @throws InputError when that cannot be read */
export async function planProgress({ plan, name }: OpenPlan): Promise<{ states: PassState[]; files: PlanFiles }> {
  const files = await readPlanFiles(name, plan, isRunLockHeld)
  return { states: passStates(plan, files, ['measure']), files }
}
