import type { LayerRow } from '../../measure/layer-row.ts'

/** Layer names for a narrow column: ".weight" is left out where every layer's name ends with it. */
export function shortNames(layers: readonly LayerRow[]): (layer: string) => string {
  const tail = '.weight'
  const all = layers.every(({ layer }) => layer.endsWith(tail) && layer.length > tail.length)
  return (layer) => (all ? layer.slice(0, -tail.length) : layer)
}

/** A name that is cut at its beginning where there is no room: layers of a block differ at the end. */
export function CutName({ text }: { text: string }) {
  return (
    <span class="cut head">
      <bdi>{text}</bdi>
    </span>
  )
}
