import { compareWeights, type MeasuredModel } from '../../analysis/changes.ts'
import { type CheckpointFacts, orderCheckpoints } from '../../analysis/checkpoints.ts'
import type { ModelComparison } from '../../analysis/report-types.ts'
import { Trajectory } from '../../analysis/trajectory.ts'
import { firstLayerOf } from '../../drawings/first-layer-of.ts'
import type { FirstLayer } from '../../figures/first-layer-rgb.ts'
import type { LazyInput } from '../../io/random-access.ts'
import { openSource } from '../../sources/open.ts'
import { plural } from '../../words.ts'
import type { AnalysisEvent, PageSeries, ReadModel, ReadModels } from './protocol.ts'
import { inputsOf } from './second-pass.ts'

// Loaded when two models are compared or several are shown as a series.

interface Readable {
  readonly model: MeasuredModel
  readonly input: LazyInput
}

async function readable({ ownName, layers, files }: ReadModel): Promise<Readable> {
  const { inputs } = await inputsOf(files)
  return { model: { model: ownName, layers, inputs }, input: inputs[0]! }
}

/** What changed between the weights of two models. @throws InputError when one cannot be read again */
export async function changesOfModels({ models, parameters }: ReadModels, signal: AbortSignal): Promise<ModelComparison> {
  const [a, b] = [await readable(models[0]!), await readable(models[1]!)]
  return compareWeights(a.model, b.model, parameters, signal)
}

/** Models as checkpoints of one training, in the order that their files or names tell. @throws InputError when one cannot be read again */
export async function seriesOfModels(
  { models, parameters }: ReadModels,
  signal: AbortSignal,
  emit: (event: AnalysisEvent) => void,
): Promise<PageSeries> {
  const facts: (CheckpointFacts & Readable & { readonly of: ReadModel })[] = []
  for (const of of models) {
    const found = await readable(of)
    facts.push({ ...found, of, ...(await factsOf(found.input, of.name)) })
  }
  const { by, checkpoints } = orderCheckpoints(facts)
  const trajectory = new Trajectory({ ...parameters, signal })
  const strip: (FirstLayer | null)[] = []
  for (const [k, { of, model, position }] of checkpoints.entries()) {
    emit({ done: k, total: checkpoints.length, label: of.name })
    await trajectory.addMeasured({ name: of.name, position, sha256: of.sha256 }, model)
    strip.push((await firstLayerOf(model, parameters)) ?? null)
  }
  const name = plural(models.length, 'checkpoint')
  return { name, by, rows: trajectory.rows, scalars: new Map(), strip, picture: null }
}

/** What orders a checkpoint: only its structure is read. */
async function factsOf(input: LazyInput, path: string): Promise<CheckpointFacts> {
  const source = await openSource(await input.open())
  try {
    const { epoch = null, step = null } = source.training ?? {}
    return { path, epoch, step, time: null }
  } finally {
    await source.close()
  }
}
