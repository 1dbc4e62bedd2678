import { memoryAccess } from './random-access.ts'
import type { OutputFolder } from './sink.ts'

/** A folder that exists only in memory. */
export interface MemoryFolder extends OutputFolder {
  /** The files that have been committed, in the order of their paths. */
  files(): ReadonlyMap<string, Uint8Array>
}

/** An empty folder in memory, to be zipped or passed on. */
export function memoryOutput(name: string): MemoryFolder {
  const kept = new Map<string, Uint8Array>()
  return {
    name,
    files: () => new Map([...kept].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    async create(path) {
      const parts: Uint8Array[] = []
      const joined = (): Uint8Array => {
        const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
        let at = 0
        for (const part of parts) {
          whole.set(part, at)
          at += part.length
        }
        return whole
      }
      return {
        async write(bytes) {
          parts.push(bytes.slice())
        },
        async flush() {},
        readBack: async () => memoryAccess(path, joined()),
        async commit() {
          kept.set(path, joined())
        },
        async discard() {
          parts.length = 0
        },
      }
    },
    async remove(path) {
      kept.delete(path)
    },
    async sync() {},
  }
}

/** A folder that keeps nothing: for files of which only the hash is wanted. */
export function nowhere(name: string): OutputFolder {
  return {
    name,
    async create(path) {
      return {
        async write() {},
        async flush() {},
        async readBack() {
          throw new Error(`${path} was not kept`)
        },
        async commit() {},
        async discard() {},
      }
    },
    async remove() {},
    async sync() {},
  }
}
