// Checkpoints that are pickles: torch's layout before 1.6 (five in a row, then the storages) and bare ones.
import { join } from './bytes.mjs'
import { instructionsOf, mutatedPickle } from './pickle-instructions.mjs'
import { checkpoints } from './pytorch.mjs'

export default {
  name: 'pickle',
  seeds: async () => checkpoints().filter(({ bytes }) => bytes[0] === 0x80),
  mutate(seed, random) {
    const parts = partsOf(seed.bytes)
    // The object itself, most of the time; else the system information or the keys.
    const { before, from } = parts.length > 4 ? (random.chance(5) ? random.pick(parts) : parts[3]) : parts[0]
    return { ...seed, bytes: join(before, mutatedPickle(from, random)) }
  },
}

const known = new WeakMap()

/** Where each pickle of a file begins: the bytes before it, and those from there on; found once for a seed. */
function partsOf(bytes) {
  let parts = known.get(bytes)
  if (!parts) {
    const starts = [0]
    for (let found = instructionsOf(bytes); found && starts.length < 5; found = instructionsOf(bytes, starts.at(-1)))
      starts.push(found.end)
    parts = starts.map((at) => ({ before: bytes.subarray(0, at), from: bytes.subarray(at) }))
    known.set(bytes, parts)
  }
  return parts
}
