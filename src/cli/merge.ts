import { join } from 'node:path'
import { isEmptyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import { nullableMetrics } from '../measure/layer-row.ts'
import type { ExtendedRun } from '../results/extend-run.ts'
import { mergedEvents } from '../shards/merged-events.ts'
import { openPart, requireParts } from '../shards/parts.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { planPaths } from '../shards/plan-paths.ts'
import { piecesOfPlan, plannedLines } from '../shards/planned-inputs.ts'
import { PlannedOpener } from '../shards/planned-opener.ts'
import { activationChoice, activationOptions } from './activation.ts'
import type { Command } from './command.ts'
import { sayNotes, showMeasured } from './measured-view.ts'
import { type MeasuringTask, measureInputs } from './measuring.ts'
import { openPlan, plannedPlaces, requireApart } from './plan-place.ts'
import { letYoungHeapGrow } from './young-heap.ts'

export const mergeCommand: Command = {
  options: (parser) =>
    activationOptions(parser)
      .positional('plan', { type: 'string', demandOption: true, describe: 'folder that filterlens plan wrote' })
      .option('output', { alias: 'o', type: 'string', describe: 'folder for the results', group: 'Output:' })
      .option('json', { type: 'boolean', describe: 'print JSON', group: 'Output:' })
      .option('csv', { type: 'boolean', describe: 'print the layer table as CSV', group: 'Output:' })
      .conflicts('json', 'csv')
      .option('layers', { type: 'boolean', describe: 'show every layer of every model', group: 'Output:' })
      .option('all', { type: 'boolean', default: false, describe: 'list every model on a terminal', group: 'Output:' })
      .example('$0 merge plan -o results', 'when every shard has its part'),
  async run(words) {
    const plan = await openPlan(words['plan'] as string)
    const output = words['output'] as string | undefined
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
  let extended: Pick<ExtendedRun, 'groups' | 'studies'> = { groups: undefined, studies: undefined }
  const place = plannedPlaces(plan)
  const measured = await measureInputs({
    inputs: activation ? await inputsOf(plan) : [],
    options: measuringOptionsOfPlan(plan),
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
      const asked = { groupBy: question.groupBy, within: question.within, correlate: question.correlate }
      extended = await extendByOptions(run, {
        pairs: question.pairs === undefined ? undefined : { file: question.pairs, copy: copyOf(plan, planPaths.pairs) },
        pairBy: question.pairBy,
        question: isEmptyQuestion(asked) ? undefined : asked,
        report: question.report,
        activation,
        again: {
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

function copyOf({ name }: OpenPlan, file: string): string {
  return join(name, file)
}

/** The options that the plan holds, as a run takes them. */
function measuringOptionsOfPlan({ plan }: OpenPlan): MeasuringTask['options'] {
  const { metrics, ...options } = plan.options
  return { ...options, ...(metrics && { metrics: nullableMetrics.filter((name) => metrics.includes(name)) }) }
}

async function inputsOf(plan: OpenPlan): Promise<FoundInput[]> {
  const place = plannedPlaces(plan)
  const inputs: FoundInput[] = []
  for await (const { input } of plannedLines(plan)) if (input) inputs.push({ ...place(input), location: input.location })
  return inputs
}
