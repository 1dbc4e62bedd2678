/** Filters as CSV: index in the layer, output and input channel, and a column a weight, in digits that give the same float32 back. */
export function weightsCsv(
  values: Float32Array,
  taps: number,
  indexAt: (place: number) => number,
  inChannels: number,
  columns: number,
): string {
  const names = Array.from({ length: taps }, (_, k) => `w${Math.floor(k / columns)}${k % columns}`)
  const lines = [['filter', 'output', 'input', ...names].join(',')]
  for (let place = 0; place * taps < values.length; place++) {
    const index = indexAt(place)
    const weights = Array.from(values.subarray(place * taps, (place + 1) * taps), shortFloat)
    lines.push([index, Math.floor(index / inChannels), index % inChannels, ...weights].join(','))
  }
  return `${lines.join('\n')}\n`
}

/** The shortest decimal number that is this float32. */
function shortFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}
