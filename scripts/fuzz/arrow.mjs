// Arrow IPC: files and streams with texts, dictionaries, lists and fixed-size lists; bytes are changed, mostly in the messages.
import {
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  List,
  makeBuilder,
  Table,
  tableToIPC,
  Utf8,
} from 'apache-arrow'
import { join, mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'

const rows = Array.from({ length: 20 }, (_, row) => Array.from({ length: 9 }, (_, k) => row + k / 16))

function column(type, values) {
  const builder = makeBuilder({ type, nullValues: [null] })
  for (const value of values) builder.append(value)
  return builder.finish().toVector()
}

const table = (filters, text) =>
  new Table({
    model: column(
      text(),
      rows.map((_, row) => (row < 10 ? 'first' : 'second')),
    ),
    in_channels: column(
      new Int8(),
      rows.map((_, row) => (row % 10 < 4 ? 2 : 3)),
    ),
    layer: column(
      text(),
      rows.map((_, row) => (row % 10 < 4 ? 'conv1' : 'conv2')),
    ),
    weights: column(filters, rows),
  })

export default {
  name: 'arrow',

  async seeds() {
    const nine = new FixedSizeList(9, new Field('item', new Float32()))
    const list = new List(new Field('item', new Float64()))
    return [
      {
        path: 'file.arrow',
        bytes: tableToIPC(
          table(nine, () => new Utf8()),
          'file',
        ).slice(),
      },
      {
        path: 'stream.arrows',
        bytes: tableToIPC(
          table(nine, () => new Dictionary(new Utf8(), new Int8())),
          'stream',
        ).slice(),
      },
      {
        path: 'list.arrow',
        bytes: tableToIPC(
          table(list, () => new Utf8()),
          'stream',
        ).slice(),
      },
      { path: 'zstd.arrow', bytes: read('filter-table/zstd.arrow') },
      { path: 'zstd-unsized.arrow', bytes: read('filter-table/zstd-unsized.arrow') },
    ]
  },

  mutate(seed, random) {
    // The schema comes first in a stream and last in a file.
    const head = random.below(900)
    const [from, to] =
      seed.path === 'file.arrow' || seed.path === 'zstd.arrow'
        ? [seed.bytes.length - head, seed.bytes.length - random.below(head + 1)]
        : [0, head]
    return {
      ...seed,
      bytes: join(seed.bytes.subarray(0, from), mutateBytes(seed.bytes.subarray(from, to), random), seed.bytes.subarray(to)),
    }
  },
}
