import { resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { placeOpener } from '../inputs/node-inputs.ts'
import { diskFolder } from '../io/node.ts'
import { type OpenPlan, readPlan } from '../shards/plan.ts'
import type { PlaceOpener } from '../shards/planned-opener.ts'

/** A plan on disk. @throws InputError when there is none, or one of another version */
export function openPlan(path: string): Promise<OpenPlan> {
  return readPlan(diskFolder(path), path)
}

/** Opens the inputs of a plan. */
export function plannedPlaces({ plan }: OpenPlan): PlaceOpener {
  return placeOpener(plan.folder ?? process.cwd())
}

/** @throws UsageError when one folder lies in the other: what is written to one would stand among the files of the other */
export function requireApart(plan: string, results: string): void {
  const [a, b] = [resolve(plan), resolve(results)]
  const isBelow = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(`${outer}/`) || inner.startsWith(`${outer}\\`)
  if (isBelow(a, b) || isBelow(b, a))
    throw new UsageError(`-o ${results}: the results must lie outside of the plan ${plan}, and the plan outside of them`)
}
