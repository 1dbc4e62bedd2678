import type { Argv } from 'yargs'
import type { StudyQuestion } from '../analysis/study.ts'
import { UsageError } from '../errors.ts'
import type { Words } from './command.ts'

/** Adds the options of what is asked beyond the tables. */
export function questionOptions(parser: Argv): Argv {
  return parser
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
}

/** What is asked beyond the tables. */
export interface AskedQuestion {
  readonly meta: string | undefined
  readonly nameColumn: string | undefined
  readonly pairs: string | undefined
  readonly pairBy: readonly string[] | undefined
  readonly question: StudyQuestion
  readonly report: boolean
}

/** Reads the options back. @throws UsageError */
export function questionOf(words: Words): AskedQuestion {
  const question = {
    groupBy: words['group-by'] as string[] | undefined,
    within: words['within'] as string | undefined,
    correlate: words['correlate'] as string[] | undefined,
  }
  if (question.within !== undefined && !question.groupBy)
    throw new UsageError('--within says where --group-by compares; give --group-by too')
  if (words['name-column'] !== undefined && words['meta'] === undefined)
    throw new UsageError('--name-column is of a table about the models; give it with --meta')
  return {
    meta: words['meta'] as string | undefined,
    nameColumn: words['name-column'] as string | undefined,
    pairs: words['pairs'] as string | undefined,
    pairBy: (words['pair-by'] as string | undefined)?.split(',').map((name) => name.trim()),
    question,
    report: words['report'] === true,
  }
}
