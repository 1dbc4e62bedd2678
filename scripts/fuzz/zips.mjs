import { unzipSync, zipSync } from 'fflate'

/** The same zip with one file changed, now and then a file more with an odd name: checksums and sizes are right again. */
export function changedInside(bytes, random, change) {
  const files = unzipSync(bytes)
  const name = random.pick(Object.keys(files))
  files[name] = change(files[name], name)
  if (random.chance(12))
    files[random.pick(['../x.npy', 'a/../../b', '/c', 'd'.repeat(300), 'dup//x', '\u0000'])] = new Uint8Array(3)
  return zipSync(files, { level: random.pick([0, 6]) })
}
