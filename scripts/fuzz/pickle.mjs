// Checkpoints that are pickles: torch's layout before 1.6 (five in a row, then the storages) and bare ones.
import { join } from './bytes.mjs'
import { instructionsOf, mutatedPickle } from './pickle-instructions.mjs'
import { checkpoints } from './pytorch.mjs'

export default {
  name: 'pickle',
  seeds: async () => checkpoints().filter(({ bytes }) => bytes[0] === 0x80),
  mutate(seed, random) {
    const starts = [0]
    for (let found = instructionsOf(seed.bytes); found && starts.length < 5; found = instructionsOf(seed.bytes, starts.at(-1)))
      starts.push(found.end)
    // The object itself, most of the time; else the system information or the keys.
    const start = starts.length > 4 ? (random.chance(5) ? random.pick(starts) : starts[3]) : 0
    return { ...seed, bytes: join(seed.bytes.subarray(0, start), mutatedPickle(seed.bytes.subarray(start), random)) }
  },
}
