import { join } from 'node:path'
import { pairsBy } from '../analysis/pair-by.ts'
import { outputFolder } from '../io/node-output.ts'
import { writeFile } from '../io/sink.ts'
import { settingsOf } from '../measure/options.ts'
import { collectRun } from '../results/collect.ts'
import { commonRanges, runOfEvents } from '../shards/merged-coefficients.ts'
import { mergedEvents } from '../shards/merged-events.ts'
import { openPart, requireParts } from '../shards/parts.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { planPaths } from '../shards/plan-paths.ts'
import { readPasses, readRanges, secondPassesOf, settledText } from '../shards/second-pass.ts'
import { plural } from '../words.ts'
import { readMetaFile, readPairsFile } from './meta-file.ts'
import { copyOf, optionsOfPlan, questionOfPlan } from './plan-place.ts'
import { withInterrupt } from './run-control.ts'
import { say } from './talk.ts'

/**
 * Settles what the passes over the filters need of one another: when all is measured the bases, when all ranges are known the common ones.
 * What is settled already stays. @returns the exit code @throws InputError that names the parts that are missing
 */
export function settleBasis(plan: OpenPlan): Promise<number> {
  return withInterrupt(
    () => 'run the same command again',
    async (signal) => {
      const basis = await readPasses(plan)
      if (!basis) {
        await requireParts(plan, 'measure', plan.hash)
        const passes = await passesOfPlan(plan, signal)
        await writeSettled(plan, planPaths.basis, settledText(plan.hash, passes))
        say(
          passes.length === 0
            ? `${plan.name}: nothing asks for the filters again; next: filterlens merge ${plan.name} -o results`
            : `${plan.name}: ${plural(passes.length, 'basis', 'bases')} written; next: every shard with --pass ranges`,
        )
        return 0
      }
      if (basis.value.length === 0) {
        say(`${plan.name}: nothing asks for the filters again`)
        return 0
      }
      if (await readRanges(plan, basis)) {
        say(`${plan.name}: bases and common ranges are there; next: every shard with --pass counts`)
        return 0
      }
      if (await isBegun(plan)) await requireParts(plan, 'ranges', basis.hash)
      else {
        say(`${plan.name}: the bases are there; next: every shard with --pass ranges`)
        return 0
      }
      const ranges = await commonRanges(plan, basis.value, (pass, shard) => openPart(plan, pass, shard))
      await writeSettled(plan, planPaths.range, settledText(basis.hash, ranges))
      say(`${plan.name}: common ranges written; next: every shard with --pass counts`)
      return 0
    },
  )
}

async function isBegun({ plan, folder }: OpenPlan): Promise<boolean> {
  for (const shard of plan.shards.keys()) {
    const access = await folder.open(planPaths.part('ranges', shard))
    await access?.close?.()
    if (access) return true
  }
  return false
}

async function writeSettled({ name }: OpenPlan, path: string, text: string): Promise<void> {
  const folder = outputFolder(name)
  await writeFile(folder, path, text)
  await folder.sync()
}

async function passesOfPlan(plan: OpenPlan, signal: AbortSignal): ReturnType<typeof secondPassesOf> {
  const { meta, nameColumn, pairs, pairBy } = plan.plan.question
  const events = (): ReturnType<typeof mergedEvents> => mergedEvents(plan, (shard) => openPart(plan, 'measure', shard))
  const record = await collectRun(events(), {
    parameters: settingsOf(optionsOfPlan(plan)).parameters,
    meta: await readMetaFile(meta === undefined ? undefined : { file: meta, copy: copyOf(plan, planPaths.meta) }, nameColumn),
    goesOn: false,
    keepModels: 0,
  })
  const names = record.models.map(({ model }) => model)
  const table = pairs === undefined ? undefined : { file: pairs, copy: join(plan.name, planPaths.pairs) }
  return secondPassesOf(
    runOfEvents(record, events),
    {
      pairs: table ? await readPairsFile(table, names) : pairBy && pairsBy(record.models, pairBy).pairs,
      question: questionOfPlan(plan),
    },
    signal,
  )
}
