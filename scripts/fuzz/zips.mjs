import { unzipSync, zipSync } from 'fflate'

const unzipped = new WeakMap()

/** The files of a seed that is a zip: unpacked once, never changed. */
export function filesOf(bytes) {
  const files = unzipped.get(bytes) ?? unzipSync(bytes)
  unzipped.set(bytes, files)
  return files
}

/** A zip of these files; deflated now and then, as packing takes longer than all that is done with the zip. */
export const zipOf = (files, random) => zipSync(files, { level: random.chance(8) ? 1 : 0 })

/** The same zip with one file changed, now and then a file more with an odd name: checksums and sizes are right again. */
export function changedInside(bytes, random, change) {
  const files = { ...filesOf(bytes) }
  const name = random.pick(Object.keys(files))
  files[name] = change(files[name], name)
  if (random.chance(12))
    files[random.pick(['../x.npy', 'a/../../b', '/c', 'd'.repeat(300), 'dup//x', '\u0000'])] = new Uint8Array(3)
  return zipOf(files, random)
}
