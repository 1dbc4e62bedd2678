import { isEmptyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import type { ExtendedRun } from '../results/extend-run.ts'
import { activationChoice, activationOptions } from './activation.ts'
import { requireAnswerable } from './asked-columns.ts'
import type { Command } from './command.ts'
import { checkInputs, LayersToCheck } from './input-check.ts'
import { sayNotes, showMeasured, shownOptions } from './measured-view.ts'
import { measureInputs } from './measuring.ts'
import { measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { namedTable } from './meta-file.ts'
import { questionOf, questionOptions } from './question-options.ts'
import { shardOptions } from './shard-options.ts'
import { letYoungHeapGrow } from './young-heap.ts'

export const analyzeCommand: Command = {
  options: (parser) =>
    shownOptions(shardOptions(activationOptions(questionOptions(measuringOptions(parser)))))
      .positional('inputs', {
        type: 'string',
        array: true,
        describe:
          'model files, folders, globs, a filter database, https:// or hf:// addresses, @list.txt, - for a list on standard input',
      })
      .option('check-against-file', {
        type: 'boolean',
        default: false,
        describe: 'compare with the results that a dataset.h5 itself holds; exit code 1 when they differ',
        group: 'Checking:',
      })
      .option('check-tolerance', {
        default: 1e-9,
        describe: 'largest difference that passes, relative to values above 1',
        group: 'Checking:',
      })
      .option('resume', {
        type: 'boolean',
        default: true,
        describe: 'continue an interrupted run into the same folder',
        group: 'Running:',
      })
      .example('$0 analyze resnet50.onnx', 'one model: a row a layer')
      .example('$0 analyze models/ --meta models/meta.csv -o results', 'many models, results to a folder')
      .example('$0 analyze data --meta data/meta.csv --pairs data/pairs.csv -o results --report', 'the whole study')
      .example('$0 analyze dataset.h5 --check-against-file', 'against the numbers in the file')
      .example('$0 analyze hf://timm/resnet18.a1_in1k', 'a repository of the Hugging Face hub (HF_TOKEN for private ones)')
      .example('$0 analyze @list.txt', 'the inputs that a file lists, one a line')
      .example('$0 analyze net.safetensors --json', 'for a script'),
  async run(words) {
    if (words['plan'] !== undefined) return (await import('./shard.ts')).runShard(words)
    if (words['shard'] !== undefined || words['pass'] !== undefined)
      throw new UsageError('--shard and --pass are of a plan; give --plan too')
    if ((words['inputs'] as string[]).length === 0)
      throw new UsageError('filterlens analyze <inputs..>: something is missing; filterlens analyze --help has examples')
    const output = words['output'] as string | undefined
    if (words['report'] === true && output === undefined)
      throw new UsageError('--report needs a folder for the results: add -o results')
    const activation = activationChoice(words)
    if (activation && words['report'] !== true)
      throw new UsageError('--image is shown in the report: add --report, or use filterlens activate')
    const { meta, nameColumn, pairs, pairBy, question, report } = questionOf(words)
    const tolerance = numberOption(words, 'check-tolerance', 'a number from 0', (x) => x >= 0)!
    const toCheck = words['check-against-file'] === true ? new LayersToCheck() : undefined
    let extended: Pick<ExtendedRun, 'groups' | 'studies'> = { groups: undefined, studies: undefined }
    const inputs = await listInputs(words['inputs'] as string[])
    await requireAnswerable({ asked: { ...question, pairBy }, meta: namedTable(meta), nameColumn }, inputs)
    const measured = await measureInputs({
      inputs,
      options: measuringOptionsOf(words),
      meta: namedTable(meta),
      nameColumn,
      output,
      resume: words['resume'] === true,
      keepLayers: words['json'] === true || words['csv'] === true || words['layers'] === true,
      ...(toCheck && { onLayer: (row, input) => toCheck.add(input.path, row) }),
      ...((pairs !== undefined || pairBy || meta !== undefined || output !== undefined || !isEmptyQuestion(question)) && {
        extend: async (run) => {
          if (report || pairs !== undefined) letYoungHeapGrow()
          const { extendByOptions: extendRun } = await import('./extend.ts')
          extended = await extendRun(run, {
            pairs: namedTable(pairs),
            pairBy,
            question: isEmptyQuestion(question) ? undefined : question,
            report,
            activation,
          })
        },
      }),
    })
    sayNotes(measured.record)
    const checks = toCheck && (await checkInputs(inputs, toCheck, tolerance))
    await showMeasured({ words, measured, extended, checks, hasMeta: meta !== undefined, report })
    return measured.record.failed.length > 0 || checks?.some(({ passed }) => !passed) ? 1 : 0
  },
}
