import { createSha256 } from '#io'
import { knownColumns, metaValue, robustOf } from '../analysis/members.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { InputDriver } from '../measure/input-driver.ts'
import type { OpenedInput } from '../measure/opened-input.ts'
import type { Settings } from '../measure/options.ts'
import { filtersOf } from '../measure/select.ts'
import { cutRun, type RunPosition } from './cut.ts'
import { type PlannedShard, type RunPlan, sha256OfBytes } from './plan.ts'
import { planPaths } from './plan-paths.ts'
import { layerCountOf, type PlannedEvent, type PlannedInput, type PlannedLine, versionOfFile } from './planned-inputs.ts'
import { layerWork, openingWork } from './work.ts'

/** What is planned, and for how many shards. */
export interface InventoryTask {
  readonly inputs: readonly FoundInput[]
  readonly settings: Settings
  readonly keepGoing: boolean
  readonly shards: number
  readonly signal?: AbortSignal
  readonly onInput?: (done: number, path: string) => void
}

/** What came of it, beside the list of inputs that was written. */
export type Inventory = Pick<RunPlan, 'totals' | 'shards'> & {
  /** SHA-256 of the list of inputs. */
  readonly sha256: string
  /** What the files themselves say of two groups, as the column Robust does. */
  readonly sides: ReadonlySet<'a' | 'b'>
  readonly warnings: readonly string[]
  readonly failed: readonly { readonly file: string; readonly problem: string }[]
}

/** What is kept of a line that was written. */
interface WrittenLine {
  readonly end: number
  readonly work: number
  readonly layers: number
}

/**
 * Opens every input as a run does, without reading its weights (but those of files that may be one network twice): names, copies,
 * notes and failures are settled, and the list of inputs is written. Then the run is cut into shards.
 * @throws InputError for the first input that cannot be opened (unless keepGoing)
 */
export async function writeInventory(folder: OutputFolder, task: InventoryTask): Promise<Inventory> {
  const { inputs, settings, keepGoing, signal } = task
  const driver = new InputDriver(inputs, {
    choice: settings.choice,
    goesOnWithout: () => keepGoing,
    hash: false,
    ...(signal && { signal }),
  })
  const byPath = new Map(inputs.map((input) => [input.path, input]))
  const sink = await folder.create(planPaths.inputs)
  const hash = await createSha256()
  const encoder = new TextEncoder()
  const lines: WrittenLine[] = []
  const totals = { inputs: 0, models: 0, layers: 0, filters: 0, bytes: 0, work: 0 }
  const warnings: string[] = []
  const failed: { file: string; problem: string }[] = []
  const sides = new Set<'a' | 'b'>()
  let end = 0
  let events: PlannedEvent[] = []
  const write = async (line: PlannedLine): Promise<void> => {
    const bytes = encoder.encode(`${JSON.stringify(line)}\n`)
    hash.update(bytes)
    await sink.write(bytes)
    end += bytes.length
  }
  const takeEvents = (): Pick<PlannedLine, 'events'> => {
    const taken = events
    events = []
    return taken.length > 0 ? { events: taken } : {}
  }
  try {
    for await (const event of driver.events()) {
      signal?.throwIfAborted()
      if (event.kind === 'warning') {
        warnings.push(event.text)
        events.push({ kind: 'warning', text: event.text })
        continue
      }
      if (event.kind === 'failed') {
        const failure = { file: event.file, problem: event.error.problem }
        failed.push(failure)
        events.push({ kind: 'failed', ...failure })
        continue
      }
      const opened = event.input
      const { path, location, opens } = byPath.get(opened.input.path)!
      const planned = plannedInput({ path, location, ...(opens !== undefined && { opens }) }, opened, settings)
      await write({ ...takeEvents(), input: planned.input })
      lines.push({ end, work: planned.work, layers: layerCountOf(planned.input) })
      for (const { model } of opened.models) {
        const side = robustOf(metaValue(model.meta, knownColumns.robust))
        if (side) sides.add(side)
      }
      totals.inputs++
      totals.models += planned.input.models.length
      totals.layers += layerCountOf(planned.input)
      totals.filters += planned.filters
      totals.bytes += planned.bytes
      totals.work += planned.work
      opened.requireSame()
      await opened.close()
      task.onInput?.(totals.inputs + failed.length, path)
    }
    if (events.length > 0) await write(takeEvents())
    await sink.flush()
    const shards = await cutInto(task.shards, lines, sink)
    await sink.commit()
    return { totals, shards, sha256: hash.hex(), sides, warnings, failed }
  } catch (error) {
    await sink.discard()
    throw error
  } finally {
    await driver.close()
  }
}

/** Cuts the run whose list of inputs `sink` holds. */
async function cutInto(count: number, lines: readonly WrittenLine[], sink: Sink): Promise<PlannedShard[]> {
  const list = await sink.readBack()
  try {
    const startOf = (line: number): number => lines[line - 1]?.end ?? 0
    const layersOf = async (line: number): Promise<number[]> => {
      const from = startOf(line)
      const text = new TextDecoder().decode(await list.read(from, lines[line]!.end - from))
      return (JSON.parse(text) as PlannedLine).input!.models.flatMap(({ layers }) => layers)
    }
    const works = lines.map(({ work }) => work)
    const cuts = await cutRun(works, count, layersOf)
    const end: RunPosition = { input: lines.length, layer: 0 }
    const bounds = [{ input: 0, layer: 0 }, ...cuts, end]
    const shards: PlannedShard[] = []
    for (let k = 0; k < count; k++) {
      const [from, to] = [bounds[k]!, bounds[k + 1]!]
      const last = to.layer > 0 ? to.input + 1 : to.input // the line after its own
      const [first, after] = last > from.input ? [startOf(from.input), startOf(last)] : [0, 0]
      const own = { inputs: Math.max(0, last - from.input), layers: 0, work: 0 }
      for (let line = from.input; line < last; line++) {
        const isWhole = (line > from.input || from.layer === 0) && line < to.input
        const { work, layers } = lines[line]!
        const begins = line === from.input ? from.layer : 0
        const ends = line === to.input ? to.layer : layers
        own.layers += ends - begins
        own.work += isWhole ? work : workBetween(work, await layersOf(line), begins, ends)
      }
      shards.push({
        from,
        to,
        lines: { from: first, to: after, sha256: await sha256OfBytes(await list.read(first, after - first)) },
        ...own,
      })
    }
    return shards
  } finally {
    await list.close?.()
  }
}

/** Work of a piece of an input: whoever begins it hashes it. */
function workBetween(work: number, layers: readonly number[], from: number, to: number): number {
  const sum = (some: readonly number[]): number => some.reduce((all, one) => all + one, 0)
  return sum(layers.slice(from, to)) + (from === 0 ? work - sum(layers) : 0)
}

function plannedInput(
  place: Pick<PlannedInput, 'path' | 'location' | 'opens'>,
  opened: OpenedInput,
  { passes }: Settings,
): { input: PlannedInput; work: number; filters: number; bytes: number } {
  const numbers = new Map(opened.source.models.map((model, index) => [model, index]))
  const files = opened.files()
  const bytes = files.reduce((sum, [, { byteLength }]) => sum + byteLength, 0)
  const isHashed = opened.source.models.some((model) => !model.recorded)
  const hashed = files.reduce((sum, [, { byteLength, statedSha256 }]) => sum + (statedSha256 === undefined ? byteLength : 0), 0)
  const input: PlannedInput = {
    ...place,
    files: files.map(([path, access]) => [path, versionOfFile(access)]),
    models: opened.models.map(({ model, name, layers }) => ({
      index: numbers.get(model)!,
      name,
      layers: layers.map((layer) => layerWork(layer, passes)),
      ...(layers.some(({ layer_id }, k) => layer_id !== k) && { ids: layers.map(({ layer_id }) => layer_id) }),
    })),
  }
  const layers = opened.models.flatMap((model) => model.layers)
  const work = input.models.reduce(
    (sum, model) => model.layers.reduce((all, one) => all + one, sum),
    openingWork(hashed, isHashed),
  )
  return { input, work, filters: layers.reduce((sum, layer) => sum + filtersOf(layer), 0), bytes }
}
