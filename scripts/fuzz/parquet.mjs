// Parquet: bytes are changed, mostly in the footer, whose length is put right again.
import { join, mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'

export default {
  name: 'parquet',

  async seeds() {
    return ['labelled', 'ragged', 'no-filters', 'zstd', 'lz4'].map((name) => ({
      path: `${name}.parquet`,
      bytes: read(`filter-table/${name}.parquet`),
    }))
  },

  mutate(seed, random) {
    const { bytes } = seed
    const end = bytes.length - 8
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true)
    if (random.chance(3))
      return { ...seed, bytes: join(mutateBytes(bytes.subarray(0, end - length), random), bytes.subarray(end - length)) }
    const footer = mutateBytes(bytes.subarray(end - length, end), random)
    const tail = Uint8Array.from(bytes.subarray(end))
    new DataView(tail.buffer).setUint32(0, footer.length, true)
    return { ...seed, bytes: join(bytes.subarray(0, end - length), footer, tail) }
  },
}
