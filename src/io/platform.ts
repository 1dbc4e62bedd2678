/** A running SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** 64 lower-case hexadecimal digits. */
  hex(): string
}

/** A running CRC-32, the checksum of zips and PNGs. */
export interface Crc32 {
  /** Begins anew. */
  reset(): void
  update(bytes: Uint8Array): void
  /** From 0 to 2^32 - 1. */
  value(): number
}

/** Bytes that are put down for a while: written from first to last, then read by range. */
export interface Scratch {
  /** Behind what was written before. @returns false when there is no room for them */
  append(bytes: Uint8Array): Promise<boolean>
  readonly read: import('./random-access.ts').RandomAccess['read']
  /** Lets go of them; nothing is left, as when the process ends in any other way. */
  close(): Promise<void>
}

/** A worker thread with one face in Node and in browsers. */
export interface WorkerHandle {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once when the worker fails or exits although it was not ended. */
  onFailure(listener: (error: Error) => void): void
  end(): Promise<void>
}

/** What differs between Node and a browser, besides threads. `#io` resolves to io/node.ts or io/browser.ts, which both export these functions. */
export interface Platform {
  /** Opens a file again where a worker needs it. */
  openOrigin(origin: import('./random-access.ts').Origin, name: string): Promise<import('./random-access.ts').RandomAccess>
  createSha256(): Promise<Sha256>
  /**
   * SHA-256 (64 lower-case hexadecimal digits) of bytes that are in memory, computed beside this thread; undefined where nothing is
   * faster than `createSha256`.
   */
  readonly sha256AtOnce: ((bytes: Uint8Array<ArrayBuffer>) => Promise<string>) | undefined
  createCrc32(): Promise<Crc32>
  /** A place for so many bytes that is not memory; undefined where there is none. */
  openScratch(byteLength: number): Promise<Scratch | undefined>
}

/** Threads of the measuring pool. `#threads` resolves to threads/node.ts or threads/browser.ts, which both export these functions. */
export interface Threads {
  /** Threads that run at a time. */
  processors(): number
  /** Starts a thread of the measuring pool. When it cannot start, onFailure is called. */
  startMeasureWorker(): WorkerHandle
}
