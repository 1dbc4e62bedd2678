import type { LayerRow } from '../measure/layer-row.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { Moments } from '../wasm/moments.ts'

/** So many differences are listed one by one; a million more say no more. */
export const MOST_DIFFERENCES = 1000

/** A cell that is not the same in two tables. */
export interface Difference {
  readonly table: string
  /** "model, layer" of the row. */
  readonly row: string
  readonly column: string
  readonly stored: string
  readonly recomputed: string
}

/** The cells in which two rows of the layer table differ in any bit. */
export function compareLayerRows(stored: LayerRow, recomputed: LayerRow): Difference[] {
  const differences: Difference[] = []
  const note = (column: string, a: unknown, b: unknown): void => {
    differences.push({
      table: 'layers',
      row: `${stored.model}, ${stored.layer}`,
      column,
      stored: String(a),
      recomputed: String(b),
    })
  }
  for (const key of Object.keys(stored) as (keyof LayerRow)[]) {
    if (key === 'scaled' || key === 'raw' || key === 'clean') compareMoments(key, stored[key], recomputed[key], note)
    else if (key === 'undefined_because' || key === 'flags') {
      const [a, b] = [sorted(stored[key]), sorted(recomputed[key])]
      if (a !== b) note(key, a, b)
    } else if (!Object.is(stored[key], recomputed[key])) note(key, stored[key], recomputed[key])
  }
  return differences
}

/** The cells in which two rows of the model table differ; metadata left out, which no model file holds. */
export function compareModelRows(stored: ModelRow, recomputed: ModelRow): Difference[] {
  const differences: Difference[] = []
  for (const key of new Set([...Object.keys(stored), ...Object.keys(recomputed)]) as Set<keyof ModelRow>) {
    if (key === 'meta') continue
    const [a, b] = [stored, recomputed].map((row) => (key === 'parts' ? JSON.stringify(row.parts ?? []) : row[key]))
    if (!Object.is(a, b))
      differences.push({ table: 'models', row: stored.model, column: key, stored: String(a), recomputed: String(b) })
  }
  return differences
}

function sorted(sentences: LayerRow['undefined_because'] | LayerRow['flags']): string {
  return JSON.stringify(Object.entries(sentences).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function compareMoments(name: string, a: Moments, b: Moments, note: (column: string, a: unknown, b: unknown) => void): void {
  if (a.count !== b.count) note(`${name}_count`, a.count, b.count)
  for (const part of ['mean', 'scatter'] as const) {
    const at = a[part].length === b[part].length ? a[part].findIndex((value, k) => !Object.is(value, b[part][k])) : 0
    if (at >= 0) note(`${name}_${part}[${at}]`, a[part][at], b[part][at])
  }
}
