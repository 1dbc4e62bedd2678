import { join } from 'node:path'
import { isEmptyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { CollectedRun } from '../results/collect.ts'
import type { ExtendedRun } from '../results/extend-run.ts'
import { plural } from '../words.ts'
import { activationChoice, activationOptions } from './activation.ts'
import { modelsView, modelView } from './analysis-view.ts'
import type { Command } from './command.ts'
import { groupsView } from './groups-view.ts'
import { checkInputs, fileCheckView, LayersToCheck } from './input-check.ts'
import { type Measured, measureInputs } from './measuring.ts'
import { measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { complain, print, printParts, printRow, say, warn } from './talk.ts'
import { letYoungHeapGrow } from './young-heap.ts'

export const analyzeCommand: Command = {
  options: (parser) =>
    activationOptions(measuringOptions(parser))
      .positional('inputs', {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          'model files, folders, globs, a filter database, https:// or hf:// addresses, @list.txt, - for a list on standard input',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        describe: 'folder for the results: tables, parameters, hashes',
        group: 'Output:',
      })
      .option('json', { type: 'boolean', describe: 'print JSON', group: 'Output:' })
      .option('csv', { type: 'boolean', describe: 'print the layer table as CSV', group: 'Output:' })
      .conflicts('json', 'csv')
      .option('layers', { type: 'boolean', describe: 'show every layer of every model', group: 'Output:' })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'list every model on a terminal, not only the flagged and the extremes of many',
        group: 'Output:',
      })
      .option('report', {
        type: 'boolean',
        default: false,
        describe: 'add report.html and its figures to the results',
        group: 'Output:',
      })
      .option('meta', {
        type: 'string',
        describe: 'CSV about the models; its column Name holds their file names without the ending',
        group: 'Groups:',
      })
      .option('pairs', {
        type: 'string',
        describe: 'CSV of pairs, columns Robust and Normal: compares the two groups',
        group: 'Groups:',
      })
      .option('pair-by', {
        type: 'string',
        describe: 'makes the pairs: robust and normal models with the same values in these columns (architecture,dataset)',
        group: 'Groups:',
      })
      .option('group-by', {
        type: 'string',
        array: true,
        describe: 'compares the models by the values of a column of --meta; several: each on its own',
        group: 'Groups:',
      })
      .option('within', {
        type: 'string',
        describe: 'with --group-by: compares within the values of this column (default: the data set)',
        group: 'Groups:',
      })
      .option('correlate', {
        type: 'string',
        array: true,
        describe: 'rank correlations of the metrics with these numeric columns',
        group: 'Groups:',
      })
      .option('name-column', {
        type: 'string',
        describe: 'the column of --meta that holds the names of the models (default: Name)',
        group: 'Groups:',
      })
      .conflicts('pairs', 'pair-by')
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
    const output = words['output'] as string | undefined
    if (words['report'] === true && output === undefined)
      throw new UsageError('--report needs a folder for the results: add -o results')
    const activation = activationChoice(words)
    if (activation && words['report'] !== true)
      throw new UsageError('--image is shown in the report: add --report, or use filterlens activate')
    const pairs = words['pairs'] as string | undefined
    const meta = words['meta'] as string | undefined
    const tolerance = numberOption(words, 'check-tolerance', 'a number from 0', (x) => x >= 0)!
    const toCheck = words['check-against-file'] === true ? new LayersToCheck() : undefined
    const pairBy = (words['pair-by'] as string | undefined)?.split(',').map((name) => name.trim())
    const question = {
      groupBy: words['group-by'] as string[] | undefined,
      within: words['within'] as string | undefined,
      correlate: words['correlate'] as string[] | undefined,
    }
    if (question.within !== undefined && !question.groupBy)
      throw new UsageError('--within says where --group-by compares; give --group-by too')
    let extended: Pick<ExtendedRun, 'groups' | 'studies'> = { groups: undefined, studies: undefined }
    const inputs = await listInputs(words['inputs'] as string[])
    const measured = await measureInputs({
      inputs,
      options: measuringOptionsOf(words),
      meta,
      nameColumn: words['name-column'] as string | undefined,
      output,
      resume: words['resume'] === true,
      keepLayers: words['json'] === true || words['csv'] === true || words['layers'] === true,
      ...(toCheck && { onLayer: (row, input) => toCheck.add(input.path, row) }),
      ...((pairs !== undefined || pairBy || meta !== undefined || output !== undefined || !isEmptyQuestion(question)) && {
        extend: async (run) => {
          if (words['report'] === true || pairs !== undefined) letYoungHeapGrow()
          const { extendByOptions: extendRun } = await import('./extend.ts')
          extended = await extendRun(run, {
            pairs,
            pairBy,
            question: isEmptyQuestion(question) ? undefined : question,
            report: words['report'] === true,
            activation,
          })
        },
      }),
    })
    const { record } = measured
    for (const text of record.warnings) warn(text)
    for (const { file, problem } of record.failed) complain(`${file}: ${problem}`)
    const checks = toCheck && (await checkInputs(inputs, toCheck, tolerance))
    for (const { file, problem } of checks ?? []) if (problem !== undefined) complain(`${file}: ${problem}`)
    const compared = checks?.filter(({ problem }) => problem === undefined) ?? []
    // What a run prints is loaded when it is asked for: each file that need not be read is time that every run is spared.
    if (words['json'] === true)
      printParts(
        (await import('../results/json.ts')).recordJsonParts(record, extended.groups, checks, undefined, extended.studies),
      )
    else if (words['csv'] === true) {
      const { layersCsv } = await import('../results/csv.ts')
      for (const line of layersCsv(record.layers, storedMetrics(record.parameters))) printRow(line)
      for (const check of compared) say(fileCheckView(check))
    } else {
      print(view(record, words['layers'] as boolean | undefined, words['all'] === true))
      const counted =
        meta === undefined ? undefined : (await import('./counts-view.ts')).countsView(record.models, extended.groups?.datasets)
      if (counted !== undefined) print(counted)
      if (extended.groups) print(groupsView(extended.groups))
      if (extended.studies) print((await import('./studies-view.ts')).studiesView(extended.studies))
      for (const check of compared) print(fileCheckView(check))
      say(closing(measured, output, words['report'] === true))
    }
    return record.failed.length > 0 || checks?.some(({ passed }) => !passed) ? 1 : 0
  },
}

function view(record: CollectedRun, layers: boolean | undefined, all: boolean): string {
  const single = record.models.length === 1
  const overview = single ? [] : [modelsView(record, all)]
  const parts =
    (layers ?? single)
      ? overview.concat(record.models.map((model) => modelView(record, model, all || layers === true)))
      : overview
  return `\n${parts.join('\n\n')}\n`
}

function closing({ record, seconds, resultsSha256 }: Measured, output: string | undefined, report: boolean): string {
  const filters = record.models.reduce((n, model) => n + model.filters, 0)
  const speed = `${plural(filters, 'filter')} in ${plural(record.layerCount, 'layer')}, ${seconds.toFixed(2)} s`
  if (output === undefined) return `${speed}  ·  -o results keeps them`
  const next = report ? `report: ${join(output, 'report.html')}` : `filterlens report ${output}`
  return `${speed}  ·  ${next}\nresults.sha256 ${resultsSha256}`
}
