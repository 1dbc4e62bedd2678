import type { Folder, Input, RandomAccess } from '../io/random-access.ts'

/** A folder that remembers by which path each file was opened. */
export interface NamedFolder extends Folder {
  /** Path of one of its files, as it was asked for; undefined for a file of another folder. */
  pathOf(access: RandomAccess): string | undefined
  /** Every file that was opened in it. */
  readonly opened: readonly RandomAccess[]
}

/** @throws InputError when a file of an input is not what it was when it was opened; to be asked when all has been read */
export function requireSameFiles({ access, folder }: { readonly access: RandomAccess; readonly folder: NamedFolder }): void {
  for (const { watch } of [access, ...folder.opened]) watch?.requireSame()
}

/** An input whose folder remembers what was opened in it. */
export function withNamedFolder(input: Input): Input & { readonly folder: NamedFolder } {
  const names = new WeakMap<RandomAccess, string>()
  const opened: RandomAccess[] = []
  const { folder } = input
  return {
    ...input,
    folder: {
      async open(path) {
        const access = await folder.open(path)
        if (access) {
          names.set(access, path)
          opened.push(access)
        }
        return access
      },
      pathOf: (access) => names.get(access),
      opened,
    },
  }
}
