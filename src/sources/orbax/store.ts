import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'

/** Values under keys: the files of a folder, or the entries of an OCDBT database. */
export interface Store {
  /** All keys, a character for each byte, in order; undefined where they cannot be listed. */
  keys(): Promise<readonly string[] | undefined>
  /** @throws InputError when the file that holds it is missing or cut short */
  get(key: string): Promise<RandomAccess | undefined>
  /** Every file that was opened so far. */
  readonly parts: readonly RandomAccess[]
  close(): Promise<void>
}

/** The files of a folder under their paths. There may be thousands: each is open only while it is read. */
export function folderStore(folder: Folder): Store {
  const found = new Map<string, RandomAccess>()
  return {
    keys: async () => undefined,
    async get(key) {
      const known = found.get(key)
      if (known) return known
      const first = await folder.open(key)
      if (!first) return undefined
      await first.close?.()
      const { close: _, ...about } = first
      const access: RandomAccess = {
        ...about,
        async read(offset, length, into) {
          const file = await folder.open(key)
          if (file?.byteLength !== first.byteLength)
            throw new InputError(first.name, 'was changed or removed while it was read; run again when it stays as it is')
          try {
            return await file.read(offset, length, into)
          } finally {
            await file.close?.()
          }
        },
      }
      found.set(key, access)
      return access
    },
    get parts() {
      return [...found.values()]
    },
    async close() {},
  }
}
