import { type CheckpointOrder, checkpointOrders, type Scalars } from '../analysis/checkpoints.ts'
import { type TrajectoryRow, trajectoryFields } from '../analysis/trajectory.ts'
import { columnsOf, describeColumns, readRows } from '../arrow/fields.ts'
import { readArrowTable } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { Parameters } from '../measure/parameters.ts'
import { version } from '../version.ts'
import type { ExportTable } from './export-table.ts'
import { requireKind } from './table-rows.ts'
import { parametersText } from './tables.ts'

/** What a trajectory was made with: the same means that rows can be taken over. */
function metadataOf(parameters: Parameters, by: CheckpointOrder): Record<string, string> {
  return {
    'filterlens.kind': 'results.trajectory',
    'filterlens.version': version,
    'filterlens.parameters': parametersText(parameters),
    'filterlens.ordered_by': by,
  }
}

/** A series as a table: a row a layer and checkpoint, with the scalars of the checkpoint behind them. */
export function trajectoryTable(
  rows: readonly TrajectoryRow[],
  parameters: Parameters,
  by: CheckpointOrder,
  scalars: Scalars,
): ExportTable {
  const columns = columnsOf(trajectoryFields(storedMetrics(parameters)), rows)
  const known = new Set(columns.map(({ name }) => name))
  const beside = [...scalars].map(([name, values]) => ({
    name: known.has(name) ? `scalar.${name}` : name,
    type: 'float64' as const,
    nullable: true as const,
    values: rows.map(({ order }) => values[order] ?? null),
  }))
  return { name: 'trajectory', columns: [...columns, ...beside], metadata: metadataOf(parameters, by) }
}

/** A series as its table holds it. */
export interface StoredTrajectory {
  readonly by: CheckpointOrder
  readonly rows: readonly TrajectoryRow[]
  /** Numbers beside the checkpoints, by their columns. */
  readonly scalars: Scalars
}

/** The series of a table, whatever it was made with. @throws InputError when it is another table, or damaged */
export async function readStoredTrajectory(access: RandomAccess): Promise<StoredTrajectory> {
  const table = await readArrowTable(access)
  requireKind(table, 'results.trajectory')
  const by = checkpointOrders.find((order) => order === table.metadata.get('filterlens.ordered_by'))
  if (by === undefined) throw new InputError(access.name, 'does not say what orders its checkpoints; it is damaged')
  const rows = readRows(trajectoryFields(), table) as unknown as TrajectoryRow[]
  const known = new Set(describeColumns(trajectoryFields()).map(({ name }) => name))
  const checkpoints = rows.reduce((most, { order }) => Math.max(most, order + 1), 0)
  const scalars = table.columns.flatMap(({ name }): [string, (number | null)[]][] => {
    if (known.has(name)) return []
    const values = table.optionalNumbers(name)
    const of = Array.from({ length: checkpoints }, (): number | null => null)
    for (const [k, { order }] of rows.entries()) of[order] = values[k]!
    return [[name, of]]
  })
  return { by, rows, scalars: new Map(scalars) }
}

/** The rows of a table that was made with the same module, version and parameters; none of any other. @throws InputError when it is damaged */
export async function readTrajectory(
  access: RandomAccess,
  parameters: Parameters,
  by: CheckpointOrder,
): Promise<readonly TrajectoryRow[]> {
  const table = await readArrowTable(access)
  for (const [key, value] of Object.entries(metadataOf(parameters, by))) if (table.metadata.get(key) !== value) return []
  return readRows(trajectoryFields(), table) as unknown as TrajectoryRow[]
}
