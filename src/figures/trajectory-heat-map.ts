import type { CheckpointOrder, Scalars } from '../analysis/checkpoints.ts'
import type { TrajectoryRow } from '../analysis/trajectory.ts'
import { spokenName } from '../database/spoken-name.ts'
import { fixed, percent, plural } from '../words.ts'
import type { Figure } from './figure.ts'
import { changePanels, layerHeatMap, layersByDepth } from './layer-heat-map.ts'

/** A series of checkpoints, layer by layer. */
export interface TrajectoryData {
  readonly rows: readonly TrajectoryRow[]
  readonly by: CheckpointOrder
  readonly scalars: Scalars
}

/** How the layers of a network change along its training: layers by depth (rows) × checkpoints (columns), darker is further; scalars below. */
export function trajectoryHeatMap(data: TrajectoryData): Figure {
  const orders = [...new Set(data.rows.map(({ order }) => order))]
  const layers = layersByDepth(data.rows)
  const at = new Map(data.rows.map((row) => [`${row.order}\n${spokenName(row)}`, row]))
  const position = new Map(data.rows.map((row) => [row.order, row.position]))
  const isTime = data.by === 'time'
  return layerHeatMap({
    id: 'trajectory-heat-map',
    title: 'Layers along the training',
    caption: captionOf(data, layers, orders),
    note: `Layers by depth, checkpoints from left to right. Change: length of the difference from the first checkpoint over its length. D: in the basis of the filters of both; chance: the same filters dealt out at random.`,
    layers,
    columns: orders.length,
    panels: changePanels((layer, column) => at.get(`${orders[column]}\n${layer}`)),
    captions: [
      {
        name: isTime ? 'checkpoint' : data.by === 'name' ? 'number' : data.by,
        of: (column) => String(isTime ? orders[column] : position.get(orders[column]!)!),
      },
      ...[...data.scalars].map(([name, values]) => {
        const text = scalarText(values)
        return { name, of: (column: number) => text(orders[column]!) }
      }),
    ],
  })
}

/** The numbers of a scalar with as many decimals each: none where all are whole. */
function scalarText(values: readonly (number | null)[]): (order: number) => string {
  const isWhole = values.every((value) => value === null || Number.isInteger(value))
  const largest = values.reduce((most: number, value) => Math.max(most, Math.abs(value ?? 0)), 0)
  const digits = isWhole ? 0 : largest < 10 ? 3 : 1
  return (order) => fixed(values[order], digits)
}

function captionOf({ rows }: TrajectoryData, layers: readonly string[], orders: readonly number[]): string {
  const last = rows.filter((row) => row.order === orders.at(-1) && row.first_relative_change !== null)
  const size = `${plural(layers.length, 'layer')} at ${plural(orders.length, 'checkpoint')}`
  if (last.length === 0) return `${size}: there is nothing to compare with yet.`
  const most = last.reduce((best, row) => (row.first_relative_change! > best.first_relative_change! ? row : best))
  const least = last.reduce((best, row) => (row.first_relative_change! < best.first_relative_change! ? row : best))
  const shifted = last.filter(
    (row) => row.first_shift !== null && row.first_shift_chance !== null && row.first_shift > row.first_shift_chance,
  )
  return `${size}. From the first to the last ${spokenName(most)} changed most (${percent(most.first_relative_change)}), ${spokenName(least)} least (${percent(least.first_relative_change)}); the distribution of the filters is further from the start than chance in ${shifted.length} of ${plural(last.length, 'layer')}.`
}
