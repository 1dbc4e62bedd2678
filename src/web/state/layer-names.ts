import { type NamedLayer, spokenName } from '../../database/spoken-name.ts'

const TAIL = '.weight'

const isLong = (name: string): boolean => name.endsWith(TAIL) && name.length > TAIL.length

const known = new WeakMap<readonly NamedLayer[], boolean>()

/** True where every layer's name ends with ".weight", or is its module's, and all of them are told apart without it. */
function areShort(layers: readonly NamedLayer[]): boolean {
  if (!layers.every((layer) => isLong(layer.layer) || spokenName(layer) !== layer.layer)) return false
  const spoken = layers.map(spokenName)
  return new Set(spoken.map((name) => (isLong(name) ? name.slice(0, -TAIL.length) : name))).size === new Set(spoken).size
}

/** What the page calls a layer among those of its model, everywhere: as it is spoken of, without a ".weight" that tells nothing. */
export function calledIn(layers: readonly NamedLayer[]): (layer: NamedLayer) => string {
  let all = known.get(layers)
  if (all === undefined) known.set(layers, (all = areShort(layers)))
  return (layer) => {
    const name = spokenName(layer)
    return all && isLong(name) ? name.slice(0, -TAIL.length) : name
  }
}
