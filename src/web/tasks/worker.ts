import { isPlainError } from '../../errors.ts'
import { analyseDropped } from './analyse.ts'
import { contentsOf } from './contents.ts'
import { describeLayerInFiles, prepareFor, readWeights } from './layers.ts'
import type { Answer, Call, Method, WorkerMethods } from './protocol.ts'
import { tableFile } from './save-table.ts'
import { measureGroups, secondPass } from './second-pass.ts'

// The page's worker: answers calls, several at a time; a call can be cancelled.

interface Context<M extends Method> {
  readonly signal: AbortSignal
  event(event: WorkerMethods[M]['event']): void
}

type Handlers = { [M in Method]: (given: WorkerMethods[M]['given'], context: Context<M>) => Promise<WorkerMethods[M]['result']> }

const handlers: Handlers = {
  prepare: ({ files }) => prepareFor(files),
  analyze: ({ files }, { signal, event }) => analyseDropped(files, signal, event),
  layer: (place, { signal }) => describeLayerInFiles(place, signal),
  contents: contentsOf,
  tensor: async (given, { signal }) => (await import('./statistics.ts')).statisticsInFile(given, signal),
  weights: ({ place, filters }) => readWeights(place, filters),
  check: async (table) => (await import('./stored-layers.ts')).checkStored(table),
  stored: async ({ table, model }) => (await import('./stored-layers.ts')).storedModel(table, model),
  storedGroups: async (table) => (await import('./stored-layers.ts')).storedGroups(table),
  coefficients: (given, { signal, event }) => secondPass(given, signal, event),
  groups: (given, { signal, event }) => measureGroups(given, signal, event),
  changes: async (given, { signal }) => (await import('./series.ts')).changesOfModels(given, signal),
  series: async (given, { signal, event }) => (await import('./series.ts')).seriesOfModels(given, signal, event),
  figures: async (from) => (await import('./draw-figures.ts')).drawFigures(from),
  table: ({ source, name, format }) => tableFile(source, name, format),
  results: async (given, { signal }) => (await import('./save-results.ts')).resultsZip(given, signal),
}

const running = new Map<number, AbortController>()

self.onmessage = async ({ data }: MessageEvent<Call>) => {
  if (data.method === 'cancel') {
    running.get(data.id)?.abort(new DOMException('cancelled', 'AbortError'))
    return
  }
  const { id, method, given } = data
  const abort = new AbortController()
  running.set(id, abort)
  const answer = (message: Answer, transfer: Transferable[] = []): void => self.postMessage(message, { transfer })
  try {
    const handler = handlers[method] as (given: unknown, context: Context<Method>) => Promise<unknown>
    const result = await handler(given, { signal: abort.signal, event: (event) => answer({ id, event }) })
    answer({ id, result }, result instanceof Float32Array ? [result.buffer] : [])
  } catch (error) {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    const cancelled = abort.signal.aborted || (error instanceof DOMException && error.name === 'AbortError')
    answer({ id, error: { name: cancelled ? 'AbortError' : name, message, plain: isPlainError(error), stack } })
  } finally {
    running.delete(id)
  }
}
