import { type Folder, type Input, memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'

/** Files in memory as one folder. */
export function memoryFolder(files: Readonly<Record<string, Uint8Array>>): Folder {
  return { open: async (path) => (Object.hasOwn(files, path) ? memoryAccess(path, files[path]!) : undefined) }
}

/** Bytes in memory as an input, alone or with other files beside it. */
export function memoryInput(path: string, bytes: Uint8Array, beside: Readonly<Record<string, Uint8Array>> = {}): Input {
  return { path, access: memoryAccess(path, bytes), folder: memoryFolder(beside) }
}

export interface Counted extends RandomAccess {
  reads: number
  bytes: number
  closed: number
}

/** Counts what is read from an access. */
export function counted(access: RandomAccess): Counted {
  const wrapper: Counted = {
    ...access,
    reads: 0,
    bytes: 0,
    closed: 0,
    read(offset, length, into) {
      wrapper.reads++
      wrapper.bytes += length
      return access.read(offset, length, into)
    },
    async close() {
      wrapper.closed++
      await access.close?.()
    },
  }
  return wrapper
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
