// Numbers as a person reads them, in figures, captions and the report: the same text in every engine (no Intl).

const MINUS = '\u2212'
const THIN = '\u2009'

/** With `digits` decimals and a true minus; -0.00 is 0.00. Null is a dash. */
export function fixed(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) !== 0 ? MINUS + text : text
}

/** With its sign: +0.07, −0.02, 0.00. */
export function signed(value: number | null | undefined, digits = 3): string {
  const text = fixed(value, digits)
  return value !== null && value !== undefined && value > 0 && Number(text) !== 0 ? `+${text}` : text
}

/** A share as percent: 0.0945 is "9.5 %". A share that rounds to nothing but is not says "< 0.1 %". */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined) return '–'
  const least = smallest(digits)
  if (share > 0 && Number((100 * share).toFixed(digits)) === 0) return `< ${least}${THIN}%`
  return `${fixed(100 * share, digits)}${THIN}%`
}

/** A difference of shares in percentage points, with its sign; two digits more where it would round to nothing. */
export function points(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined) return '–'
  return `${signed(100 * share, vanishes(100 * share, digits) ? digits + 2 : digits)} points`
}

/** An interval of shares in percentage points. */
export function pointInterval(bounds: readonly [number, number] | null | undefined, digits = 1): string {
  if (!bounds) return '–'
  const small = vanishes(100 * Math.max(Math.abs(bounds[0]), Math.abs(bounds[1])), digits)
  return interval(bounds, small ? digits + 2 : digits, 100)
}

function vanishes(value: number, digits: number): boolean {
  return value !== 0 && Number(value.toFixed(digits)) === 0
}

/** A whole number with commas: 615,863,744. */
export function count(value: number): string {
  return `${value < 0 ? MINUS : ''}${Math.abs(value)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, ',')}`
}

/** A whole number, short: 1,234 → "1,234"; 615,863,744 → "616 M". */
export function shortCount(value: number): string {
  if (value < 100_000) return count(value)
  if (value < 999_500) return `${(value / 1e3).toFixed(0)} k`
  if (value < 99_950_000) return `${(value / 1e6).toFixed(1)} M`
  return `${count(value / 1e6)} M`
}

/** "p = 0.031", "p < 0.001", "p = 0.20". */
export function pValue(p: number | null | undefined): string {
  return p === null || p === undefined ? 'not tested' : p < 0.001 ? 'p < 0.001' : `p = ${pNumber(p)}`
}

/** "0.031", "< 0.001", "0.20", "1". */
export function pNumber(p: number | null | undefined): string {
  if (p === null || p === undefined) return '–'
  if (p < 0.001) return '< 0.001'
  if (p >= 0.9995) return '1'
  const short = p < 0.1 ? p.toFixed(3) : p.toFixed(2)
  // 0.0497 must not read as 0.050 nor 0.051 as 0.05: a digit more beside the line that everyone looks at
  return Number(short) === 0.05 || short === '1.00' ? p.toFixed(4) : short
}

/** "[+0.05, +0.09]". */
export function interval(bounds: readonly [number, number] | null | undefined, digits = 3, factor = 1): string {
  return bounds ? `[${signed(bounds[0] * factor, digits)}, ${signed(bounds[1] * factor, digits)}]` : '–'
}

/** "1 pair", "6 pairs", "no pairs". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n === 0 ? 'no' : count(n)} ${n === 1 ? one : many}`
}

/** "a", "a and b", "a, b and c". */
export function list(items: readonly string[], last = 'and'): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`
}

/** First letter in upper case. */
export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** At most `length` characters, the middle replaced by an ellipsis: names differ at both ends. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text
  const head = Math.ceil((length - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`
}

function smallest(digits: number): string {
  return digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`
}

/** A tick label: as many decimals as it needs, up to four, and three digits of what is smaller: no tick but 0 reads 0. */
export function tick(value: number): string {
  const small = Math.abs(value)
  if (small > 0 && small < 0.001) return `${value < 0 ? MINUS : ''}${Number(small.toPrecision(3))}`
  return fixed(value, 4).replace(/\.?0+$/, '') || '0'
}

/** How a kind of number is written: alone, as a difference, as an interval of differences, and at a tick of an axis. */
export interface NumberWords {
  readonly value: (value: number | null | undefined) => string
  readonly difference: (value: number | null | undefined) => string
  readonly interval: (bounds: readonly [number, number] | null | undefined) => string
  readonly tick: (value: number) => string
}

/** The kinds of numbers: a share is written in percent, its differences in percentage points. */
export const numberFormats = {
  number: { value: (v) => fixed(v), difference: (v) => signed(v), interval: (bounds) => interval(bounds), tick },
  share: {
    value: (v) => percent(v),
    difference: (v) => points(v),
    interval: (bounds) => pointInterval(bounds),
    tick: (v) => tick(100 * v),
  },
  count: {
    value: (v) => fixed(v, 0),
    difference: (v) => signed(v, 0),
    interval: (bounds) => interval(bounds, 0),
    tick: (v) => count(v),
  },
} as const satisfies Record<string, NumberWords>

export type NumberFormat = keyof typeof numberFormats

/** The first few names, and how many more: "a, b, c and 4 more". */
export function firstFew(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}

/** A weight in few digits: "0.0123", "1.2e-5", "21,432". */
export function weight(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1000 && size < 1e9) return count(value)
  return (size >= 1e-3 && size < 1000 ? value.toPrecision(3) : value.toExponential(1))
    .replace('-', MINUS)
    .replace(`e${MINUS}`, 'e-')
}
