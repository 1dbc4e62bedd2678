import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { Patience } from './patience.ts'
import {
  type Hdf5Bytes,
  type Hdf5Envelope,
  Hdf5NotLoadedError,
  type Hdf5Platform,
  type Hdf5Reply,
  type Hdf5Request,
} from './protocol.ts'

type StartWorker = Hdf5Platform['startHdf5Worker']

interface Waiting {
  readonly name: string
  resolve(result: unknown): void
  reject(error: InputError): void
}

/** One thread with the library, shared by the files that are open at a time; a crash costs those files and the next one gets a new thread. */
class Thread {
  readonly start: StartWorker
  readonly #worker: ReturnType<StartWorker>
  readonly #waiting = new Map<number, Waiting>()
  readonly #patience: Patience
  readonly files = new Map<number, { access: RandomAccess; bytes: Hdf5Bytes }>()
  /** A failure may have left the library's memory in any state: no new file comes here. */
  isWorn = false
  served = 0
  #dead: Error | undefined
  #next = 1
  #unread: unknown

  constructor(start: StartWorker) {
    this.start = start
    this.#worker = start()
    this.#patience = new Patience((why) => this.fail(new Error(why)), this.#worker.spent)
    this.#worker.onMessage((message) => this.#receive(message as Hdf5Reply))
    this.#worker.onFailure((error) => this.fail(error))
  }

  get dead(): boolean {
    return this.#dead !== undefined
  }

  ask(file: number, name: string, request: Hdf5Request): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(new InputError(name, ending(this.#dead)))
    if (!this.files.has(file)) return Promise.reject(new InputError(name, 'is closed'))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { name, resolve, reject })
      this.#patience.start()
      this.#worker.keepAlive(true)
      const envelope: Hdf5Envelope = { id, file, request }
      this.#worker.post(envelope)
    })
  }

  #receive(reply: Hdf5Reply): void {
    if ('need' in reply) {
      void this.#serve(reply.need)
      return
    }
    this.#patience.beat('pulse' in reply ? reply.pulse : undefined)
    if ('pulse' in reply) return
    const waiting = this.#waiting.get(reply.id)
    if (!waiting) return
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) {
      this.#patience.stop()
      this.#worker.keepAlive(false)
    }
    if ('result' in reply) {
      waiting.resolve(reply.result)
    } else {
      const unread = this.#unread
      this.#unread = undefined
      this.isWorn = true
      waiting.reject(unread instanceof InputError ? unread : new InputError(waiting.name, sentence(reply.failure)))
      if (reply.fatal) this.fail(new Error('the HDF5 library failed on it'))
    }
  }

  /** Answers a worker that waits in shared memory for bytes only this side can read. */
  async #serve(need: { file: number; offset: number; length: number }): Promise<void> {
    const opened = this.files.get(need.file)
    if (opened?.bytes.kind !== 'bridge') return // given up, and its thread with it, before this question came
    const { access, bytes } = opened
    let count = -1
    try {
      bytes.block.set(await this.#patience.during(() => access.read(need.offset, need.length)))
      count = need.length
    } catch (error) {
      this.#unread = error // the library will fail on it, and its file's request with it
    }
    Atomics.store(bytes.signal, 1, count)
    Atomics.store(bytes.signal, 0, 1)
    Atomics.notify(bytes.signal, 0)
  }

  /** Ends the thread; requests that still wait are rejected with the reason. */
  fail(why: Error): void {
    if (this.#dead !== undefined) return
    this.#dead = why
    this.#patience.stop()
    for (const { name, reject } of this.#waiting.values()) reject(new InputError(name, ending(why)))
    this.#waiting.clear()
    void this.#worker.end()
  }
}

let current: Thread | undefined
let nextFile = 1

/** One open file. */
export class Hdf5Client {
  readonly #thread: Thread
  readonly #file: number
  readonly #name: string

  private constructor(thread: Thread, file: number, name: string) {
    this.#thread = thread
    this.#file = file
    this.#name = name
  }

  static async open(access: RandomAccess, bytes: Hdf5Bytes, start: StartWorker): Promise<Hdf5Client> {
    if (!current || current.dead || current.isWorn || current.start !== start) current = new Thread(start)
    const thread = current
    const file = nextFile++
    thread.files.set(file, { access, bytes })
    const client = new Hdf5Client(thread, file, access.name)
    try {
      await client.ask({ op: 'open', byteLength: access.byteLength, bytes })
    } catch (error) {
      thread.files.delete(file)
      retire(thread)
      throw error
    }
    return client
  }

  ask<T>(request: Hdf5Request): Promise<T> {
    return this.#thread.ask(this.#file, this.#name, request) as Promise<T>
  }

  /** Never fails: all that was asked before has its answer, and where the library cannot let go of the file its thread does. */
  async close(): Promise<void> {
    const thread = this.#thread
    if (!thread.files.has(this.#file)) return
    if (!thread.dead) {
      const heap = await this.ask<number>({ op: 'close' }).catch(() => undefined)
      if (heap === undefined || heap > LARGE_HEAP) thread.isWorn = true
    }
    thread.files.delete(this.#file)
    retire(thread)
  }
}

const MOST_FILES = 64
const LARGE_HEAP = 1 << 27

/** The library's memory never shrinks and a damaged file may have left something behind: now and then, between files, a new thread is due. */
function retire(thread: Thread): void {
  if (++thread.served >= MOST_FILES) thread.isWorn = true
  if (thread.files.size > 0 || (thread === current && !thread.isWorn)) return
  if (thread === current) current = undefined
  thread.fail(new Error('is closed'))
}

/** The end of a person's sentence about a thread that is no more. */
function ending(why: Error): string {
  return why instanceof Hdf5NotLoadedError
    ? `is HDF5, which a worker reads, and that worker did not start: ${why.message}; a bundler that does not follow new URL(…, import.meta.url) needs that file as an entry of its own (examples/browser/README.md)`
    : sentence(why.message)
}

/** The end of a person's sentence from the library's words. */
function sentence(failure: string): string {
  if (/truncated file|addr overflow|end of file/i.test(failure)) return `is cut short or damaged; get it again (${failure})`
  const filter = /required filter '?([\w-]+)'?/.exec(failure)?.[1]
  if (filter)
    return `holds data compressed with ${filter}, which is not read here; write it again with gzip, for example h5repack -f GZIP=4 in.h5 out.h5`
  return `is damaged or no HDF5 that can be read: ${failure}`
}
