import type { WorkerHandle } from '../io/platform.ts'
import type { PoolReply, PoolRequest } from './pool-protocol.ts'

/** Requests that a thread has at a time: the next one lies ready when one is done. */
const DEPTH = 2

/** A request's place in a thread. */
export interface ThreadPlace {
  readonly id: number
  /** Rejects when the thread fails or the pool is closed. */
  readonly reply: Promise<PoolReply>
  /** Gives the place back when nothing will be asked after all. */
  free(): void
}

/** What a pool hears of a thread. */
export interface ThreadListener {
  /** The thread is up, or a place in it is free again. */
  onRoom(): void
  /** It failed. `wasUp`: it may have lost work; one that never came up has nothing to lose. */
  onFailure(error: Error, thread: PoolThread, wasUp: boolean): void
}

/** One measuring thread: what it has been asked, and what of that is answered. */
export class PoolThread {
  /** Resolves when the thread is up. @throws Error when it fails before */
  readonly up: Promise<void>
  readonly #handle: WorkerHandle
  readonly #listener: ThreadListener
  readonly #running = new Map<number, { resolve(reply: PoolReply): void; reject(error: unknown): void }>()
  #isUp = false
  #ids = 0

  /** @param module is sent to the thread as soon as it is compiled */
  constructor(handle: WorkerHandle, start: Promise<PoolRequest>, listener: ThreadListener) {
    this.#handle = handle
    this.#listener = listener
    this.up = new Promise((resolve, reject) => {
      handle.onFailure((error) => {
        const failure = new Error(`a measuring thread failed: ${error.message}`, { cause: error })
        reject(failure)
        listener.onFailure(failure, this, this.#isUp)
      })
      handle.onMessage((message) => {
        const reply = message as PoolReply
        if (reply.kind === 'ready') {
          this.#isUp = true
          resolve()
          listener.onRoom()
        } else this.#settle(reply)
      })
      start.then((request) => this.post(request)).catch(reject)
    })
  }

  /** Whether it takes another request. */
  get hasRoom(): boolean {
    return this.#isUp && this.#running.size < DEPTH
  }

  /** Takes a place for a request, which may be posted later: so what is being prepared for a thread stays bounded. */
  take(): ThreadPlace {
    const id = this.#ids++
    const reply = new Promise<PoolReply>((resolve, reject) => this.#running.set(id, { resolve, reject }))
    reply.catch(() => undefined) // whoever took the place may be waiting for something else when the pool closes
    return { id, reply, free: () => this.#free(id) }
  }

  post(request: PoolRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#handle.post(request, transfer)
  }

  /** Rejects all that is not answered yet. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#running.values()) reject(error)
    this.#running.clear()
  }

  end(): Promise<void> {
    return this.#handle.end()
  }

  #settle(reply: Exclude<PoolReply, { kind: 'ready' }>): void {
    this.#running.get(reply.id)?.resolve(reply)
    this.#free(reply.id)
  }

  #free(id: number): void {
    if (this.#running.delete(id)) this.#listener.onRoom()
  }
}
