import { statSync } from 'node:fs'
import { InputError } from '../errors.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'

interface Identity {
  /** Path, and for each file size, place on the disk, and when it was last changed: by content, or (which nobody can set back) in any way. */
  readonly strict: string
  /** The same without the latter: a file that is linked or renamed keeps its content. */
  readonly content: string
}

/** What tells the bytes of files from all others without reading them. Undefined for bytes that are not on a disk. */
function identityOf(input: Input, parts: readonly RandomAccess[]): Identity | undefined {
  const strict: string[] = [input.path]
  const content: string[] = []
  for (const { origin } of [input.access, ...parts]) {
    if (origin?.at.kind !== 'path') return undefined
    const found = statSync(origin.at.path, { bigint: true, throwIfNoEntry: false })
    if (!found) return undefined
    const own = [found.size, found.dev, found.ino, found.mtimeNs].join(' ')
    content.push(own)
    strict.push(`${own} ${found.ctimeNs}`)
  }
  return { strict: strict.join(' | '), content: content.join(' | ') }
}

/** The files of a run. */
export class InputWatch {
  readonly #known = new WeakMap<Input, { identity: Identity | undefined; parts: readonly RandomAccess[] }>()

  /** An input's identity when it was first asked for, for the journal; undefined for an input that is not on a disk. */
  of(input: Input, parts: readonly RandomAccess[]): string | undefined {
    let known = this.#known.get(input)
    if (!known || known.parts !== parts) {
      known = { identity: identityOf(input, parts), parts }
      this.#known.set(input, known)
    }
    return known.identity?.strict
  }

  /** @throws InputError when a file of the input is not what it was: its numbers would be those of no file at all */
  requireSame(input: Input): void {
    const known = this.#known.get(input)
    if (!known?.identity || identityOf(input, known.parts)?.content === known.identity.content) return
    throw new InputError(input.path, 'was changed, replaced or removed while it was measured; run again when it stays as it is')
  }
}
