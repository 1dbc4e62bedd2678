import { InputError, UsageError } from '../errors.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import type { ExtendedRun } from '../results/extend-run.ts'
import { coefficientReader } from '../shards/merged-coefficients.ts'
import { mergedEvents } from '../shards/merged-events.ts'
import type { PartFacts } from '../shards/part-file.ts'
import { openPart, requireParts } from '../shards/parts.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { planPaths } from '../shards/plan-paths.ts'
import { piecesOfPlan, plannedLines } from '../shards/planned-inputs.ts'
import { PlannedOpener } from '../shards/planned-opener.ts'
import { neededPasses, readPasses, readRanges } from '../shards/second-pass.ts'
import { activationChoice, activationOptions } from './activation.ts'
import type { Command } from './command.ts'
import { sayNotes, showMeasured, shownOptions } from './measured-view.ts'
import { measureInputs } from './measuring.ts'
import { copyOf, openPlan, optionsOfPlan, plannedPlaces, questionOfPlan, requireApart } from './plan-place.ts'
import { say } from './talk.ts'
import { letYoungHeapGrow } from './young-heap.ts'

export const mergeCommand: Command = {
  options: (parser) =>
    shownOptions(activationOptions(parser))
      .positional('plan', { type: 'string', demandOption: true, describe: 'folder that filterlens plan wrote' })
      .option('basis', {
        type: 'boolean',
        default: false,
        describe: 'settle what the next pass over the filters needs, instead of writing results',
        group: 'Passes:',
      })
      .example('$0 merge plan -o results', 'when every shard has its part')
      .example('$0 merge plan --basis', 'between the passes of a study: after measure, and after ranges'),
  async run(words) {
    const plan = await openPlan(words['plan'] as string)
    const output = words['output'] as string | undefined
    if (words['basis'] === true) {
      if (output !== undefined) throw new UsageError('--basis writes to the plan, and no results; give it without -o')
      return (await import('./merge-basis.ts')).settleBasis(plan)
    }
    if (output === undefined) throw new UsageError('-o must be given: the folder for the results')
    requireApart(plan.name, output)
    return mergeResults(words, plan, output)
  },
}

async function mergeResults(words: Parameters<Command['run']>[0], plan: OpenPlan, output: string): Promise<number> {
  const { question, options } = plan.plan
  const activation = activationChoice(words)
  if (activation && !question.report) throw new UsageError('--image is shown in the report; plan with --report')
  const facts = await requireParts(plan, 'measure', plan.hash)
  const read = await secondPartsOf(plan, facts)
  let extended: Pick<ExtendedRun, 'groups' | 'studies'> = { groups: undefined, studies: undefined }
  const place = plannedPlaces(plan)
  const measured = await measureInputs({
    inputs: activation ? await inputsOf(plan) : [],
    options: optionsOfPlan(plan),
    events: () => mergedEvents(plan, (shard) => openPart(plan, 'measure', shard)),
    facts: () => ({
      shards: plan.plan.shards.length,
      shard_hosts: new Set(facts.map(({ host }) => host)).size,
      shard_processor_seconds: Math.round(facts.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0)),
    }),
    ...(question.meta !== undefined && { meta: { file: question.meta, copy: copyOf(plan, planPaths.meta) } }),
    nameColumn: question.nameColumn,
    output,
    resume: false,
    keepLayers: words['json'] === true || words['csv'] === true || words['layers'] === true,
    extend: async (run) => {
      if (question.report || question.pairs !== undefined) letYoungHeapGrow()
      const { extendByOptions } = await import('./extend.ts')
      extended = await extendByOptions(run, {
        pairs: question.pairs === undefined ? undefined : { file: question.pairs, copy: copyOf(plan, planPaths.pairs) },
        pairBy: question.pairBy,
        question: questionOfPlan(plan),
        report: question.report,
        activation,
        again: {
          ...(read && { read }),
          open: (choice, models) =>
            new PlannedOpener(piecesOfPlan(plan), {
              place,
              choice,
              hash: false,
              keepGoing: options.keepGoing,
              only: (model) => models.has(model),
              signal: run.signal,
            }),
        },
      })
    },
  })
  sayNotes(measured.record)
  await showMeasured({ words, measured, extended, hasMeta: question.meta !== undefined, report: question.report })
  return measured.record.failed.length > 0 ? 1 : 0
}

/** Reads the coefficients from the parts of the second pass; undefined where its bases are not settled: the filters are read here then. */
async function secondPartsOf(plan: OpenPlan, facts: PartFacts[]): Promise<ReturnType<typeof coefficientReader> | undefined> {
  const basis = await readPasses(plan)
  if (!basis) {
    if (neededPasses(plan).length > 1)
      say(
        `the filters are read again here; filterlens merge ${plan.name} --basis and two more passes of the shards spread that too`,
      )
    return undefined
  }
  if (basis.value.length === 0) return undefined
  for (const one of await requireParts(plan, 'ranges', basis.hash)) facts.push(one)
  const ranges = await readRanges(plan, basis)
  if (!ranges)
    throw new InputError(
      plan.name,
      `has no common ranges (${planPaths.range}); run filterlens merge ${plan.name} --basis, then --pass counts`,
    )
  for (const one of await requireParts(plan, 'counts', ranges.hash)) facts.push(one)
  return coefficientReader(plan, basis.value, ranges.value, (pass, shard) => openPart(plan, pass, shard))
}

async function inputsOf(plan: OpenPlan): Promise<FoundInput[]> {
  const place = plannedPlaces(plan)
  const inputs: FoundInput[] = []
  for await (const { input } of plannedLines(plan)) if (input) inputs.push({ ...place(input), location: input.location })
  return inputs
}
