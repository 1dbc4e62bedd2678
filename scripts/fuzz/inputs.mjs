// Which readers there are, and the inputs of each: every one follows from reader, seed and index.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { mutateBytes } from './bytes.mjs'
import { randomOf } from './random.mjs'

const helpers = new Set([
  'bytes.mjs',
  'child.mjs',
  'fixtures.mjs',
  'hdf5-here.mjs',
  'inputs.mjs',
  'json.mjs',
  'pickle-instructions.mjs',
  'probe.mjs',
  'protobuf.mjs',
  'random.mjs',
  'results-seed.mjs',
  'table.mjs',
  'tally.mjs',
  'whole-run.mjs',
  'zips.mjs',
])

/** Names of all readers that can be fed. */
export const readers = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.mjs') && !helpers.has(file))
  .map((file) => file.slice(0, -4))

export async function readerNamed(name) {
  return (await import(join(import.meta.dirname, `${name}.mjs`))).default
}

const LARGE = 1 << 17
const LARGE_EVERY = 32

/** The input of one index: a seed file, mutated; { path, bytes, beside }. Large seeds are rare where there are small ones. */
export function inputOf(reader, seeds, seed, index) {
  const random = randomOf(seed, index)
  const small = seeds.filter(({ bytes }) => bytes.length <= LARGE)
  const chosen = random.pick(small.length > 0 && !random.chance(LARGE_EVERY) ? small : seeds)
  const mutated = random.below(4) === 0 ? undefined : reader.mutate?.(chosen, random)
  return mutated ?? { ...chosen, bytes: mutateBytes(chosen.bytes, random, seeds[random.below(seeds.length)].bytes) }
}
