import { readPlanFiles } from '../shards/node-plan-files.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { type PassState, type PlanFiles, passStates } from '../shards/plan-state.ts'
import { neededPasses, readPasses } from '../shards/second-pass.ts'
import { isRunLockHeld } from './run-lock.ts'

/** How far a plan is, from what lies in its folder. @throws InputError when that cannot be read */
export async function planProgress(open: OpenPlan): Promise<{ states: PassState[]; files: PlanFiles }> {
  const { plan, name } = open
  const files = await readPlanFiles(name, plan, isRunLockHeld)
  return { states: passStates(plan, files, neededPasses(open, await readPasses(open))), files }
}
