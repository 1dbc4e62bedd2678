import type { RandomAccess } from './random-access.ts'

/** A file being written. Its name appears only at `commit`: a run that dies leaves the old file or none. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when the bytes so far would survive a power cut. */
  flush(): Promise<void>
  /** Reads back what has been written so far; for between `flush` and `commit`. */
  readBack(): Promise<RandomAccess>
  /** Flushes, and gives the file its name. */
  commit(): Promise<void>
  /** Gives up and leaves nothing behind. It does not fail. */
  discard(): Promise<void>
}

/** A folder that results are written to. */
export interface OutputFolder {
  /** As a person named it, for messages. */
  readonly name: string
  /** `path` is relative with forward slashes; folders on the way are made. */
  create(path: string): Promise<Sink>
  /** Removes a file; none there is no error. */
  remove(path: string): Promise<void>
  /** Resolves when the names given and taken away so far would survive a power cut. */
  sync(): Promise<void>
}

/** Writes one whole file. */
export async function writeFile(folder: OutputFolder, path: string, bytes: Uint8Array | string): Promise<void> {
  const sink = await folder.create(path)
  try {
    await sink.write(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)
    await sink.commit()
  } catch (error) {
    await sink.discard()
    throw error
  }
}
