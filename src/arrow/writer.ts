import { AsyncByteQueue, type RecordBatch, RecordBatchFileWriter, type Schema } from 'apache-arrow'
import type { Sink } from '../io/sink.ts'

/** An Arrow IPC file being written batch by batch; no more than one batch is held. */
export interface ArrowFileWriter {
  /** Resolves when the batch's bytes have reached the sink: only then may its buffers change. */
  write(batch: RecordBatch): Promise<void>
  /** Writes the footer and gives the file its name. */
  commit(): Promise<void>
  discard(): Promise<void>
}

/**
 * Writes an Arrow IPC file to a sink. The library's own queue grows without bound and keeps views of the caller's
 * buffers; here every chunk is written to the sink before `write` resolves.
 */
export function arrowFileWriter(sink: Sink, schema: Schema): ArrowFileWriter {
  const chunks: Uint8Array[] = []
  const queue = new (class extends AsyncByteQueue {
    override write(chunk: ArrayBufferView): void {
      chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    }
  })()
  const writer = new RecordBatchFileWriter()
  writer.reset(queue, schema)
  const drain = async (): Promise<void> => {
    for (const chunk of joinSmall(chunks.splice(0))) await sink.write(chunk)
  }
  return {
    async write(batch) {
      writer.write(batch)
      await drain()
    },
    async commit() {
      writer.finish()
      await drain()
      await sink.commit()
    },
    discard: () => sink.discard(),
  }
}

/** The bytes of a whole Arrow IPC file of a few batches. */
export function arrowFileBytes(schema: Schema, batches: readonly RecordBatch[]): Uint8Array {
  const writer = new RecordBatchFileWriter()
  writer.reset(undefined, schema)
  for (const batch of batches) writer.write(batch)
  return writer.finish().toUint8Array(true)
}

const SMALL = 1 << 16

/** A batch comes as a dozen chunks of a few bytes between its buffers: they go out as one. */
function* joinSmall(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  const joined = (): Uint8Array => {
    const out = new Uint8Array(small.reduce((n, chunk) => n + chunk.length, 0))
    let at = 0
    for (const chunk of small) {
      out.set(chunk, at)
      at += chunk.length
    }
    small = []
    return out
  }
  for (const chunk of chunks) {
    if (chunk.length < SMALL) small.push(chunk)
    else {
      if (small.length > 0) yield joined()
      yield chunk
    }
  }
  if (small.length > 0) yield joined()
}
