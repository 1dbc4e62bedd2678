import { basename, dirname, join } from 'node:path'
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
import { withResults } from './results-place.ts'
import { openOutput } from './run-control.ts'
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
    await withResults(results, (folder) =>
      withReportInput(folder, results, async (input) => {
        for (const text of input.analysis.warnings) warn(text)
        await writeReport(
          { ...input, ...(words['title'] !== undefined && { title: words['title'] as string }) },
          output,
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

/** Writes a report, and its figures beside it when they are asked for; says where. */
export async function writeReport(input: ReportInput, output: string, figures: FigureFormat | undefined): Promise<void> {
  const path = output.replace(/\.html?$/i, '-figures')
  const report = await prepareReport(input)
  const placed = await drawReportFigures(report)
  const drawn = figures === undefined ? [] : await filesOfFigures(placed, figures)
  const { folder } = await openOutput(dirname(output))
  await writeFile(folder, basename(output), await reportHtml(report, placed))
  print(output)
  if (drawn.length === 0) return
  await writeTogether(path, async (target) => {
    for (const file of drawn) await writeFile(target, file.name, file.bytes)
  })
  for (const file of drawn) print(join(path, file.name))
}
