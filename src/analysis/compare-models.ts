import { spokenName } from '../database/spoken-name.ts'
import { aggregateLayers } from '../measure/aggregate.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { listsByKey } from '../measure/lists-by-key.ts'
import { groupedNames, type LayerComparison, type MetricName, type ModelComparison } from './report-types.ts'

type Metrics = Readonly<Record<MetricName, number | null>>

/**
 * Compares two models layer by layer: layers of the same name (of the same module, where an exporter made the name up) belong together; where few names are common, layers of the same
 * filters, then of the same shape and position. A difference is b - a. A layer without a counterpart is listed in `only_a` or `only_b`; one whose counterpart has
 * another shape has no difference, and `because` says so.
 * @example
 * const { layers } = await analyze(await listInputs(['models/vgg_w16_cifar10_*.onnx']))
 * const of = (model) => ({ model, layers: layers.filter((row) => row.model === model) })
 * const compared = compareModels(of('vgg_w16_cifar10_normal'), of('vgg_w16_cifar10_robust'))
 * for (const { layer_a, metrics } of compared.layers) console.log(layer_a, metrics.orthogonality.difference)
 */
export function compareModels(
  a: { readonly model: string; readonly layers: readonly LayerRow[] },
  b: { readonly model: string; readonly layers: readonly LayerRow[] },
): ModelComparison {
  const { matched_by, matches } = matchLayers(a.layers, b.layers)
  const layers = matches.map(([x, y]) => compareLayers(x, y))
  const [usedA, usedB] = [new Set(matches.map(([x]) => x)), new Set(matches.map(([, y]) => y))]
  const only_a = a.layers.filter((layer) => !usedA.has(layer)).map(({ layer }) => layer)
  const only_b = b.layers.filter((layer) => !usedB.has(layer)).map(({ layer }) => layer)
  const unequal = layers.filter(({ because }) => because !== null).length
  const warnings = [
    ...(matched_by === 'order' && matches.length > 0
      ? ['few layers have the same name in both models, so layers are matched by their filters, shapes and order']
      : []),
    ...(unequal > 0 ? [`${unequal} of ${layers.length} matched layers differ in shape and are not compared`] : []),
    ...(only_a.length > 0 ? [`${only_a.length} layers are in ${a.model} only`] : []),
    ...(only_b.length > 0 ? [`${only_b.length} layers are in ${b.model} only`] : []),
  ]
  return {
    a: a.model,
    b: b.model,
    matched_by,
    metrics: differences(aggregateLayers(a.layers), aggregateLayers(b.layers), true),
    layers,
    only_a,
    only_b,
    warnings,
  }
}

/** Which layers of two models belong together, in the order of the first. */
export function matchLayers(
  a: readonly LayerRow[],
  b: readonly LayerRow[],
): { matched_by: 'name' | 'order'; matches: [LayerRow, LayerRow][] } {
  const next = inTurn(b, spokenName)
  const named = a.flatMap((layer): [LayerRow, LayerRow][] => {
    const other = next(spokenName(layer))
    return other ? [[layer, other]] : []
  })
  // A name or two in common are chance: "conv1" is a layer of many networks.
  if (2 * named.length >= Math.min(a.length, b.length) && named.length > 0) return { matched_by: 'name', matches: named }
  return { matched_by: 'order', matches: inOrder(a, b) }
}

/** Gives the layers of a key one after the other, each once. */
function inTurn(layers: readonly LayerRow[], key: (layer: LayerRow) => string): (key: string) => LayerRow | undefined {
  const lists = new Map([...listsByKey(layers, key)].map(([own, list]) => [own, list.values()]))
  return (own) => lists.get(own)?.next().value
}

/**
 * Layers whose filters are the very same belong together wherever they stand; of the others those of one shape by their order, and what
 * is left by its order alone.
 */
function inOrder(a: readonly LayerRow[], b: readonly LayerRow[]): [LayerRow, LayerRow][] {
  const partner = new Map<LayerRow, LayerRow>()
  const pair = (key: (layer: LayerRow) => string): void => {
    const taken = new Set(partner.values())
    const next = inTurn(
      b.filter((layer) => !taken.has(layer)),
      key,
    )
    for (const layer of a) {
      const other = partner.has(layer) ? undefined : next(key(layer))
      if (other) partner.set(layer, other)
    }
  }
  pair((layer) => `${shapeOf(layer)} ${layer.peak} ${layer.norm_l1} ${layer.norm_l2} ${layer.raw.mean.join(' ')}`)
  pair(shapeOf)
  pair(() => '')
  return a.flatMap((layer): [LayerRow, LayerRow][] => {
    const other = partner.get(layer)
    return other ? [[layer, other]] : []
  })
}

function compareLayers(a: LayerRow, b: LayerRow): LayerComparison {
  const [shape_a, shape_b] = [shapeOf(a), shapeOf(b)]
  const same = shape_a === shape_b
  return {
    layer_a: a.layer,
    layer_b: b.layer,
    name_a: spokenName(a),
    name_b: spokenName(b),
    conv_depth: a.conv_depth,
    conv_depth_norm: a.conv_depth_norm,
    shape_a,
    shape_b,
    filters_a: a.filters,
    filters_b: b.filters,
    metrics: differences(a, b, same),
    because: same ? null : `the shapes differ: ${shape_a} and ${shape_b}`,
  }
}

function differences(a: Metrics, b: Metrics, comparable: boolean): ModelComparison['metrics'] {
  return Object.fromEntries(
    groupedNames.map((metric) => {
      const [x, y] = [a[metric], b[metric]]
      return [metric, { a: x, b: y, difference: comparable && x !== null && y !== null ? y - x : null }]
    }),
  ) as ModelComparison['metrics']
}

const shapeOf = (layer: LayerRow): string => [layer.out_channels, layer.in_channels, ...layer.kernel.split('x')].join('×')
