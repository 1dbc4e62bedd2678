import { InputError } from '../errors.ts'
import { eachFile } from '../inputs/steady-inputs.ts'
import type { LazyInput, RandomAccess } from '../io/random-access.ts'
import type { DriverEvent, InputOpener } from '../measure/input-driver.ts'
import { unhashed } from '../measure/input-hashes.ts'
import { OpenedInput, type OpenedModel } from '../measure/opened-input.ts'
import type { Progress } from '../measure/options.ts'
import { RunProgress } from '../measure/progress.ts'
import type { KernelChoice } from '../measure/select.ts'
import { isFirstPiece, modelsOfPiece, type PlannedInput, type PlannedPiece, versionOfFile } from './planned-inputs.ts'

/** Where a planned input is opened. */
export type PlaceOpener = (place: Pick<PlannedInput, 'path' | 'location' | 'opens'>) => LazyInput

export interface PlannedOpenerOptions {
  readonly place: PlaceOpener
  readonly choice: KernelChoice
  /** Whether files are hashed. */
  readonly hash: boolean
  /** Goes on when a layer cannot be measured; an input that was opened for the plan must open in any case. */
  readonly keepGoing: boolean
  /** Pieces in all, where they are counted. */
  readonly total?: number
  /** Only these models are read; inputs without one are not opened. */
  readonly only?: (model: string) => boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: Progress) => void
}

/**
 * Opens the inputs of a plan, or pieces of them, one after the other: models have the names that were settled then, copies are left
 * out, and what was said of them is not said again. A file that is no longer what was planned ends the run, whatever it goes on without.
 */
export class PlannedOpener implements InputOpener {
  readonly progress: RunProgress
  readonly #pieces: AsyncIterable<PlannedPiece>
  readonly #options: PlannedOpenerOptions
  readonly #open = new Set<OpenedInput>()

  constructor(pieces: AsyncIterable<PlannedPiece>, options: PlannedOpenerOptions) {
    this.#pieces = pieces
    this.#options = options
    this.progress = new RunProgress(options.total, options.onProgress)
  }

  get open(): number {
    return this.#open.size
  }

  async *events(): AsyncGenerator<DriverEvent, void, undefined> {
    const { only = () => true, signal } = this.#options
    for await (const piece of this.#pieces) {
      signal?.throwIfAborted()
      const chosen = modelsOfPiece(piece).filter(({ model }) => only(model.name))
      if (chosen.length === 0) continue
      const input = await this.#openPiece(piece)
      this.#open.add(input)
      input.choose((models) => chosen.map(({ model, from, to }) => planned(models, piece, model, from, to)))
      yield { kind: 'input', input }
    }
  }

  broken(error: unknown): InputError {
    if (error instanceof InputError && this.#options.keepGoing) return error
    throw error
  }

  async close(): Promise<void> {
    for (const input of this.#open) await input.close()
  }

  #openPiece(piece: PlannedPiece): Promise<OpenedInput> {
    const { choice, hash, signal, place } = this.#options
    const { path, location, opens, files } = piece.input
    const given = place({ path, location, ...(opens !== undefined && { opens }) })
    const known = new Map(files)
    const input = {
      ...given,
      open: async () => eachFile(await given.open(), (file, access) => requirePlanned(known, file, access)),
    }
    const options = { names: unnamed, choice, hash: hash && isFirstPiece(piece), signal }
    return OpenedInput.open(input, options, (closed) => {
      this.#open.delete(closed)
      this.progress.inputDone()
    })
  }
}

/** Names come with the plan. */
const unnamed = { take: () => '' }

function requirePlanned(known: ReadonlyMap<string, string>, file: string, access: RandomAccess): void {
  const before = known.get(file)
  const now = versionOfFile(access)
  if (before !== undefined && before !== now)
    throw new InputError(
      access.name,
      `was changed since the plan was made (${before} then, ${now} now); put it back, or plan again`,
    )
}

/** @throws InputError when the file no longer has the layers that were planned */
function planned(
  models: readonly OpenedModel[],
  { input, from: start }: PlannedPiece,
  { index, name, layers }: PlannedInput['models'][number],
  from: number,
  to: number,
): OpenedModel {
  const opened = models[index]
  if (opened?.layers.length !== layers.length)
    throw new InputError(input.path, `no longer holds the layers of model ${name} that were planned; plan again`)
  const own = { ...opened, name, layers: opened.layers.slice(from, to) }
  // What is known without measuring is told once, with the first piece, and so are the hashes.
  return start === 0 ? own : { ...own, skipped: [], hashes: async () => unhashed }
}
