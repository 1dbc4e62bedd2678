import { listInputs, placeOpener } from '../../src/inputs/node-inputs.ts'
import { memoryOutput } from '../../src/io/memory-folder.ts'
import { type Folder, memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'
import { type MeasureOptions, settingsOf } from '../../src/measure/options.ts'
import type { MeasureEvent } from '../../src/measure/run.ts'
import { type Inventory, writeInventory } from '../../src/shards/inventory.ts'
import { measureShard } from '../../src/shards/measure-shard.ts'
import { mergedEvents } from '../../src/shards/merged-events.ts'
import { growPart, partHeader } from '../../src/shards/part-file.ts'
import { type OpenPlan, planText, readPlan } from '../../src/shards/plan.ts'
import { planPaths } from '../../src/shards/plan-paths.ts'
import { piecesOf } from '../../src/shards/planned-inputs.ts'
import { version } from '../../src/version.ts'
import { moduleSha256 } from '../../src/wasm/module.ts'
import { projectFolder } from '../cli/run.ts'
import { memoryStore } from '../results/memory-store.ts'

/** Plans in memory: a folder that is read as it was written. */
export async function planInMemory(
  paths: readonly string[],
  shards: number,
  options: MeasureOptions = {},
): Promise<OpenPlan & { readonly inventory: Inventory }> {
  const { kernel = '3x3', skipNonFinite = false, keepGoing = false } = options
  const written = memoryOutput('plan')
  const inventory = await writeInventory(written, {
    inputs: await listInputs(paths),
    settings: settingsOf(options),
    keepGoing,
    shards,
  })
  const { totals, shards: cut, sha256 } = inventory
  const plan = {
    filterlens: version,
    module: moduleSha256,
    folder: projectFolder,
    options: { kernel, profile: 'cvprw22' as const, threshold: 0.01, skipNonFinite, keepGoing },
    question: { report: false },
    totals,
    files: { [planPaths.inputs]: sha256 },
    passes: ['measure' as const],
    shards: cut,
  }
  const files = new Map(written.files()).set(planPaths.plan, new TextEncoder().encode(planText(plan)))
  const folder: Folder = {
    open: async (path) => {
      const bytes = files.get(path)
      return bytes && memoryAccess(`plan/${path}`, bytes)
    },
  }
  return { ...(await readPlan(folder, 'plan')), inventory }
}

const facts = { finished: '', seconds: 0, processorSeconds: 0, host: 'here', engine: 'Node' }

/** Measures a shard to its end. `store`: what an earlier attempt left. */
export async function shardInMemory(
  plan: OpenPlan,
  shard: number,
  store: ReturnType<typeof memoryStore> = memoryStore(),
  options: MeasureOptions = {},
): Promise<Uint8Array> {
  const part = await growPart(store, partHeader(plan.hash, 'measure', shard))
  const { kernel, skipNonFinite, keepGoing } = plan.plan.options
  await measureShard(part, {
    pieces: piecesOf(plan, shard),
    place: placeOpener(plan.plan.folder!),
    options: { kernel, skipNonFinite, keepGoing, ...options },
  })
  await part.seal(facts)
  return store.bytes
}

export function partsInMemory(parts: readonly Uint8Array[]): (shard: number) => Promise<RandomAccess> {
  return async (shard) => memoryAccess(`part ${shard}`, parts[shard]!)
}

/** Every event as a text that holds every bit of it but the input's bytes. */
export async function textsOf(events: AsyncIterable<MeasureEvent>): Promise<string[]> {
  const texts: string[] = []
  const plain = (_: string, value: unknown): unknown => {
    if (value instanceof Float64Array) return [...new BigUint64Array(value.slice().buffer)].map(String)
    if (value instanceof Error) return value.message
    return Object.is(value, -0) ? '-0' : value
  }
  for await (const event of events) {
    if (event.kind === 'layer') {
      const { identity, row, narrowed } = event
      texts.push(JSON.stringify(['layer', identity.input.path, identity.layer_id, narrowed, row], plain))
    } else if (event.kind === 'model') {
      const { row, input, skipped, found } = event
      texts.push(JSON.stringify(['model', input.path, row, skipped, found], plain))
    } else if (event.kind === 'failed') texts.push(JSON.stringify(['failed', event.file, event.error.problem]))
    else texts.push(JSON.stringify(['warning', event.text]))
  }
  return texts
}

/** Fails at the first of two lists of texts that differs, and shows where. */
export function requireSameTexts(found: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((text, k) => text !== found[k])
  if (at < 0 && found.length === expected.length) return
  throw new Error(
    `text ${at} of ${expected.length}: ${found[at]?.slice(0, 300)}, expected ${expected[at]?.slice(0, 300)}; ${found.length} found`,
  )
}

/** The events that the parts of all shards give. */
export async function mergedTexts(plan: OpenPlan, options: MeasureOptions = {}): Promise<string[]> {
  const parts: Uint8Array[] = []
  for (let shard = 0; shard < plan.plan.shards.length; shard++)
    parts.push(await shardInMemory(plan, shard, memoryStore(), options))
  return textsOf(mergedEvents(plan, partsInMemory(parts)))
}
