import type { ModelProvenance } from '../database/provenance.ts'
import { NonFiniteWeightError } from '../errors.ts'
import type { Input, LazyInput, RandomAccess } from '../io/random-access.ts'
import { openSource } from '../sources/open.ts'
import type { Convolution, Skipped, Source, SourceModel } from '../sources/source.ts'
import { storedValue } from '../weights/stored-value.ts'
import { InputHashes, type ModelHashes, unhashed } from './input-hashes.ts'
import type { ModelNames } from './model-names.ts'
import { requireSameFiles, withNamedFolder } from './named-folder.ts'
import { nonFiniteReason } from './non-finite.ts'
import { type KernelChoice, type SelectedLayer, selectLayers } from './select.ts'
import { type Twin, twinsOf, twinText } from './twins.ts'

/** What an input is opened with. */
export interface OpenOptions {
  readonly names: Pick<ModelNames, 'take'>
  readonly choice: KernelChoice
  /** Whether the models' hashes will be asked for. */
  readonly hash: boolean
  readonly signal: AbortSignal | undefined
}

/** A model of an opened input, under the name that it goes by in this run, with its layers selected. */
export interface OpenedModel {
  readonly input: Input
  readonly model: SourceModel
  /** Unlike that of any other model of the run. */
  readonly name: string
  readonly layers: readonly SelectedLayer[]
  /** What is not measured, with the reason. */
  readonly skipped: readonly Skipped[]
  /**
   * Reads the files' bytes for their hashes, each file once however many models share it; without hashing, nulls.
   * @throws InputError when they cannot be read
   */
  hashes(): Promise<ModelHashes>
}

/** An input while its layers are read: its models, and what has to be waited for before its files are closed. */
export class OpenedInput {
  readonly input: Input
  readonly source: Source
  #models: readonly OpenedModel[]
  readonly #files: ReturnType<typeof withNamedFolder>
  readonly #hashes: InputHashes | undefined
  readonly #closed: () => void

  /**
   * Opens an input's structure; its weights are not read.
   * @param closed called once when `close` has closed it
   * @throws InputError when it cannot be opened, or no reader takes it
   */
  static async open(given: Input | LazyInput, options: OpenOptions, closed: (opened: OpenedInput) => void): Promise<OpenedInput> {
    const input = withNamedFolder('open' in given ? await given.open() : given)
    const source = await openSource(input)
    const needed = options.hash && source.models.some((model) => !model.recorded)
    return new OpenedInput(input, source, options, needed ? new InputHashes(input, options.signal) : undefined, closed)
  }

  private constructor(
    input: ReturnType<typeof withNamedFolder>,
    source: Source,
    { names, choice }: OpenOptions,
    hashes: InputHashes | undefined,
    closed: (opened: OpenedInput) => void,
  ) {
    this.input = input
    this.#files = input
    this.source = source
    this.#hashes = hashes
    this.#closed = () => closed(this)
    this.#models = source.models.map((model) => ({
      input,
      model,
      name: names.take(input.path, model.name),
      ...selectLayers(model, choice),
      hashes: () => (hashes && !model.recorded ? hashes.of(model) : Promise.resolve(unhashed)),
    }))
  }

  /** In the file's order. */
  get models(): readonly OpenedModel[] {
    return this.#models
  }

  /** Names the models anew, when what they were told apart from is left out. */
  rename(names: ModelNames): void {
    this.#models = this.#models.map((opened) => ({ ...opened, name: names.take(this.input.path, opened.model.name) }))
  }

  /** Leaves its models as they are chosen from all. */
  choose(chosen: (models: readonly OpenedModel[]) => readonly OpenedModel[]): void {
    this.#models = chosen(this.#models)
  }

  /** Every file that was opened for it so far: its own as '', those beside it by their path. */
  files(): (readonly [path: string, access: RandomAccess])[] {
    const { access, folder } = this.#files
    return [['', access], ...folder.opened.map((file) => [folder.pathOf(file)!, file] as const)]
  }

  /**
   * Of a zip: leaves out models whose filters another file of the same folder in it holds too.
   * @returns what is said of them
   */
  async withoutTwins(signal?: AbortSignal): Promise<string[]> {
    const families = new Map<string, Map<string, OpenedModel[]>>()
    for (const opened of this.#models) {
      if (!opened.model.inside) continue
      const { family, path } = opened.model.inside
      const files = families.get(family) ?? new Map<string, OpenedModel[]>()
      families.set(family, files)
      const models = files.get(path)
      if (models) models.push(opened)
      else files.set(path, [opened])
    }
    const twins: Twin[] = []
    for (const files of families.values())
      for (const twin of await twinsOf(
        [...files].map(([path, models]) => ({ path, models })),
        signal,
      ))
        twins.push(twin)
    const left = new Set(twins.map(({ path }) => path))
    this.#models = this.#models.filter(({ model }) => !model.inside || !left.has(model.inside.path))
    return twins.map(twinText)
  }

  /** @throws InputError when a file of it is not what it was when it was opened; to be asked when all has been read */
  requireSame(): void {
    requireSameFiles(this.#files)
  }

  /** Closes the input's files when nothing hashes them any more. Its layers must have been read. */
  async close(): Promise<void> {
    await this.#hashes?.settled()
    await this.source.close()
    this.#closed()
  }
}

/** Where a model came from: what its file says, or what a filter database recorded about the file before it. */
export function provenanceOf({ input, model, name }: OpenedModel, hashes: ModelHashes): ModelProvenance {
  const { sha256, parts = [] } = model.recorded ?? hashes
  return {
    model: name,
    file: model.recorded?.file ?? input.path,
    bytes: model.recorded?.bytes ?? input.access.byteLength,
    sha256,
    ...(parts.length > 0 && { parts }),
    format: model.format,
    producer: model.producer,
    opset: model.opset,
    depth_source: model.depth_source,
    revision: model.recorded ? (model.recorded.revision ?? null) : (input.revision ?? null),
    meta: model.meta,
  }
}

/**
 * A layer with a weight that is NaN or infinite, as it is listed where it may be left out.
 * @throws NonFiniteWeightError where it may not
 */
export async function nonFiniteLayer(
  { input, name }: OpenedModel,
  { layer, shape, weights }: Convolution,
  { index, value }: { readonly index: number; readonly value: number },
  leaveOut: boolean | undefined,
): Promise<Skipped> {
  const stored = Number.isNaN(value) ? value : await storedValue(weights, shape, index)
  const told = Number.isFinite(stored) ? `${stored}, more than a float32 holds` : value
  if (!leaveOut) throw new NonFiniteWeightError(input.path, name, layer, index, told)
  return { name: layer, kind: 'Conv', shape, reason: nonFiniteReason(index, told) }
}
