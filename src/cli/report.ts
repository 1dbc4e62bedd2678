import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { writeFile } from '../io/sink.ts'
import { reportHtml } from '../report/build-report.ts'
import { type FigureFormat, filesOfFigures } from '../report/figure-files.ts'
import { drawReportFigures } from '../report/report-figures.ts'
import type { ReportInput } from '../report/report-input.ts'
import { prepareReport } from '../report/reported-layers.ts'
import { withReportInput } from '../results/report-input.ts'
import type { Command, Words } from './command.ts'
import { type FigureEnding, figureEndings, figureFormat, figureLookOptions } from './figure-output.ts'
import { writeTogether } from './files-together.ts'
import { type OutputFile, placeOutput, requireNoInput, writeOutput } from './output-file.ts'
import { requireOwnFolder } from './own-folder.ts'
import { withResults } from './results-place.ts'
import { print, warn } from './talk.ts'

export const reportCommand: Command = {
  options: (parser) =>
    figureLookOptions(parser)
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote, or its zip' })
      .option('output', { alias: 'o', type: 'string', default: 'report.html', describe: 'the report' })
      .option('title', { type: 'string', describe: 'its heading' })
      .option('figures', { choices: figureEndings, describe: 'write the figures as files too, into <report>-figures/' })
      .example('$0 report results -o report.html', '')
      .example('$0 report results --figures png', 'figures for slides'),
  async run(words) {
    const results = words['results'] as string
    const output = words['output'] as string
    if (!/\.html?$/i.test(output))
      throw new UsageError(`-o ${output}: the report is an HTML file; give a name that ends in .html`)
    const place = await placeReport(output, '-o', words)
    await requireNoInput([place], [results])
    await withResults(results, (folder) =>
      withReportInput(folder, results, async (input) => {
        for (const text of input.analysis.warnings) warn(text)
        await writeReport(
          { ...input, ...(words['title'] !== undefined && { title: words['title'] as string }) },
          place,
          await figuresAsked(words),
        )
      }),
    )
    return 0
  },
}

/** How the figures are asked for as files; undefined: not at all. @throws UsageError */
export async function figuresAsked(words: Words): Promise<FigureFormat | undefined> {
  const ending = words['figures'] as FigureEnding | undefined
  return ending && figureFormat(words, ending)
}

const figuresBeside = (output: string): string => output.replace(/\.html?$/i, '-figures')

/** Looks at where a report and its figures are to be, before anything is drawn. @throws InputError or UsageError */
export async function placeReport(output: string, option: string, words: Words): Promise<OutputFile> {
  const place = await placeOutput(output, option)
  if (words['figures'] !== undefined) requireOwnFolder(figuresBeside(output), undefined, '--figures')
  return place
}

/** Writes a report, and its figures beside it when they are asked for; says where. */
export async function writeReport(input: ReportInput, output: OutputFile, figures: FigureFormat | undefined): Promise<void> {
  const path = figuresBeside(output.path)
  const report = await prepareReport(input)
  const placed = await drawReportFigures(report)
  const drawn = figures === undefined ? [] : await filesOfFigures(placed, figures)
  await writeOutput(output, await reportHtml(report, placed))
  print(output.path)
  if (drawn.length === 0) return
  await writeTogether(path, async (target) => {
    for (const file of drawn) await writeFile(target, file.name, file.bytes)
  })
  for (const file of drawn) print(join(path, file.name))
}
