/** Bell-shaped 3×3 filters, their sizes spread over four decades: about a tenth of them is sparse. The same at every call. */
export function bellShaped(filters: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(filters * 9)
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  for (let f = 0; f < filters; f++) {
    const size = 10 ** (-2.4 * next() * next())
    for (let j = 0; j < 9; j++) values[9 * f + j] = (next() + next() + next() - 1.5) * size
  }
  return values
}
