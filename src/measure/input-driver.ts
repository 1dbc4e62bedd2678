import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import type { Inputs } from './inputs.ts'
import { inputNames, ModelNames } from './model-names.ts'
import { OpenedInput, type OpenOptions } from './opened-input.ts'
import type { MeasureOptions } from './options.ts'
import { RunProgress } from './progress.ts'
import type { KernelChoice } from './select.ts'
import { MOST_OF_A_FAMILY, twinsOf, twinText } from './twins.ts'

export interface DriverOptions extends Pick<MeasureOptions, 'names' | 'hash' | 'signal' | 'onProgress'> {
  /** Which layers of each model are selected. */
  readonly choice: KernelChoice
  /** Whether the run goes on without this file, an input or one `inside` an input (a zip), when it is broken. */
  readonly goesOnWithout: (file: string, inside: boolean) => boolean
}

type Given = Input | LazyInput

/** What came of opening an input; a text is said of one that is left out. */
type Opening = OpenedInput | InputError | string

/** What comes of an input: it is open, or it is broken and gone on without. */
export type DriverEvent =
  | { readonly kind: 'input'; readonly input: OpenedInput }
  /** An input, or a file inside one (a zip), that cannot be used. */
  | { readonly kind: 'failed'; readonly file: string; readonly error: InputError }
  | { readonly kind: 'warning'; readonly text: string }

/** Whoever opens the inputs of a run one after the other: what measures takes them as they come, and closes them. */
export interface InputOpener {
  readonly progress: RunProgress
  /** Inputs that are open at the moment. */
  readonly open: number
  events(): AsyncGenerator<DriverEvent, void, undefined>
  /** The error, when the run goes on without the file that it is about. @throws it otherwise */
  broken(error: unknown, file: string): InputError
  /** Closes what is still open; nothing may be reading from it any more. */
  close(): Promise<void>
}

/**
 * Opens the inputs of a run one after the other and hands them on: all that measures, extracts or reads again what was
 * measured goes through here, so that names, selection, broken inputs, hashes, progress and stopping are the same for all.
 * Whoever takes an input closes it, or leaves it to `close`.
 */
export class InputDriver implements InputOpener {
  readonly progress: RunProgress
  readonly #inputs: Inputs
  readonly #options: DriverOptions
  readonly #opening: OpenOptions & { readonly names: ModelNames }
  readonly #open = new Set<OpenedInput>()
  /** Families of which nothing is open yet. */
  readonly #families: Map<string, LazyInput[]>
  /** Opened with an earlier input of their family. */
  readonly #ahead = new Map<Given, Opening>()
  /** Of inputs that come one by one: those of each family that were measured. */
  readonly #earlier = new Map<string, LazyInput[]>()
  /** The paths that names tell apart, where they are all known and nobody gave names. */
  #paths: readonly string[] | undefined

  constructor(inputs: Inputs, options: DriverOptions) {
    const known = Symbol.iterator in inputs ? [...inputs] : undefined
    if (known && !options.names) this.#paths = known.map(({ path }) => path)
    this.#inputs = known ?? inputs
    this.#options = options
    this.#families = familiesOf(known ?? [])
    this.#opening = {
      names: new ModelNames(options.names ?? inputNames((known ?? []).map(({ path }) => path))),
      choice: options.choice,
      hash: options.hash !== false,
      signal: options.signal,
    }
    this.progress = new RunProgress(known?.length, options.onProgress)
  }

  /** Inputs that are open at the moment. */
  get open(): number {
    return this.#open.size
  }

  /**
   * Opens input after input, each when the next event is asked for.
   * @throws InputError for the first one that is broken and not gone on without, the signal's reason when it is aborted
   */
  async *events(): AsyncGenerator<DriverEvent, void, undefined> {
    const { signal } = this.#options
    for await (const given of this.#inputs) {
      signal?.throwIfAborted()
      for (const text of 'notes' in given ? (given.notes ?? []) : []) yield { kind: 'warning', text }
      const opened = await this.#take(given)
      if (typeof opened === 'string') {
        yield { kind: 'warning', text: opened }
        continue
      }
      if (opened instanceof InputError) {
        this.progress.inputDone()
        yield { kind: 'failed', file: given.path, error: opened }
        continue
      }
      this.#open.add(opened)
      for (const text of opened.source.warnings) yield { kind: 'warning', text: named(text, opened.input) }
      for (const text of await opened.withoutTwins(signal)) yield { kind: 'warning', text }
      for (const { file, error } of opened.source.failed ?? [])
        yield { kind: 'failed', file, error: this.broken(error, file, true) }
      yield { kind: 'input', input: opened }
    }
  }

  /** The error, when the run goes on without the file that it is about. @throws it otherwise */
  broken(error: unknown, file: string, inside: boolean = false): InputError {
    if (error instanceof InputError && this.#options.goesOnWithout(file, inside)) return error
    throw error
  }

  /** Closes what is still open; nothing may be reading from it any more. */
  async close(): Promise<void> {
    for (const input of this.#open) await input.close()
    for (const input of this.#ahead.values()) if (input instanceof OpenedInput) await input.close()
  }

  /** Opens an input, and with the first one of a family the others, to see which of them hold the same filters. */
  async #take(given: Given): Promise<Opening> {
    const name = 'family' in given ? given.family : undefined
    const family = name === undefined ? undefined : this.#families.get(name)
    if (name !== undefined && family) {
      this.#families.delete(name)
      await this.#openFamily(family)
    }
    const ahead = this.#ahead.get(given)
    this.#ahead.delete(given)
    if (ahead !== undefined) return ahead
    const opened = await this.#openOne(given)
    if (Array.isArray(this.#inputs) || name === undefined || !('family' in given) || !(opened instanceof OpenedInput))
      return opened
    return this.#besideEarlier(given, opened, name)
  }

  /** An input that came after others of its family: the same filters were measured already, or it is another network. */
  async #besideEarlier(given: LazyInput, opened: OpenedInput, family: string): Promise<Opening> {
    const earlier = this.#earlier.get(family) ?? []
    this.#earlier.set(family, earlier)
    for (const other of earlier) {
      const options = { ...this.#opening, names: new ModelNames(new Map()), hash: false }
      const again = await OpenedInput.open(other, options, () => {}).catch((error: unknown) => this.broken(error, other.path))
      if (again instanceof InputError) continue
      const pair = [again, opened].map(({ input, models }) => ({ path: input.path, models }))
      const twins = await twinsOf(pair, this.#options.signal).finally(() => again.close())
      if (twins.length === 0) continue
      await opened.close()
      return twinText({ path: given.path, of: other.path })
    }
    if (earlier.length < MOST_OF_A_FAMILY) earlier.push(given)
    return opened
  }

  async #openFamily(family: readonly LazyInput[]): Promise<void> {
    for (const given of family) this.#ahead.set(given, await this.#openOne(given))
    const files = family.flatMap((given) => {
      const opened = this.#ahead.get(given)
      return opened instanceof OpenedInput ? [{ path: given.path, models: opened.models, given, opened }] : []
    })
    const twins = await twinsOf(files, this.#options.signal)
    for (const twin of twins) {
      const { given, opened } = files.find(({ path }) => path === twin.path)!
      this.#ahead.set(given, twinText(twin))
      await opened.close()
    }
    if (twins.length === 0 || !this.#paths) return
    // What a copy was told apart from needs no longer name.
    const left = new Set(twins.map(({ path }) => path))
    this.#paths = this.#paths.filter((path) => !left.has(path))
    const { names } = this.#opening
    names.give(
      files.flatMap(({ models }) => models.map(({ name }) => name)),
      inputNames(this.#paths),
    )
    for (const { path, opened } of files) if (!left.has(path)) opened.rename(names)
  }

  #openOne(given: Given): Promise<OpenedInput | InputError> {
    const { signal } = this.#options
    const opening = OpenedInput.open(given, this.#opening, (input) => this.#closed(input))
    return unlessAborted(opening, signal, (late) => late.close()).catch((error: unknown) => this.broken(error, given.path))
  }

  #closed(input: OpenedInput): void {
    this.#open.delete(input)
    this.progress.inputDone()
  }
}

/** Inputs that share a family, where there are several. */
function familiesOf(inputs: readonly Given[]): Map<string, LazyInput[]> {
  const families = new Map<string, LazyInput[]>()
  for (const input of inputs) {
    if (!('family' in input) || input.family === undefined) continue
    const members = families.get(input.family)
    if (!members) families.set(input.family, [input])
    else if (members.length < MOST_OF_A_FAMILY) members.push(input)
  }
  return new Map([...families].filter(([, members]) => members.length > 1))
}

/**
 * What a promise gives, unless the signal is aborted before: then nobody waits for it (a server that does not answer), and what it
 * gives later is put away. @throws the signal's reason
 */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, putAway: (late: T) => Promise<void>): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason)
      promise.then(putAway).catch(() => undefined) // whatever comes of it, nobody has asked for it any more
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A note with the file that it is about, which most readers put before it: of two files with the same note each has its own. */
function named(note: string, { access, path }: Input): string {
  return note.startsWith(`${path}:`) || note.includes(access.name) ? note : `${path}: ${note}`
}
