import * as v from 'valibot'
import { createSha256 } from '#io'
import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { profiles } from '../measure/profile.ts'
import { version } from '../version.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { passes, planPaths } from './plan-paths.ts'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const position = v.object({ input: count, layer: count })
const names = v.array(v.string())

/** A contiguous piece of a run: from a place between two layers to another. */
const shardSchema = v.object({
  from: position,
  to: position,
  /** Where the lines of its inputs lie in the list of inputs. */
  lines: v.object({ from: count, to: count, sha256: v.string() }),
  inputs: count,
  layers: count,
  /** Nanoseconds of one thread, roughly. */
  work: v.number(),
})

const optionsSchema = v.object({
  kernel: v.string(),
  profile: v.picklist(profiles),
  threshold: v.number(),
  metrics: v.optional(names),
  skipNonFinite: v.boolean(),
  keepGoing: v.boolean(),
})

/** What is asked beyond the tables; the files are as they were named, their copies lie in the plan. */
const questionSchema = v.object({
  meta: v.optional(v.string()),
  nameColumn: v.optional(v.string()),
  pairs: v.optional(v.string()),
  pairBy: v.optional(names),
  groupBy: v.optional(names),
  within: v.optional(v.string()),
  correlate: v.optional(names),
  report: v.boolean(),
})

/** More shards than any scheduler takes in one array. */
export const MOST_SHARDS = 100_000

const planSchema = v.object({
  filterlens: v.string(),
  /** SHA-256 of the module. */
  module: v.string(),
  /** The folder that relative locations are meant from; null where there are none. */
  folder: v.nullable(v.string()),
  options: optionsSchema,
  question: questionSchema,
  totals: v.object({ inputs: count, models: count, layers: count, filters: count, bytes: count, work: v.number() }),
  /** SHA-256 of the other files of the plan. */
  files: v.record(v.string(), v.string()),
  /** The passes over the filters that its question asks for. */
  passes: v.array(v.picklist(passes)),
  shards: v.pipe(v.array(shardSchema), v.minLength(1), v.maxLength(MOST_SHARDS)),
})

/** How a run is spread over machines, as plan.json has it. */
export type RunPlan = v.InferOutput<typeof planSchema>
export type PlannedShard = RunPlan['shards'][number]
export type PlannedQuestion = RunPlan['question']

/** A plan that was read, and what tells it from all others. */
export interface OpenPlan {
  readonly plan: RunPlan
  /** SHA-256 of plan.json. */
  readonly hash: string
  /** Its folder, as a person named it. */
  readonly name: string
  readonly folder: Folder
}

/** The text of a plan: the same plan has the same text. */
export function planText(plan: RunPlan): string {
  return `${JSON.stringify(plan, null, 1)}\n`
}

/** @throws InputError for a folder that holds no plan, or one of another version */
export async function readPlan(folder: Folder, name: string): Promise<OpenPlan> {
  const access = await folder.open(planPaths.plan)
  if (!access) throw new InputError(name, `holds no plan (${planPaths.plan}); filterlens plan writes one`)
  try {
    const bytes = await access.read(0, access.byteLength)
    return {
      plan: parsePlan(`${name}/${planPaths.plan}`, new TextDecoder().decode(bytes)),
      hash: await sha256OfBytes(bytes),
      name,
      folder,
    }
  } finally {
    await access.close?.()
  }
}

function parsePlan(file: string, text: string): RunPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(file, 'is no JSON; it is damaged, plan again', { cause: error })
  }
  const { filterlens, module } = (value ?? {}) as Record<string, unknown>
  if (typeof filterlens === 'string' && (filterlens !== version || module !== moduleSha256))
    throw new InputError(
      file,
      `was made by filterlens ${filterlens}, this is ${version}${filterlens === version ? ' with another module' : ''}: every shard and the merge must be of the version that planned; use that one, or plan again`,
    )
  const result = v.safeParse(planSchema, value)
  if (result.success) {
    requireOneRun(file, result.output)
    return result.output
  }
  const [issue] = result.issues
  throw new InputError(file, `is no plan of filterlens (${v.getDotPath(issue) ?? 'it'}: ${issue.message}); plan again`)
}

/** @throws InputError when the shards are not one run, cut: each begins where the one before ends, and together they have its layers */
function requireOneRun(file: string, { shards, totals }: RunPlan): void {
  let end = { input: 0, layer: 0 }
  let layers = 0
  for (const [k, { from, to, layers: own }] of shards.entries()) {
    if (from.input !== end.input || from.layer !== end.layer)
      throw new InputError(file, `is no plan of filterlens (shard ${k} does not begin where the one before it ends); plan again`)
    end = to
    layers += own
  }
  if (layers !== totals.layers)
    throw new InputError(file, `is no plan of filterlens (${totals.layers} layers in all, ${layers} in its shards); plan again`)
}

/** SHA-256 of bytes in memory, in lower-case hexadecimal. */
export async function sha256OfBytes(bytes: Uint8Array): Promise<string> {
  const hash = await createSha256()
  hash.update(bytes)
  return hash.hex()
}
