import { label, WIDE } from './figure.ts'
import { type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { type SymbolName, strokedSymbols } from './symbol-path.ts'
import { categories, colour, symbols } from './theme.ts'

/** How the k-th value of a category is marked; symbols that are lines have no fill. */
export function markOf(k: number): { fill?: string; stroke?: string; strokeWidth?: number; symbol: SymbolName } {
  const shade = colour[categories[k % categories.length]!]
  const symbol = symbols[k % symbols.length]!
  return strokedSymbols.has(symbol) ? { stroke: shade, strokeWidth: 1.4, symbol } : { fill: shade, symbol }
}

const IN_ROW = 4
const ROW = 18

/** Height that names of so many values take above a figure. */
export function namesHeight(count: number): number {
  return 8 + Math.ceil(count / IN_ROW) * ROW
}

/** The marks of values with their names, four in a row, as wide as a wide figure. */
export function namedMarks(plot: Plot, names: readonly string[]): SvgNode[] {
  const places = names.map((_, k) => ({ x: 8 + (k % IN_ROW) * (WIDE / IN_ROW), y: 10 + Math.floor(k / IN_ROW) * ROW }))
  const height = namesHeight(names.length)
  return [
    panel(plot, 0, 0, {
      width: WIDE,
      height,
      margin: 0,
      x: { domain: [0, WIDE], range: [0, WIDE], axis: null },
      y: { domain: [0, height], range: [0, height], axis: null },
      marks: places.map((place, k) => plot.dot([place], { x: 'x', y: 'y', r: 3.6, ...markOf(k) })),
    }),
    ...names.map((name, k) => label(name, places[k]!.x + 12, places[k]!.y + 4, { size: 11.5 })),
  ]
}
