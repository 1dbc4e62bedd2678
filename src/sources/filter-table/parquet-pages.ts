import { gunzipSync } from 'fflate'
import { lz4Block } from '../../codecs/lz4.ts'
import { snappy } from '../../codecs/snappy.ts'
import type { Unpack } from '../../codecs/unpack.ts'
import { loadZstd } from '../../codecs/zstd.ts'
import { countOf, readStruct, structOf } from './thrift.ts'

// parquet-format/src/main/thrift/parquet.thrift, in Thrift's compact protocol. A column chunk is a run of pages:
//
//   PageHeader   1 type  2 unpacked size  3 packed size  5 DataPageHeader  7 DictionaryPageHeader  8 DataPageHeaderV2
//   page         version 1: everything packed; version 2: levels as they are, then values packed

/** A page whose values are unpacked. */
export interface Page {
  readonly kind: 'data' | 'dictionary'
  readonly values: number
  /** Number of the encoding: 0 PLAIN, 2 and 8 dictionary, 9 BYTE_STREAM_SPLIT … */
  readonly encoding: number
  /** Repetition levels, definition levels and values of a version 1 page, in this order; values alone of a version 2 page. */
  readonly bytes: Uint8Array
  /** The levels of a version 2 page. */
  readonly levels: { readonly repetition: Uint8Array; readonly definition: Uint8Array } | undefined
}

const LARGEST_PAGE = 1 << 28

/** Packings by their numbers. */
export const CODECS = ['none', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4 in Hadoop blocks', 'ZSTD', 'LZ4'] as const
const [NONE, SNAPPY, GZIP, ZSTD, LZ4] = [0, 1, 2, 6, 7]
export const READ_CODECS: ReadonlySet<number> = new Set([NONE, SNAPPY, GZIP, ZSTD, LZ4])

/** The pages of a column chunk, one at a time. @throws RangeError when the chunk is damaged */
export function* pagesOf(chunk: Uint8Array, unpack: Unpack): Generator<Page> {
  const cursor = { bytes: chunk, at: 0 }
  while (cursor.at < chunk.length) {
    const header = readStruct(cursor)
    const [type, unpacked, packed] = [1, 2, 3].map((field) => countOf(header, field)) as [number, number, number]
    if (unpacked > LARGEST_PAGE || cursor.at + packed > chunk.length) throw new RangeError('a page runs past its end')
    const body = chunk.subarray(cursor.at, cursor.at + packed)
    cursor.at += packed
    if (type === 0 || type === 2) {
      const about = structOf(header, type === 0 ? 5 : 7)
      const bytes = unpack(body, unpacked)
      yield {
        kind: type === 0 ? 'data' : 'dictionary',
        values: countOf(about, 1),
        encoding: countOf(about, 2),
        bytes,
        levels: undefined,
      }
    } else if (type === 3) {
      const about = structOf(header, 8)
      const [definition, repetition] = [countOf(about, 5), countOf(about, 6)]
      if (repetition + definition > Math.min(packed, unpacked)) throw new RangeError('the levels of a page run past its end')
      const rest = body.subarray(repetition + definition)
      const size = unpacked - repetition - definition
      yield {
        kind: 'data',
        values: countOf(about, 1),
        encoding: countOf(about, 4),
        bytes: about.get(7) === 0 ? rest : unpack(rest, size),
        levels: { repetition: body.subarray(0, repetition), definition: body.subarray(repetition, repetition + definition) },
      }
    }
  }
}

/** What unpacks the pages of a column chunk; the number of its codec is one of READ_CODECS. */
export async function unpackerOf(codec: number): Promise<Unpack> {
  if (codec === NONE) return (input) => input
  if (codec === SNAPPY) return snappy
  if (codec === ZSTD) return loadZstd()
  return (input, byteLength) => {
    const out = new Uint8Array(byteLength)
    const length = codec === GZIP ? gunzipSync(input, { out }).length : lz4Block(input, out)
    if (length !== byteLength) throw new RangeError(`a page holds ${length} of ${byteLength} bytes`)
    return out
  }
}
