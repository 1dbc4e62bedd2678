/** Rows with the same key together, keys and rows in the order in which they come: one way through, however many share a key. */
export function listsByKey<Row, Key>(rows: Iterable<Row>, key: (row: Row) => Key): Map<Key, Row[]> {
  const lists = new Map<Key, Row[]>()
  for (const row of rows) {
    const own = key(row)
    const list = lists.get(own)
    if (list) list.push(row)
    else lists.set(own, [row])
  }
  return lists
}
