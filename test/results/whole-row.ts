import { tapsOf } from '../../src/measure/kernel-size.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import type { Metric } from '../../src/measure/metrics/metric.ts'
import { layerMetrics } from '../../src/measure/metrics/registry.ts'

/** A row with every member that a layer's has: of three filters, all metrics undefined that can be. */
export function wholeRow(model: string, layer_id: number, kernel: string): LayerRow {
  const taps = tapsOf(kernel)
  const moments = () => ({ count: 3, mean: new Float64Array(taps), scatter: new Float64Array(taps * taps) })
  return {
    model,
    layer: `w${layer_id}`,
    layer_id,
    node: null,
    kernel,
    depth: layer_id,
    conv_depth: layer_id,
    conv_depth_norm: null,
    in_channels: 1,
    out_channels: 3,
    groups: 1,
    filters: 3,
    ...Object.fromEntries(layerMetrics.map(({ name, undefinedWhen }) => [name, undefinedWhen === null ? 0 : null])),
    undefined_because: Object.fromEntries(
      layerMetrics.flatMap(({ name, undefinedWhen, ...metric }: Metric) =>
        undefinedWhen === null || metric.group !== undefined ? [] : [[name, `"${layer_id}"`]],
      ),
    ),
    flags: {},
    scaled: moments(),
    raw: moments(),
    clean: moments(),
  } as unknown as LayerRow
}
