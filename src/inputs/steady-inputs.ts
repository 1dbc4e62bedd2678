import { InputError } from '../errors.ts'
import type { LazyInput, RandomAccess } from '../io/random-access.ts'

/**
 * Inputs of a run that opens them more than once: each of their files must still be what it was when it was first opened, or
 * what is measured, hashed and drawn would be of different files. `open` throws an InputError where one is not.
 */
export function steadyInputs<T extends LazyInput>(inputs: readonly T[]): T[] {
  return inputs.map((input) => {
    const known = new Map<string, string>()
    const same = (path: string, access: RandomAccess): RandomAccess => {
      const identity = access.watch?.identity
      if (identity === undefined) return access
      const before = known.get(path)
      if (before !== undefined && before !== identity) {
        void access.close?.()
        throw new InputError(access.name, CHANGED)
      }
      known.set(path, identity)
      return access
    }
    return {
      ...input,
      async open() {
        const opened = await input.open()
        const { folder } = opened
        return {
          ...opened,
          access: same('', opened.access),
          folder: {
            ...folder,
            async open(path: string) {
              const access = await folder.open(path)
              return access && same(path, access)
            },
          },
        }
      },
    }
  })
}

const CHANGED = 'was changed or replaced since this run first read it; run again when it stays as it is'
