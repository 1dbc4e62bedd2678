import { looksLikePaddedZip, looksLikeZip } from '../io/zip-signature.ts'

/**
 * What a format's files can begin with: true for every file that its reader would recognise, false for as many others as a few
 * bytes tell, so that a reader is loaded only for files that may be its own. `path` is the file's name.
 */
export type Signature = (head: Uint8Array, path: string) => boolean

const bytesAt =
  (at: number, text: string): Signature =>
  (head) =>
    [...text].every((character, k) => head[at + k] === character.charCodeAt(0))

const zip: Signature = looksLikeZip
const paddedZip: Signature = looksLikePaddedZip

/** HDF5's signature may stand behind a user block of 512, 1,024 or 2,048 bytes. */
const hdf5: Signature = (head, path) => [0, 512, 1024, 2048].some((at) => bytesAt(at, '\x89HDF\r\n\x1a\n')(head, path))

const numpy: Signature = bytesAt(0, '\x93NUMPY')

const tflite: Signature = bytesAt(4, 'TFL3')

/** A file of either kind: closed, or a stream of messages, each behind a mark of four bytes. */
const arrow: Signature = (head, path) => bytesAt(0, 'ARROW1')(head, path) || bytesAt(0, '\xff\xff\xff\xff')(head, path)

const parquet: Signature = (head, path) => bytesAt(0, 'PAR1')(head, path) || bytesAt(0, 'PARE')(head, path)

/** Text: no zero byte among the first. */
const text: Signature = (head) => head.length > 0 && head.indexOf(0) === -1

/** The first character of a text behind blanks and a byte order mark; 0 when there is none. */
function firstOf(head: Uint8Array): number {
  const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  return head.subarray(start).find((byte) => byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) ?? 0
}

const json: Signature = (head) => firstOf(head) === 0x7b || firstOf(head) === 0x5b

const markup: Signature = (head) => firstOf(head) === 0x3c

/** A header of JSON behind eight bytes that say how long it is. */
const safetensors: Signature = (head, path) => head[8] === 0x7b || json(head, path)

/** A pickle of protocol 2 or later, a tar, a zip or an index of shards; a distributed checkpoint is known by its name. */
const torch: Signature = (head, path) =>
  head[0] === 0x80 || zip(head, path) || json(head, path) || isTar(head) || /(^|\/)\.metadata$|\.distcp$/.test(path)

/** A tar's first header: a name, and zeros to the end of its field. */
function isTar(head: Uint8Array): boolean {
  return head.length >= 512 && head[0] !== 0 && head[99] === 0
}

/** A SavedModel begins with the version of its schema, which is 1. */
const savedModel: Signature = (head) => head[0] === 0x08 && head[1] === 0x01

/** A checkpoint's index is a sorted table whose first key is empty: nothing shared with a key before, nothing of its own. */
const checkpoint: Signature = (head, path) => (head[0] === 0 && head[1] === 0) || /\.index$/i.test(path)

const gguf: Signature = bytesAt(0, 'GGUF')

/** MessagePack whose value is a map, of any size. */
const messagePackMap: Signature = (head) => head[0] === 0xde || head[0] === 0xdf || (head[0]! >= 0x80 && head[0]! <= 0x8f)

/** A graph begins with its first node. */
const graph: Signature = (head) => head[0] === 0x0a

/** A network's description, or weights behind version numbers. */
const darknet: Signature = (head, path) => text(head, path) || (head[1] === 0 && head[2] === 0 && head[3] === 0)

/** The version of its form, and a description that begins with a field of its own; an ONNX file has a writer's name there. */
const coreMl: Signature = (head) => {
  if (head[0] !== 0x08 || head[2] !== 0x12) return false
  const end = head.subarray(3, 13).findIndex((byte) => byte < 0x80) + 3
  const tag = head[end + 1]!
  return head[end] === 0 || [0x0a, 0x52, 0x5a, 0x62].includes(tag) || tag >= 0x80
}

/** A network begins with its name, its inputs or its first layer. */
const caffe: Signature = (head) => [0x0a, 0x1a, 0x20, 0x28, 0x42].includes(head[0]!) || (head[0] === 0xa2 && head[1] === 0x06)

/** Sixteen zero bytes: the versions of a tensor without levels of detail. */
const zeros: Signature = (head) => head.length > 16 && head.subarray(0, 16).every((byte) => byte === 0)

/** The mark of a list of arrays. */
const mxnet: Signature = bytesAt(0, '\x12\x01\x00\x00')

/** What the manifest of an OCDBT database begins with. */
export const MANIFEST_HEAD = '\x0c\xdb\x3a\x2a'
/** What the names of a checkpoint's arrays begin with. */
export const METADATA_HEAD = '{"tree_metadata"'

/** A database, the names of arrays beside it, or those names in MessagePack. */
const orbax: Signature = (head, path) =>
  bytesAt(0, MANIFEST_HEAD)(head, path) ||
  bytesAt(0, METADATA_HEAD)(head, path) ||
  (messagePackMap(head, path) && /(^|\/)checkpoint$/.test(path))

/** By format, or by what several formats have in common. */
export const signatures = {
  zip,
  paddedZip,
  hdf5,
  numpy,
  tflite,
  arrow,
  parquet,
  text,
  json,
  markup,
  safetensors,
  torch,
  savedModel,
  checkpoint,
  gguf,
  messagePackMap,
  graph,
  darknet,
  coreMl,
  caffe,
  zeros,
  mxnet,
  orbax,
} as const satisfies Record<string, Signature>
