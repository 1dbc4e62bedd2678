import type { ShiftMatrix } from '../analysis/report-types.ts'
import { fixed, sentence, shorten } from '../words.ts'
import { COLUMN, type Figure, frame, label, textWidth, WIDE } from './figure.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** Above this the numbers no longer fit their cells and are left to the table. */
const MOST_NUMBERS = 14

/** Distribution shift between every two values of a column: darker is further apart; the upper triangle repeats the lower and stays empty. */
export function shiftMatrixFigure(data: ShiftMatrix): Figure {
  const names = data.values.map((value) => shorten(value, 28))
  const n = names.length
  const left = Math.ceil(names.reduce((most, name) => Math.max(most, textWidth(name, 11.5)), 60)) + 12
  const width = n > 9 ? WIDE : COLUMN
  const cell = Math.max(12, Math.min(56, Math.floor((width - left - 4) / n)))
  const tall = Math.max(14, Math.min(cell, 34))
  const most = data.shift.flat().reduce((a: number, b) => Math.max(a, b ?? 0), 0)
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
          }),
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
      note: `D: symmetric Kullback–Leibler divergence (natural logarithm) of the coefficient histograms, weighted by explained variance; 0 means the same distribution. Each model counts once; full colour: ${fixed(most)}. Non-sparse 3×3 filters, each divided by its largest absolute value.`,
    },
    ...drawing,
  )
}

function cellText(value: number | null, cell: number): string {
  if (value === null) return '–'
  return value >= 9.995 ? fixed(value, 1) : fixed(value, cell < 40 ? 2 : 3)
}

function captionOf(data: ShiftMatrix): string {
  let far: { i: number; j: number; value: number } | undefined
  let near: { i: number; j: number; value: number } | undefined
  for (let i = 0; i < data.values.length; i++) {
    for (let j = 0; j < i; j++) {
      const value = data.shift[i]![j] ?? null
      if (value === null) continue
      if (!far || value > far.value) far = { i, j, value }
      if (!near || value < near.value) near = { i, j, value }
    }
  }
  const name = (i: number) => data.values[i]!
  if (!far || !near) return 'No two values can be compared.'
  if (far.i === near.i && far.j === near.j)
    return `${sentence(name(far.j))} and ${name(far.i)} are apart by D = ${fixed(far.value)}.`
  return `Furthest apart are ${name(far.j)} and ${name(far.i)} (D = ${fixed(far.value)}), closest ${name(near.j)} and ${name(near.i)} (${fixed(near.value)}).`
}
