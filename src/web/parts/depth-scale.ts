/** x and y in a chart. */
export type DepthPoint = readonly [x: number, y: number]

const TICK_ROOM = 44
/** Half of a marker that is open or flagged, in pixels. */
const MARKER = 8
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

/** Depths to name along an axis of some width: round steps, both ends where there is room for them. */
export function depthTicks(low: number, high: number, width: number): number[] {
  if (high <= low) return [low]
  const perRank = width / (high - low)
  const step = STEPS.find((one) => one * perRank >= TICK_ROOM) ?? STEPS.at(-1)!
  const inside: number[] = []
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    const clear = (end: number): boolean => tick === end || Math.abs(tick - end) * perRank >= TICK_ROOM * 0.75
    if (clear(low) && clear(high)) inside.push(tick)
  }
  return [...new Set([low, ...inside, high])]
}

/** Round ends around values from `least` to `most`, a tenth of the whole axis apart at least, and inside it. */
export function fittedAxis(least: number, most: number, [low, high]: readonly [number, number]): readonly [number, number] {
  const step = (high - low) / 10
  const from = Math.floor((least - low) / step + 1e-9)
  const to = Math.max(from + 1, Math.ceil((most - low) / step - 1e-9))
  const end = Math.min(10, to)
  return [low + Math.max(0, Math.min(from, end - 1)) * step, low + end * step]
}

/** Radius of the dots: smaller where many layers stand close together. */
export function dotSize(lines: readonly (readonly DepthPoint[])[]): number {
  const gaps = lines.map((line) => (line.length > 1 ? (line.at(-1)![0] - line[0]![0]) / (line.length - 1) : 40))
  return Math.min(4, Math.max(1.5, Math.min(...gaps) / 3))
}

/** y of a line at x, between its points; null beyond its ends. */
function heightAt(line: readonly DepthPoint[], x: number): number | null {
  for (let k = 1; k < line.length; k++) {
    const [[x0, y0], [x1, y1]] = [line[k - 1]!, line[k]!]
    if (x >= x0 && x <= x1) return x1 > x0 ? y0 + ((x - x0) / (x1 - x0)) * (y1 - y0) : y0
  }
  return null
}

/** A line as wide as its markers, which reach beyond its ends. */
function withMarkers(line: readonly DepthPoint[]): readonly DepthPoint[] {
  const [first, last] = [line[0], line.at(-1)]
  if (!first || !last) return line
  return [[first[0] - MARKER, first[1]], ...line, [last[0] + MARKER, last[1]]]
}

/** From the middle of a name to a line of data: half of the letters' height and a marker between them. */
const CLEAR = 11
/** Of a line of letters above its base line, in pixels. */
const ASCENT = 8

/**
 * Where the name of a level is read best: just above or below the level, at one of several places along it, as far as can
 * be from every line of data. Gives the left end of the text's base line; null where a line is in the way everywhere.
 */
export function freeSpot(
  level: readonly DepthPoint[],
  lines: readonly (readonly DepthPoint[])[],
  width: number,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): { x: number; y: number } | null {
  const flat =
    level.length > 1
      ? level
      : ([
          [left, level[0]![1]],
          [right, level[0]![1]],
        ] as const)
  const wide = lines.map(withMarkers)
  let best: { x: number; y: number } | null = null
  let most = CLEAR - 1
  for (const share of [1, 0.75, 0.5, 0.25, 0]) {
    const x = left + share * Math.max(0, right - left - width)
    const own = heightAt(flat, x + width / 2) ?? flat.at(share < 0.5 ? 0 : -1)![1]
    for (const below of [false, true]) {
      const base = own + (below ? 12 : -5)
      if (base - ASCENT < top || base > bottom) continue
      let room = 30 // further away than this is no better
      for (let k = 0; k <= 8; k++) {
        for (const line of wide) {
          const y = heightAt(line, x + (k / 8) * width)
          if (y !== null) room = Math.min(room, Math.abs(y - (base - 4)))
        }
      }
      if (room > most + 1) [best, most] = [{ x, y: base }, room]
    }
  }
  return best
}
