import { bothNames, byChange } from '../analysis/by-change.ts'
import type { ModelComparison, WeightChange } from '../analysis/report-types.ts'
import { count, fixed, percent, plural } from '../words.ts'
import { pc } from './colour.ts'
import { printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'

/** Rows of the table; the rest is counted. */
const MOST_ROWS = 40

/** Titles of the columns, and which go first where the line is short: 0 stays. */
const headings = [
  ['change', 0],
  ['cosine', 0],
  ['least channel', 3],
  ['signs', 1],
  ['zeros', 2],
  ['D', 4],
  ['chance', 4],
] as const

const EXPLAINED =
  'change: length of the difference over that of the first; D: distribution shift, chance: its 95 % level for the same filters dealt out at random'

/** What changed in the weights, the layers that changed most first; empty where no weights were compared. */
export function changeView({ layers }: Pick<ModelComparison, 'layers'>): string {
  const { changed, same } = byChange(layers)
  if (changed.length === 0)
    return same.length === 0 ? '' : `\n${pc.green('✓')} no change: the weights of ${plural(same.length, 'layer')} are the same\n`
  const columns: TerminalColumn[] = [
    { title: 'layer', isName: true },
    ...headings.map(([title, drop]) => ({ title, align: 'right' as const, ...(drop > 0 && { drop }) })),
  ]
  const rows = changed.slice(0, MOST_ROWS).map(({ layer, change }) => [printable(bothNames(layer)), ...cellsOf(change)])
  const rest = changed.length - rows.length
  const more = rest > 0 ? [`and ${plural(rest, 'more layer')}`] : []
  const still =
    same.length > 0
      ? [`${plural(same.length, 'layer')} unchanged: ${same.map(({ layer }) => printable(bothNames(layer))).join(', ')}`]
      : []
  const notes = [...more, ...still, pc.dim(EXPLAINED)].map((line) => wrapped(line))
  return `\n${terminalTable(columns, rows)}\n\n${notes.join('\n')}\n`
}

function cellsOf(change: WeightChange): string[] {
  const { shift, shift_chance } = change
  return [
    percent(change.relative_change),
    fixed(change.cosine, 4),
    change.least_cosine === null ? '–' : `${fixed(change.least_cosine, 3)} (${change.least_channel})`,
    percent(change.sign_flips),
    change.zeros_a === 0 && change.zeros_b === 0 ? '–' : `${count(change.zeros_a)} → ${count(change.zeros_b)}`,
    fixed(shift, 4),
    fixed(shift_chance?.high, 4),
  ]
}
