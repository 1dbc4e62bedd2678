/** Letters of a name's last part that are never cut. */
const LONGEST_TAIL = 16
const SHORTEST_TAIL = 5

/** A model's name in one line, cut before its last part where there is no room: names of models differ at their ends. */
export function ModelName({ name }: { name: string }) {
  const split = tailOf(name)
  if (split <= 0) return <>{name}</>
  return (
    <span class="cut-middle" title={name}>
      <span class="cut">{name.slice(0, split)}</span>
      <span>{name.slice(split)}</span>
    </span>
  )
}

/** Where the last part of a name begins: behind a separator if there is one; 0 for a name that needs no cut. */
function tailOf(name: string): number {
  if (name.length <= LONGEST_TAIL) return 0
  for (let at = name.length - LONGEST_TAIL; at <= name.length - SHORTEST_TAIL; at++) if (/[\s._/-]/.test(name[at - 1]!)) return at
  return name.length - LONGEST_TAIL
}
