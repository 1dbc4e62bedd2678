// Numbers as the page prints them. A missing value is a dash, never 0.

export const dash = '–'

/** 1257472 → "1,257,472". */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** 1257472 → "1.26 M". */
export function shortCount(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`
  }
  return String(value)
}

export function fixed(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? dash : value.toFixed(digits)
}

/** 0.3124 → "31.2 %". */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? dash : `${(100 * value).toFixed(1)} %`
}

/** With its sign: "+0.012", "−0.003". */
export function signed(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return dash
  const text = Math.abs(value).toFixed(digits)
  return Number(text) === 0 ? text : value < 0 ? `−${text}` : `+${text}`
}

/** 1580495 → "1.58 MB". */
export function bytes(value: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`
  }
  return `${value} bytes`
}

/** A weight in few digits: "0.0123", "1.2e-5". */
export function weight(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  return (size >= 1e-3 && size < 1e4 ? value.toPrecision(3) : value.toExponential(1)).replace('-', '−').replace('e−', 'e-')
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}
