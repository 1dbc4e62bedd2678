import { baselineFindings } from '../analysis/baseline.ts'
import { judgeByGate } from '../analysis/gate.ts'
import { type LimitRule, limitNames } from '../analysis/limits.ts'
import { UsageError } from '../errors.ts'
import { comparedMetrics } from '../measure/metrics/registry.ts'
import { version } from '../version.ts'
import { list } from '../words.ts'
import { type CheckFormat, checkFormats } from './check-formats.ts'
import { type CheckReport, hasPassed } from './check-report.ts'
import type { Command, Words } from './command.ts'
import { configFile, gateOf, gateOptions } from './gate-options.ts'
import { measuredModels, withBaseline } from './measured-models.ts'
import { type MeasuringOptions, measuringOptions, measuringOptionsOf } from './measuring-options.ts'
import { type OutputFile, placeOutput, requireApartFiles, requireNoInput, writeOutput } from './output-file.ts'
import { print, warn } from './talk.ts'

const formatNames = Object.keys(checkFormats) as CheckFormat[]

export const checkCommand: Command = {
  options: (parser) =>
    gateOptions(measuringOptions(parser))
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'model files, folders or globs' })
      .option('format', {
        type: 'string',
        array: true,
        nargs: 1, // what follows is a model
        describe: `${list(formatNames, 'or')}; FORMAT=FILE writes a file; may be given several times`,
        group: 'Output:',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON, as --format json', group: 'Output:' })
      .example('$0 check net.onnx', 'no layer may be flagged')
      .example('$0 check net.onnx --max-sparsity 0.5 --min-entropy 0.3', 'no layer mostly dead, none with few patterns')
      .example('$0 check new.pth --baseline old.pth', 'no layer worse than before')
      .example('$0 check net.onnx --format github --format sarif=net.sarif', 'for GitHub Actions: annotations, and a file'),
  async run(words) {
    const outputs = await placed(outputsOf(words))
    const files = outputs.flatMap(({ file }) => file ?? [])
    requireApartFiles(files)
    const options: MeasuringOptions = { ...measuringOptionsOf(words), skipNonFinite: true }
    const { baseline, tolerances, ...gate } = await gateOf(words)
    requireMeasured(gate.limits, options.metrics)
    const models = words['inputs'] as string[]
    await requireNoInput(files, [...models, baseline ?? [], configFile(words)].flat())
    const read = new Set<string>()
    const onFile = (path: string): void => void read.add(path)
    const measured = await withBaseline(
      baseline,
      options,
      (before) => measuredModels(models, options, before && ((now) => baselineFindings(now, before, tolerances)), onFile),
      onFile,
    )
    const { analysis, compared } = measured
    await requireNoInput(files, read)
    if (baseline !== undefined && compared?.compared === 0 && analysis.layers.length > 0)
      throw new UsageError(`--baseline ${baseline}: nothing here can be compared with it: ${compared.notes.join('; ')}`)
    const { found, judged, ignored, undefinedValues, notes } = judgeByGate(analysis, { ...gate, baseline: compared })
    const report: CheckReport = {
      version,
      found,
      judged,
      ignored,
      undefinedValues,
      limits: Object.fromEntries(gate.limits.map((rule) => [rule.pattern, rule.limits])),
      failed: analysis.failed,
      files: measured.files,
      seconds: measured.seconds,
      finished: new Date().toISOString(),
    }
    for (const { format, file } of outputs) {
      const text = checkFormats[format](report)
      if (file === undefined) print(text)
      else await writeOutput(file, `${text}\n`)
    }
    for (const text of [...analysis.warnings, ...notes]) warn(text)
    return hasPassed(report) ? 0 : 1
  },
}

/** @throws UsageError for a limit of a metric that is not to be measured: nothing would be held to it */
function requireMeasured(rules: readonly LimitRule[], metrics: MeasuringOptions['metrics']): void {
  for (const metric of comparedMetrics) {
    const name = limitNames[metric]
    if (metrics && !metrics.includes(metric) && rules.some(({ limits }) => limits[name] !== undefined))
      throw new UsageError(`there is a limit ${name}, and --metrics leaves ${metric} out; add it`)
  }
}

/** Looks at each file before anything is measured. @throws InputError or UsageError */
async function placed(
  outputs: ReturnType<typeof outputsOf>,
): Promise<{ readonly format: CheckFormat; readonly file?: OutputFile }[]> {
  return Promise.all(
    outputs.map(async ({ format, file }) => ({
      format,
      ...(file !== undefined && { file: await placeOutput(file, `--format ${format}`) }),
    })),
  )
}

/** Where the report goes, and in which format. @throws UsageError */
function outputsOf(words: Words): { readonly format: CheckFormat; readonly file?: string }[] {
  const given = [...((words['format'] as string[] | undefined) ?? []), ...(words['json'] === true ? ['json'] : [])]
  const outputs = given.map((text) => {
    const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(text)!
    const format = formatNames.find((known) => known === name)
    if (format === undefined || file === '')
      throw new UsageError(`--format ${text}: give ${list(formatNames, 'or')}, or for a file FORMAT=FILE`)
    return { format, ...(file !== undefined && { file }) }
  })
  const printed = outputs.filter(({ file }) => file === undefined)
  if (printed.length > 1)
    throw new UsageError(
      `--format: ${list(printed.map(({ format }) => format))} would be printed into one another; write all but one to a file: --format ${printed[1]!.format}=FILE`,
    )
  return outputs.length > 0 ? outputs : [{ format: 'text' }]
}
