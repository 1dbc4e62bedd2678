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

const EDGE =
  'edge: where the singular values of independent numbers end; above it: how many values of the change, and their share of its energy'

/** What changed in the weights, the layers that changed most first; empty where no weights were compared. */
export function changeView({ layers }: Pick<ModelComparison, 'layers'>): string {
  const { changed, same } = byChange(layers)
  if (changed.length === 0)
    return same.length === 0 ? '' : `\n${pc.green('✓')} no change: the weights of ${plural(same.length, 'layer')} are the same\n`
  const columns: TerminalColumn[] = [
    { title: 'layer', isName: true },
    ...headings.map(([title, drop]) => ({ title, align: 'right' as const, ...(drop > 0 && { drop }) })),
  ]
  const isAsked = changed.some(({ change }) => change.change_edge !== null)
  if (isAsked) columns.push({ title: 'largest/edge', align: 'right' }, { title: 'above edge', align: 'right' })
  const rows = changed
    .slice(0, MOST_ROWS)
    .map(({ layer, change }) => [printable(bothNames(layer)), ...cellsOf(change), ...(isAsked ? spectrumOf(change) : [])])
  const rest = changed.length - rows.length
  const more = rest > 0 ? [`and ${plural(rest, 'more layer')}`] : []
  const still =
    same.length > 0
      ? [`${plural(same.length, 'layer')} unchanged: ${same.map(({ layer }) => printable(bothNames(layer))).join(', ')}`]
      : []
  const notes = [...more, ...still, pc.dim(isAsked ? `${EXPLAINED}; ${EDGE}` : EXPLAINED)].map((line) => wrapped(line))
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

/** The change's largest singular value in edges, and how many lie above the edge. */
function spectrumOf({
  change_norm,
  change_edge,
  change_above_edge,
  change_above_energy,
  change_singular_values,
}: WeightChange): string[] {
  const ratio = change_norm !== null && change_edge !== null && change_edge > 0 ? change_norm / change_edge : null
  return [
    fixed(ratio, 2),
    change_above_edge === null || change_singular_values === null
      ? '–'
      : `${count(change_above_edge)} of ${count(change_singular_values.length)} (${percent(change_above_energy)})`,
  ]
}
