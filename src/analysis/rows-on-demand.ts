/** Rows up to this many are simply held. */
const MOST_HELD = 20_000

/** Rows that are made when they are asked for, as soon as they are very many. */
export function manyRows<Row>(length: number, row: (index: number) => Row): readonly Row[] {
  return length > MOST_HELD ? rowsOnDemand(length, row) : Array.from({ length }, (_, k) => row(k))
}

/**
 * A list whose rows are made each time they are asked for: it reads, iterates and turns into JSON like an array of them, and holds
 * none. It cannot be sent to a worker; `[...rows]` can.
 */
export function rowsOnDemand<Row>(length: number, row: (index: number) => Row): readonly Row[] {
  const indexOf = (key: string | symbol): number => {
    const index = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : -1
    return index < length ? index : -1
  }
  return new Proxy<Row[]>(new Array(length), {
    get(target, key) {
      const index = indexOf(key)
      return index < 0 ? Reflect.get(target, key) : row(index)
    },
    has: (target, key) => indexOf(key) >= 0 || Reflect.has(target, key),
    set: () => false,
  })
}
