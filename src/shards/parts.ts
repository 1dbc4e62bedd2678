import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { list, plural } from '../words.ts'
import { checkPart, type PartFacts, partHeader } from './part-file.ts'
import type { OpenPlan } from './plan.ts'
import { type PassName, planPaths } from './plan-paths.ts'

/** Named in a complaint at most; how many more there are is said. */
const MOST_NAMED = 20

/** Opens the part of a shard. @throws InputError when it is not there */
export async function openPart({ folder, name }: OpenPlan, pass: PassName, shard: number): Promise<RandomAccess> {
  const path = planPaths.part(pass, shard)
  const access = await folder.open(path)
  if (!access) throw new InputError(`${name}/${path}`, 'is not there')
  return access
}

/**
 * Holds the parts of all shards of a pass against their seals and the plan.
 * @param hash what the parts of this pass are made from: the plan, and what was settled since
 * @returns how each shard ran
 * @throws InputError that names every part that is missing, damaged or of another plan
 */
export async function requireParts(plan: OpenPlan, pass: PassName, hash: string): Promise<PartFacts[]> {
  const facts: PartFacts[] = []
  const missing: number[] = []
  const wrong: string[] = []
  for (let shard = 0; shard < plan.plan.shards.length; shard++) {
    const access = await plan.folder.open(planPaths.part(pass, shard))
    if (!access) {
      missing.push(shard)
      continue
    }
    try {
      facts.push(await checkPart(access, partHeader(hash, pass, shard)))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      wrong.push(`${planPaths.part(pass, shard)} ${error.problem}`)
    } finally {
      await access.close?.()
    }
  }
  if (missing.length + wrong.length === 0) return facts
  const said = [
    ...(missing.length > 0
      ? [
          `${plural(missing.length, 'part')} of ${plan.plan.shards.length} of the pass ${pass} not there: ${missing.length === 1 ? 'shard' : 'shards'} ${named(missing.map(String))}`,
        ]
      : []),
    ...(wrong.length > 0 ? [named(wrong)] : []),
  ]
  throw new InputError(
    plan.name,
    `${said.join('; ')}; run filterlens analyze --plan ${plan.name} --pass ${pass} --shard … for each`,
  )
}

function named(names: readonly string[]): string {
  return names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : list(names)
}
