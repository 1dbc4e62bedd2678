import type { symbols } from './theme.ts'

/** Symbols of Observable Plot that figures use. */
export type SymbolName = (typeof symbols)[number]

/** Those that are lines: stroked, not filled. */
export const strokedSymbols: ReadonlySet<SymbolName> = new Set<SymbolName>(['times', 'plus', 'asterisk'])

/** The path of a symbol around (x, y), as Plot draws it for the same radius (shapes and sizes of d3-shape 3.2; its area is that of a circle). */
export function symbolPath(symbol: SymbolName, x: number, y: number, radius: number): string {
  const size = Math.PI * radius * radius
  const root = Math.sqrt(size)
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    `M${points.map(([dx, dy]) => `${round(x + dx)} ${round(y + dy)}`).join('L')}Z`
  const lines = (points: readonly (readonly [number, number])[]): string =>
    points.map(([dx, dy]) => `M${round(x - dx)} ${round(y - dy)}L${round(x + dx)} ${round(y + dy)}`).join('')
  switch (symbol) {
    case 'circle':
      return `M${round(x - radius)} ${round(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`
    case 'diamond2': {
      const r = root * 0.62625
      return polygon([
        [0, -r],
        [r, 0],
        [0, r],
        [-r, 0],
      ])
    }
    case 'square2': {
      const r = root * 0.4431
      return polygon([
        [r, r],
        [r, -r],
        [-r, -r],
        [-r, r],
      ])
    }
    case 'triangle2': {
      const s = root * 0.6824
      const [t, u] = [s / 2, (s * Math.sqrt(3)) / 2]
      return polygon([
        [0, -s],
        [u, t],
        [-u, t],
      ])
    }
    case 'times': {
      const r = Math.sqrt(size - Math.min(size / 6, 1.7)) * 0.6189
      return lines([
        [r, r],
        [r, -r],
      ])
    }
    case 'plus': {
      const r = Math.sqrt(size - Math.min(size / 7, 2)) * 0.87559
      return lines([
        [r, 0],
        [0, r],
      ])
    }
    case 'asterisk': {
      const r = Math.sqrt(size + Math.min(size / 28, 0.75)) * 0.59436
      const t = r / 2
      const u = t * Math.sqrt(3)
      return lines([
        [0, r],
        [u, t],
        [u, -t],
      ])
    }
  }
}

function round(value: number): number {
  return Math.round(100 * value) / 100
}
