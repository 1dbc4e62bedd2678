import { chanceDraws } from '../analysis/exchange.ts'
import type { Chance, ShiftMatrix } from '../analysis/report-types.ts'
import { fixed, sentence, shorten } from '../words.ts'
import { chanceNote, chanceText, isBeyondChance, tooFewDraws } from './chance-words.ts'
import { COLUMN, type Figure, frame, label, textWidth, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** Above this the numbers no longer fit their cells and are left to the table. */
const MOST_NUMBERS = 14

/** What is drawn; `draws`: of each chance level, where they are not those of the group analysis. */
export interface ShiftMatrixData extends ShiftMatrix {
  readonly draws?: number
}

/** Distribution shift between every two values of a column: darker is a larger shift, bold one beyond chance; the upper triangle repeats the lower and stays empty. */
export function shiftMatrixFigure(data: ShiftMatrixData, conventions: Conventions = {}): Figure {
  const names = data.values.map((value) => shorten(value, 28))
  const n = names.length
  const left = Math.ceil(names.reduce((most, name) => Math.max(most, textWidth(name, 11.5)), 60)) + 12
  const width = n > 9 ? WIDE : COLUMN
  const cell = Math.max(12, Math.min(56, Math.floor((width - left - 4) / n)))
  const tall = Math.max(14, Math.min(cell, 34))
  const most = data.shift.flat().reduce((a: number, b) => Math.max(a, b ?? 0), 0)
  const chances = (data.chance ?? []).flat().filter((chance) => chance !== null)
  const drawing: SvgNode[] = []
  for (let i = 0; i < n; i++) {
    const y = i * tall
    drawing.push(label(names[i]!, left - 8, y + tall / 2 + 4, { size: 11.5, anchor: 'end' }))
    for (let j = 0; j <= i; j++) {
      const x = left + j * cell
      const value = data.shift[i]![j] ?? null
      const share = value !== null && most > 0 ? value / most : 0
      drawing.push(
        element('rect', {
          x: x + 1,
          y: y + 1,
          width: cell - 2,
          height: tall - 2,
          fill: colour.grid,
          ...(i === j ? {} : { 'fill-opacity': 0.45 }),
        }),
      )
      if (i === j) continue
      if (value !== null)
        drawing.push(
          element('rect', {
            x: x + 1,
            y: y + 1,
            width: cell - 2,
            height: tall - 2,
            fill: colour.accent,
            'fill-opacity': (0.04 + 0.96 * share).toFixed(2),
          }),
        )
      if (n <= MOST_NUMBERS)
        drawing.push(
          label(cellText(value, cell), x + cell / 2, y + tall / 2 + 4, {
            size: cell < 40 ? 9.5 : 11,
            anchor: 'middle',
            fill: share > 0.68 ? colour.onAccent : colour.ink,
            ...(isBeyondChance(data.chance?.[i]?.[j]) && { weight: 700 }),
          }),
        )
      else if (isBeyondChance(data.chance?.[i]?.[j]))
        drawing.push(
          element('circle', { cx: x + cell / 2, cy: y + tall / 2, r: 1.6, fill: share > 0.68 ? colour.onAccent : colour.ink }),
        )
    }
  }
  const bottom = n * tall
  names.forEach((name, j) => {
    const x = left + (j + 0.5) * cell
    // names under their columns, slanted: long ones run to the lower left
    drawing.push(
      element(
        'text',
        {
          x,
          y: bottom + 14,
          'font-size': 11,
          fill: colour.muted,
          'text-anchor': 'end',
          transform: `rotate(-35 ${x} ${bottom + 10})`,
        },
        shorten(name, 20),
      ),
    )
  })
  const slant = names.reduce((tallest, name) => Math.max(tallest, textWidth(shorten(name, 20), 11) * 0.58), 0)
  return frame(
    {
      id: `shift-matrix-${data.column.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
      title: `Distribution shift between values of ${data.column}`,
      caption: captionOf(data),
      width,
      height: Math.ceil(bottom + slant + 22),
      note: `D: symmetric Kullback–Leibler divergence (natural logarithm) of the coefficient histograms, weighted by explained variance; 0 means the same distribution. Each model counts once; full colour: ${fixed(most)}. ${sentence(filtersTaken(conventions))} filters, each divided by its largest absolute value.${chances.length > 0 ? ` ${n <= MOST_NUMBERS ? 'Bold' : 'A dot'}: beyond chance. ${chanceNote(chances)}` : ''}`,
    },
    ...drawing,
  )
}

function cellText(value: number | null, cell: number): string {
  if (value === null) return '–'
  return value >= 9.995 ? fixed(value, 1) : fixed(value, cell < 40 ? 2 : 3)
}

/** Only the excess over chance is compared, of those beyond it; without chance levels nothing is. */
function captionOf(data: ShiftMatrixData): string {
  const cells: { i: number; j: number; value: number; chance: Chance | null }[] = []
  for (let i = 0; i < data.values.length; i++)
    for (let j = 0; j < i; j++) {
      const value = data.shift[i]![j] ?? null
      if (value !== null) cells.push({ i, j, value, chance: data.chance?.[i]?.[j] ?? null })
    }
  const name = (i: number) => data.values[i]!
  const [first] = cells
  if (!first) return 'No two values can be compared.'
  const beyond = cells.flatMap((cell) => (isBeyondChance(cell.chance) ? [{ ...cell, chance: cell.chance }] : []))
  const level = ({ value, chance }: { value: number; chance: Chance | null }) =>
    `D = ${fixed(value)}${chance ? `; ${chanceText(chance)}` : ''}`
  if (cells.length === 1) {
    const verdict = !first.chance ? '' : beyond.length > 0 ? ', beyond chance' : ', not shown to be beyond chance'
    return `${sentence(name(first.j))} and ${name(first.i)}: ${level(first)}${verdict}.`
  }
  if (!cells.some(({ chance }) => chance)) return 'Shifts between every two values; what chance gives is not known for them.'
  const most = beyond.reduce((best, cell) => (best && best.chance.excess >= cell.chance.excess ? best : cell), beyond[0])
  if (!most) {
    const few = tooFewDraws(
      cells.map(({ chance }) => chance),
      data.draws ?? chanceDraws,
    )
    const before = cells.filter(({ chance }) => chance && chance.p < 0.05).length
    return `None of ${cells.length} shifts is shown to be beyond chance${before > 0 ? `; ${before} ${before === 1 ? 'has' : 'have'} p below 0.05 before the correction for ${cells.length}` : ''}${few === undefined ? '' : `; ${few}`}.`
  }
  return `${beyond.length} of ${cells.length} shifts are beyond chance, by most that between ${name(most.j)} and ${name(most.i)} (${level(most)}).`
}
