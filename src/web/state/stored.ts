import { effect, signal } from '@preact/signals'
import type { ResultsTable } from '../tasks/protocol.ts'
import { startJob } from './jobs.ts'
import { addStoredGroups, type Loaded, modelNamed, models, removeDrop, seenTables, takeCheck, takeLayers } from './models.ts'
import { route } from './route.ts'
import { measuring, viewing } from './work.ts'

// Of results with very many layers the page holds the models alone; the rest is read when it is looked at.

const reading = new Set<string>()

/** Why the layers of the model that is open cannot be read; null when nothing is wrong. */
export const layersProblem = signal<string | null>(null)

// A model that is opened has its layers read from their table.
effect(() => {
  const { a, b } = route.value
  for (const model of [modelNamed(a), modelNamed(b)]) if (model?.table) void readLayers(model, model.table)
})

async function readLayers(model: Loaded, table: ResultsTable): Promise<void> {
  if (reading.has(model.name)) return
  reading.add(model.name)
  try {
    takeLayers(model, await viewing('stored', { table, model: model.ownName }))
    layersProblem.value = null
  } catch (error) {
    layersProblem.value = error instanceof Error ? error.message : String(error)
  } finally {
    reading.delete(model.name)
  }
}

const checked = new Set<ResultsTable>()

// Their files are held against their hashes while the models are looked at.
effect(() => {
  for (const { table, drop } of models.value) {
    if (!table || checked.has(table)) continue
    checked.add(table)
    void checkTable(table, drop)
  }
})

/** Of results that were changed nothing stays. */
async function checkTable(table: ResultsTable, drop: number): Promise<void> {
  try {
    takeCheck(drop, await measuring('check', table))
  } catch (error) {
    removeDrop(drop)
    const job = startJob(table.name, () => undefined)
    job.update({ running: false, errors: [error instanceof Error ? error.message : String(error)] })
  }
}

const answered = signal<ReadonlySet<ResultsTable>>(new Set())
const asked = new Set<ResultsTable>()

/** Reads the comparisons of groups that lie beside such results. @returns true while one of them is awaited */
export function awaitsStoredGroups(): boolean {
  for (const table of seenTables.value) {
    if (asked.has(table)) continue
    asked.add(table)
    viewing('storedGroups', table)
      .then((report) => report && addStoredGroups(report))
      .catch(() => undefined) // they are compared anew then
      .finally(() => (answered.value = new Set([...answered.peek(), table])))
  }
  return seenTables.value.some((table) => !answered.value.has(table))
}
