// PyTorch zip archives: the pickle inside is changed instruction by instruction and the zip written anew with right checksums.
import { readdirSync, readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { mutateBytes } from './bytes.mjs'
import { mutatedPickle } from './pickle-instructions.mjs'
import { filesOf, zipOf } from './zips.mjs'

const fixtures = path(import.meta.dirname, '../../test/fixtures/pytorch')

export const checkpoints = () =>
  ['.', 'beside', 'companions', 'habits', 'weights']
    .flatMap((folder) => readdirSync(path(fixtures, folder)).map((file) => path(folder, file)))
    .filter((file) => /\.(?!py$|json$)\w+$/.test(file))
    .map((file) => ({ path: file, bytes: new Uint8Array(readFileSync(path(fixtures, file))) }))

export default {
  name: 'pytorch',
  seeds: async () => checkpoints().filter(({ bytes }) => bytes[0] === 0x50),
  mutate(seed, random) {
    const files = Object.entries(filesOf(seed.bytes)).map(([name, bytes]) => {
      if (name.endsWith('data.pkl')) return [name, mutatedPickle(bytes, random)]
      if (random.chance(20)) return random.chance(2) ? [`${name}x`, bytes] : [name, mutateBytes(bytes, random)]
      return [name, bytes]
    })
    return { ...seed, bytes: zipOf(Object.fromEntries(files), random) }
  },
}
