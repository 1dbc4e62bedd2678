import type { Arena } from './arena.ts'
import { type ModuleExports, moduleConstants } from './exports.generated.ts'

/** How a shift is made of counts: the same for all draws. */
export interface ShiftScale {
  /** Weight of each component. */
  readonly ratios: ArrayLike<number>
  /** Of a bin, in units of the coefficients. */
  readonly width: number
  /** Put where a density is 0. */
  readonly floor: number
}

/** Which rows each draw sums for its two sides: the same number in every draw. */
export interface Picks {
  readonly draws: number
  /** draws × as many rows as a draw has on that side, with repetition. */
  readonly a: Uint16Array
  /** Empty: all rows that the first side did not pick, where it picks none twice. */
  readonly b: Uint16Array
}

/** Divisions of counts in two. */
export interface Divisions {
  readonly draws: number
  /** With which each count falls to the first side, 0 to 1. */
  readonly share: number
  /** Tells these draws from others. */
  readonly seed: number
}

/** Counts whose sums need more than 32 bits are halved until they fit. */
export interface ShiftDrawCalls {
  /**
   * The distribution shift of each draw, for each set of picks. `rows`: counts of whole numbers, components × bins, one row a
   * unit. NaN where a side of a draw has no counts. @throws RangeError for more than 65,536 rows
   */
  shiftsOfDraws(rows: readonly Float64Array[], scale: ShiftScale, sets: readonly Picks[]): Float64Array[]
  /** The distribution shift of each division of `both` (components × bins), bin by bin. NaN where a side has no counts. */
  shiftsOfDivisions(both: Float64Array, scale: ShiftScale, divisions: Divisions): Float64Array
}

/** Logarithms of counts up to this are looked up. */
const MOST_KNOWN = 65_536

export function shiftDrawCalls(wasm: ModuleExports, { memory, reserve, f64 }: Arena): ShiftDrawCalls {
  const words = (at: number, length: number): Uint32Array => new Uint32Array(memory.buffer, at, length)

  /** Puts rows and what belongs to them in place. `times`: of how many counts a sum is; `picked`: how many picks there is room for. */
  const put = (rows: readonly Float64Array[], { ratios, width, floor }: ShiftScale, room: Room) => {
    const { times, picked, draws, isWide } = room
    const components = ratios.length
    const { filled, edges, empty } = columnsOf(rows, components)
    const largest = largestOf(rows)
    const narrow = !isWide && largest * times < 65_536
    const power = powerToFit(largest, times)
    const bytes = narrow ? 2 : 4
    const { ROW_BYTES, AT_ONCE } = moduleConstants
    const stride = Math.max(1, Math.ceil((filled.length * bytes) / ROW_BYTES)) * ROW_BYTES
    const known = Math.max(1, Math.min(MOST_KNOWN, largest * times + 1))
    const place = layout(rows.length * stride, {
      ...{ edges: 4 * (components + 1), empty: 4 * components, ratios: 8 * components, table: 8 * known },
      ...{ total: stride, picks: 2 * picked, work: 2 * stride * AT_ONCE, shifts: 8 * draws },
    })
    const start = reserve(place.end)
    const columns = stride / bytes
    const countsAt = (at: number, length: number) =>
      narrow ? new Uint16Array(memory.buffer, start + at, length) : words(start + at, length)
    const counts = countsAt(0, rows.length * columns).fill(0)
    const total = countsAt(place.total, columns).fill(0)
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r]!
      const at = r * columns
      for (let k = 0; k < filled.length; k++) {
        const count = row[filled[k]!]!
        counts[at + k] = power === 1 || count === 0 ? count : Math.max(1, Math.floor(count / power))
        total[k] = total[k]! + counts[at + k]!
      }
    }
    words(start + place.edges, components + 1).set(edges)
    words(start + place.empty, components).set(empty)
    f64(start + place.ratios, components).set(ratios)
    wasm.fillLogarithms(start + place.table, known)
    return {
      at: (name: keyof typeof place) => start + place[name],
      rows: [start, stride] as const,
      narrow,
      scale: [
        ...([components, start + place.edges, start + place.empty, start + place.ratios] as const),
        ...([width, floor, start + place.table, known] as const),
      ] as const,
      results: [start + place.work, start + place.shifts] as const,
      shifts: (n: number) => f64(start + place.shifts, n).slice(),
    }
  }
  return {
    shiftsOfDraws(rows, scale, sets) {
      if (rows.length > 65_536) throw new RangeError(`${rows.length} rows of counts: at most 65,536 can be picked from`)
      const room = { times: rows.length, picked: 0, draws: 0, isWide: false }
      for (const set of sets) {
        room.times = Math.max(room.times, set.a.length / set.draws, set.b.length / set.draws)
        room.picked = Math.max(room.picked, set.a.length + set.b.length)
        room.draws = Math.max(room.draws, set.draws)
      }
      const made = put(rows, scale, room)
      return sets.map(({ a, b, draws }) => {
        const first = made.at('picks')
        const picks = new Uint16Array(memory.buffer, first, a.length + b.length)
        picks.set(a)
        picks.set(b, a.length)
        const sides = [first, a.length / draws, first + 2 * a.length, b.length / draws, draws] as const
        wasm.shiftDraws(...made.rows, made.narrow, ...made.scale, made.at('total'), ...sides, ...made.results)
        return made.shifts(draws)
      })
    },
    shiftsOfDivisions(both, scale, { draws, share, seed }) {
      const made = put([both], scale, { times: 1, picked: 0, draws, isWide: true })
      wasm.divisionShifts(...made.rows, ...made.scale, share, seed >>> 0, draws, ...made.results)
      return made.shifts(draws)
    },
  }
}

interface Room {
  readonly times: number
  readonly picked: number
  readonly draws: number
  /** Counts are 32 bits wide, whatever they are. */
  readonly isWide: boolean
}

/** The bins that any row fills, where those of each component begin, and how many of each are left out. */
function columnsOf(rows: readonly Float64Array[], components: number) {
  const length = rows[0]?.length ?? 0
  const bins = length / components
  const isFilled = new Uint8Array(length)
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!
    for (let k = 0; k < length; k++) if (row[k] !== 0) isFilled[k] = 1
  }
  const filled: number[] = []
  const edges: number[] = [0]
  const empty: number[] = []
  for (let c = 0; c < components; c++) {
    for (let k = c * bins; k < (c + 1) * bins; k++) if (isFilled[k] === 1) filled.push(k)
    empty.push(bins - (filled.length - edges[c]!))
    edges.push(filled.length)
  }
  return { filled, edges, empty }
}

function largestOf(rows: readonly Float64Array[]): number {
  let largest = 0
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!
    for (let k = 0; k < row.length; k++) if (row[k]! > largest) largest = row[k]!
  }
  return largest
}

/** By which power of two counts are divided, so that a sum of so many of them fits 32 bits. */
function powerToFit(largest: number, times: number): number {
  let power = 1
  while ((largest / power + 1) * times >= 4_294_967_296) power *= 2
  return power
}

/** Addresses of parts one behind the other, from `first` on, each at a multiple of 16. */
function layout<Name extends string>(first: number, sizes: Readonly<Record<Name, number>>): Record<Name | 'end', number> {
  const align = (n: number): number => Math.ceil(n / 16) * 16
  let end = align(first)
  const places: Record<string, number> = {}
  for (const [name, bytes] of Object.entries<number>(sizes)) {
    places[name] = end
    end = align(end + bytes)
  }
  return { ...places, end } as Record<Name | 'end', number>
}
