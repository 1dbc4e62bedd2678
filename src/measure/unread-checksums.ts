import type { RandomAccess } from '../io/random-access.ts'
import type { StoredChecksum } from '../io/stored-checksum.ts'
import type { ConvShape } from '../weights/plan.ts'

/** Bytes of results that may wait for a checksum; beyond, what is left of the file is read for the check. */
const MOST_HELD = 1 << 26
const LEAST_HELD = 4096

/**
 * Layers that share a checksum (those of a .safetensors in a zip) are summed while they are measured; none of them is told before all of
 * them have been read, so that no byte has to be read for the check alone.
 */
export class UnreadChecksums {
  readonly #left = new Map<StoredChecksum, number>()
  #held = 0

  /** Before the layers of an input are measured. */
  expect(accesses: Iterable<RandomAccess>): void {
    for (const access of accesses)
      for (const checksum of openOf(access)) this.#left.set(checksum, (this.#left.get(checksum) ?? 0) + 1)
  }

  /** A layer has been read, or its reading failed. */
  done(access: RandomAccess): void {
    for (const { checksum } of access.parts ?? [access]) {
      if (!checksum) continue
      const left = this.#left.get(checksum) ?? 0
      if (left > 1) this.#left.set(checksum, left - 1)
      else this.#left.delete(checksum)
    }
  }

  /** None of the layers that are begun is to be waited for any more. */
  forget(accesses: Iterable<RandomAccess>): void {
    for (const access of accesses) for (const { checksum } of access.parts ?? [access]) if (checksum) this.#left.delete(checksum)
  }

  /** Whether a layer can be told: nobody is still to read what its checksum covers, or too much waits already. */
  isRead(access: RandomAccess): boolean {
    if (this.#held > MOST_HELD) return true
    for (const { checksum } of access.parts ?? [access]) if (checksum && this.#left.has(checksum)) return false
    return true
  }

  /** A result of a layer of this shape waits, or (`times` -1) waits no longer. */
  hold([, , height, width]: ConvShape, times: 1 | -1): void {
    const taps = height * width
    this.#held += times * (LEAST_HELD + 24 * taps * taps) // three scatter matrices, by far the most of a result
  }
}

function* openOf(access: RandomAccess): Generator<StoredChecksum> {
  for (const { checksum } of access.parts ?? [access]) if (checksum?.isOpen) yield checksum
}
