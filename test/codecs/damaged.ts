/** Copies of `whole` with one to four bytes changed, some of them cut short or longer, the same ones every time. */
export function* damagedCopies(whole: Uint8Array, count: number): Generator<Uint8Array> {
  let state = 1
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  for (let k = 0; k < count; k++) {
    const kind = below(20)
    const copy =
      kind === 0 ? whole.slice(0, below(whole.length)) : kind === 1 ? Uint8Array.from([...whole, below(256)]) : whole.slice()
    if (kind > 0) for (let changes = 1 + below(4); changes > 0; changes--) copy[below(copy.length)]! ^= 1 + below(255)
    yield copy
  }
}
