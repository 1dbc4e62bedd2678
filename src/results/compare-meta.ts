import { joinMeta } from '../analysis/join-meta.ts'
import { joinPairs } from '../analysis/join-pairs.ts'
import type { MetaTable } from '../analysis/meta-table.ts'
import type { Pair, PairTable } from '../analysis/pairs.ts'
import type { MetaValue } from '../database/meta.ts'
import { asTabled, metaOf } from '../database/provenance.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { Difference } from './compare-rows.ts'

type Meta = Readonly<Record<string, MetaValue>>

/** What the metadata of results came from, as far as it is at hand. */
export interface MetaOrigins {
  /** The table that the run was given. */
  readonly table?: MetaTable | undefined
  /** What the model files themselves say, of those that were measured again. */
  readonly own?: ReadonlyMap<string, Meta>
}

/**
 * Compares the metadata of results with what it came from. `unchecked`: the columns of which at least one value came from a
 * table that is not given, or from a file that was not read.
 */
export function compareMeta(
  models: readonly ModelRow[],
  { table, own = new Map() }: MetaOrigins,
): { readonly differences: readonly Difference[]; readonly unchecked: readonly string[] } {
  const differences: Difference[] = []
  const unchecked = new Set<string>()
  const bare = models.map((row) => ({ ...row, meta: {} as Meta }))
  const tabled = table ? joinMeta(bare, table).models : bare
  const given = table
    ? joinMeta(
        models.map((row) => ({ ...row, meta: own.get(row.model) ?? {} })),
        table,
      ).models
    : bare
  const wanted = asTabled(table ? given : models.map((row) => ({ ...row, meta: own.get(row.model) ?? {} })))
  for (const [k, row] of models.entries()) {
    const [fromTable, ofFile, made] = [tabled[k]!.meta, own.get(row.model), wanted[k]!.meta]
    for (const key of new Set([...Object.keys(row.meta), ...Object.keys(fromTable), ...Object.keys(ofFile ?? {})])) {
      const [stored, again] = [metaOf(row.meta, key), metaOf(made, key)]
      if (isSame(stored, again)) {
        // A value of a file that a table may have replaced is known to be right only when it is right.
        if (stored === null && !Object.hasOwn(fromTable, key) && !ofFile) unchecked.add(key)
      } else if (Object.hasOwn(fromTable, key) || (table && ofFile))
        differences.push({ table: 'models', row: row.model, column: key, stored: String(stored), recomputed: String(again) })
      else unchecked.add(key)
    }
  }
  return { differences, unchecked: [...unchecked] }
}

/** A column of numbers and texts is one of texts, which depends on all of its rows. */
function isSame(a: MetaValue, b: MetaValue): boolean {
  return Object.is(a, b) || (a !== null && b !== null && String(a) === String(b))
}

/** Compares the pairs of results with the table that the run was given. @throws InputError for a table that names no such models */
export function comparePairsWith(models: readonly ModelRow[], stored: readonly Pair[], table: PairTable): Difference[] {
  const wanted = joinPairs(
    models.map(({ model }) => model),
    table,
  )
  const text = (pair: Pair | undefined): string =>
    pair ? [pair.a, pair.b, pair.architecture, pair.dataset].map((part) => part ?? '–').join(', ') : 'not there'
  return Array.from({ length: Math.max(stored.length, wanted.length) }, (_, k) => k)
    .filter((k) => text(stored[k]) !== text(wanted[k]))
    .map((k) => ({ table: 'pairs.json', row: String(k), column: 'all', stored: text(stored[k]), recomputed: text(wanted[k]) }))
}
