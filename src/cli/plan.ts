import { resolve } from 'node:path'
import { knownColumns, metaValue, robustOf } from '../analysis/members.ts'
import type { MetaTable } from '../analysis/meta-table.ts'
import { isEmptyQuestion } from '../analysis/study.ts'
import { InputError, UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { steadyInputs } from '../inputs/steady-inputs.ts'
import { diskFolder, openFile } from '../io/node.ts'
import { type OutputFolder, writeFile } from '../io/sink.ts'
import { settingsOf } from '../measure/options.ts'
import { writeInventory } from '../shards/inventory.ts'
import { MOST_SHARDS, type PlannedQuestion, planText, type RunPlan, readPlan, sha256OfBytes } from '../shards/plan.ts'
import { type PassName, passes, planPaths } from '../shards/plan-paths.ts'
import { version } from '../version.ts'
import { moduleSha256 } from '../wasm/module.ts'
import { requireAnswerable } from './asked-columns.ts'
import type { Command, Words } from './command.ts'
import { stageTogether } from './files-together.ts'
import { mayGoOn } from './measuring.ts'
import { measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { namedTable, readMetaFile, readPairTable } from './meta-file.ts'
import { requireOwnFolder } from './own-folder.ts'
import { planJson, planView } from './plan-view.ts'
import { openProgressBar } from './progress.ts'
import { questionOf, questionOptions } from './question-options.ts'
import { withInterrupt } from './run-control.ts'
import { complain, print, say, warn } from './talk.ts'

export const planCommand: Command = {
  options: (parser) =>
    questionOptions(measuringOptions(parser))
      .positional('inputs', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'as for analyze: files, folders, globs, addresses, @list.txt, - for a list on standard input',
      })
      .option('shards', { demandOption: true, describe: 'into how many shards', group: 'Output:' })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'folder for the plan and the parts',
        group: 'Output:',
      })
      .option('json', { type: 'boolean', describe: 'print JSON', group: 'Output:' })
      .example('$0 plan models/ --shards 64 -o plan', 'then, on any machine that sees models/ and plan/:')
      .example('$0 analyze --plan plan --shard 0', 'one shard; every number from 0 to 63 once')
      .example('$0 merge plan -o results', 'when all are done')
      .example('$0 plan @list.txt --meta meta.csv --pairs pairs.csv --report --shards 200 -o plan', 'a whole study'),
  async run(words) {
    const output = words['output'] as string
    const shards = numberOption(
      words,
      'shards',
      `a whole number from 1 to ${MOST_SHARDS}`,
      (n) => Number.isSafeInteger(n) && n > 0 && n <= MOST_SHARDS,
    )!
    const options = measuringOptionsOf(words)
    if (options.workers !== undefined || options.batchSize !== undefined)
      throw new UsageError('--workers and --batch-size are of the machine that measures; give them to filterlens analyze --plan')
    const settings = settingsOf(options)
    const { question, copies, table } = await askedOf(words)
    requireOwnFolder(output, 'plan')
    const listed = await listInputs(words['inputs'] as string[])
    await requireAnswerable({ asked: question, meta: namedTable(question.meta), nameColumn: question.nameColumn }, listed)
    const inputs = steadyInputs(listed)
    const { metrics, ...plain } = options
    const staged = await stageTogether(output)
    const progress = openProgressBar()
    try {
      return await withInterrupt(
        () => 'nothing was written',
        async (signal) => {
          const { folder } = staged
          const files: Record<string, string> = {}
          for (const [name, bytes] of copies) files[name] = await writeHashed(folder, name, bytes)
          const found = await writeInventory(folder, {
            inputs,
            settings,
            keepGoing: options.keepGoing,
            shards,
            signal,
            onInput: (done, path) => progress.update(done, inputs.length, path),
          })
          progress.stop()
          if (found.totals.layers === 0 && found.failed.length > 0) {
            const [{ file, problem }] = found.failed as [(typeof found.failed)[number]]
            throw new InputError(file, problem)
          }
          const relative = inputs.some(({ location }) => !/^[a-z]+:\/\//i.test(location) && resolve(location) !== location)
          const plan: RunPlan = {
            filterlens: version,
            module: moduleSha256,
            folder: relative ? process.cwd() : null,
            options: { ...plain, ...(metrics && { metrics: [...metrics] }) },
            question,
            totals: found.totals,
            files: { ...files, [planPaths.inputs]: found.sha256 },
            passes: passesOf(question, table, found.sides),
            shards: found.shards,
          }
          const text = planText(plan)
          const before = await planThere(output)
          if (before === undefined) {
            await writeFile(folder, planPaths.plan, text)
            await staged.commit()
          } else {
            await staged.discard()
            if (before !== text)
              throw new InputError(output, 'holds another plan already, and perhaps its parts; give another folder, or delete it')
            say(`${output} holds this plan already`)
          }
          for (const warning of found.warnings) warn(warning)
          for (const { file, problem } of found.failed) complain(`${file}: ${problem}`)
          print(
            words['json'] === true ? planJson(plan, await sha256OfBytes(new TextEncoder().encode(text))) : planView(plan, output),
          )
          return found.failed.length > 0 ? 1 : 0
        },
      )
    } catch (error) {
      await staged.discard()
      throw mayGoOn(error, { inputs, options })
        ? new InputError(error.file, `${error.problem}; --keep-going goes on with the others`)
        : error
    } finally {
      progress.stop()
    }
  },
}

/** The question of a plan, whose tables were read once to know that they can be. */
async function askedOf(
  words: Words,
): Promise<{ question: PlannedQuestion; copies: [name: string, bytes: Uint8Array][]; table: MetaTable | undefined }> {
  const { meta, nameColumn, pairs, pairBy, question, report } = questionOf(words)
  const table = await readMetaFile(namedTable(meta), nameColumn)
  if (pairs !== undefined) await readPairTable({ file: pairs })
  const copies: [string, Uint8Array][] = []
  if (meta !== undefined) copies.push([planPaths.meta, await bytesOf(meta)])
  if (pairs !== undefined) copies.push([planPaths.pairs, await bytesOf(pairs)])
  const { groupBy, within, correlate } = question
  return {
    question: {
      ...(meta !== undefined && { meta }),
      ...(nameColumn !== undefined && { nameColumn }),
      ...(pairs !== undefined && { pairs }),
      ...(pairBy && { pairBy: [...pairBy] }),
      ...(!isEmptyQuestion(question) && {
        ...(groupBy && { groupBy: [...groupBy] }),
        ...(within !== undefined && { within }),
        ...(correlate && { correlate: [...correlate] }),
      }),
      report,
    },
    copies,
    table,
  }
}

/** The passes that a question asks for: the filters are read again for two groups and for studies. */
function passesOf(
  { pairs, pairBy, groupBy }: PlannedQuestion,
  table: MetaTable | undefined,
  sides: ReadonlySet<'a' | 'b'>,
): PassName[] {
  const all = new Set(sides)
  for (const { values } of table?.rows ?? []) {
    const side = robustOf(metaValue(values, knownColumns.robust))
    if (side) all.add(side)
  }
  return pairs !== undefined || pairBy || groupBy || all.size > 1 ? [...passes] : ['measure']
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const access = await openFile(path)
  try {
    return await access.read(0, access.byteLength)
  } finally {
    await access.close?.()
  }
}

async function writeHashed(folder: OutputFolder, name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(folder, name, bytes)
  return sha256OfBytes(bytes)
}

/** The text of the plan that lies in a folder; undefined when none does. */
async function planThere(output: string): Promise<string | undefined> {
  const folder = diskFolder(output)
  const access = await folder.open(planPaths.plan)
  if (!access) return undefined
  try {
    const text = new TextDecoder().decode(await access.read(0, access.byteLength))
    await readPlan(folder, output)
    return text
  } finally {
    await access.close?.()
  }
}
