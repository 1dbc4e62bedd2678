import type { JournalStore } from '../../src/results/journal.ts'

/** A journal or part in memory. */
export function memoryStore(bytes: Uint8Array = new Uint8Array()): JournalStore & { bytes: Uint8Array } {
  const store = {
    bytes,
    size: () => store.bytes.length,
    read: (offset: number, length: number) => store.bytes.slice(offset, offset + length),
    append: async (more: Uint8Array) => {
      const both = new Uint8Array(store.bytes.length + more.length)
      both.set(store.bytes)
      both.set(more, store.bytes.length)
      store.bytes = both
    },
    cut: async (length: number) => void (store.bytes = store.bytes.slice(0, length)),
    remove: async () => void (store.bytes = new Uint8Array()),
  }
  return store
}
