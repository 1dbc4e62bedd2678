import { join, resolve } from 'node:path'
import { isEmptyQuestion, type StudyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import { placeOpener } from '../inputs/node-inputs.ts'
import { diskFolder } from '../io/node.ts'
import { nullableMetrics } from '../measure/layer-row.ts'
import { type OpenPlan, readPlan } from '../shards/plan.ts'
import type { PlaceOpener } from '../shards/planned-opener.ts'
import type { MeasuringOptions } from './measuring-options.ts'

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

/** The options that a plan holds, as a run takes them. */
export function optionsOfPlan({ plan }: OpenPlan): MeasuringOptions {
  const { metrics, ...options } = plan.options
  return { ...options, ...(metrics && { metrics: nullableMetrics.filter((name) => metrics.includes(name)) }) }
}

/** What a plan asks of columns; undefined when nothing. */
export function questionOfPlan({ plan: { question } }: OpenPlan): StudyQuestion | undefined {
  const asked = { groupBy: question.groupBy, within: question.within, correlate: question.correlate }
  return isEmptyQuestion(asked) ? undefined : asked
}

/** Where the copy of a table lies. */
export function copyOf({ name }: OpenPlan, file: string): string {
  return join(name, file)
}
