import { spokenName } from '../../database/spoken-name.ts'
import type { LayerRow } from '../../measure/layer-row.ts'

/** Layer names for a narrow column: ".weight" is left out where every layer's name ends with it, or is its module's. */
export function shortNames(layers: readonly LayerRow[]): (name: string) => string {
  const tail = '.weight'
  const isLong = (name: string): boolean => name.endsWith(tail) && name.length > tail.length
  const all = layers.every((row) => isLong(row.layer) || spokenName(row) !== row.layer)
  return (name) => (all && isLong(name) ? name.slice(0, -tail.length) : name)
}

/** A name that is cut at its beginning where there is no room: layers of a block differ at the end. */
export function CutName({ text }: { text: string }) {
  return (
    <span class="cut head">
      <bdi>{text}</bdi>
    </span>
  )
}
