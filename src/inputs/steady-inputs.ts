import { InputError } from '../errors.ts'
import type { Input, LazyInput, RandomAccess } from '../io/random-access.ts'

/**
 * Inputs of a run that opens them more than once: each of their files must still be what it was when it was first opened, or
 * what is measured, hashed and drawn would be of different files. `open` throws an InputError where one is not.
 */
export function steadyInputs<T extends LazyInput>(inputs: readonly T[]): T[] {
  return inputs.map((input) => {
    const known = new Map<string, string>()
    return {
      ...input,
      open: async () =>
        eachFile(await input.open(), (path, access) => {
          const identity = access.watch?.identity
          if (identity === undefined) return
          const before = known.get(path)
          if (before !== undefined && before !== identity) throw new InputError(access.name, CHANGED)
          known.set(path, identity)
        }),
    }
  })
}

/**
 * The input, where every file that is opened of it has to please `check` first: its own (path '') and those beside it. One that does
 * not (`check` throws) is closed.
 */
export function eachFile(input: Input, check: (path: string, access: RandomAccess) => void): Input {
  const checked = (path: string, access: RandomAccess): RandomAccess => {
    try {
      check(path, access)
      return access
    } catch (error) {
      void access.close?.()
      throw error
    }
  }
  const { folder } = input
  return {
    ...input,
    access: checked('', input.access),
    folder: {
      ...folder,
      async open(path: string) {
        const access = await folder.open(path)
        return access && checked(path, access)
      },
    },
  }
}

const CHANGED = 'was changed or replaced since this run first read it; run again when it stays as it is'
