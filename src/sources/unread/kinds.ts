import type { RandomAccess } from '../../io/random-access.ts'
import { looksLikeProgram } from '../paddle/match.ts'
import { fieldText, headFields } from './message-head.ts'

/** What a file is recognised by. */
export interface Seen {
  readonly path: string
  /** The first bytes, up to 4,096. */
  readonly head: Uint8Array
  /** The same as text, without blanks and comments before it; undefined when they are none. */
  readonly text: string | undefined
  /** The whole file as JSON; undefined when it is none, or longer than the head. */
  readonly json: unknown
  readonly access: RandomAccess
}

/** A kind of file that no reader takes: one entry each. When it gets a reader, its entry goes. */
export interface UnreadKind {
  /** What a person calls it. */
  readonly name: string
  /** Endings (lower case, without the dot) that such files have: by them a folder that holds nothing else is recognised. */
  readonly endings?: readonly string[]
  tells(seen: Seen): boolean | Promise<boolean>
  /** The rest of the sentence: "is …; what to do". */
  readonly says: string
}

const ascii = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0))

/** Bytes without a signature whose file's name tells what they belong to. */
function called(pattern: RegExp): UnreadKind['tells'] {
  return ({ path, text }) => text === undefined && pattern.test(path)
}

function begins(...bytes: readonly (number | string)[]): UnreadKind['tells'] {
  return has(0, ...bytes)
}

function has(at: number, ...bytes: readonly (number | string)[]): UnreadKind['tells'] {
  const all = bytes.flatMap((part) => (typeof part === 'string' ? ascii(part) : [part]))
  return ({ head }) => all.every((byte, k) => head[at + k] === byte)
}

/** The text begins so; the pattern is anchored, and has nothing that could go back over what it matched. */
function reads(pattern: RegExp): UnreadKind['tells'] {
  return ({ text }) => text !== undefined && pattern.test(text)
}

/** A JSON object with all these members; of a file longer than the head, that names them there. */
function members(...names: readonly string[]): UnreadKind['tells'] {
  return ({ json, text }) => {
    if (typeof json === 'object' && json !== null) return names.every((name) => Object.hasOwn(json, name))
    return text?.startsWith('{') === true && names.every((name) => text.includes(`"${name}"`))
  }
}

/** Packed files and what is no model at all. */
const PACKED: readonly UnreadKind[] = [
  { name: 'gzip', tells: begins(0x1f, 0x8b), says: 'is compressed with gzip; unpack it (gunzip) and give the file inside' },
  { name: 'bzip2', tells: begins('BZh'), says: 'is compressed with bzip2; unpack it (bunzip2) and give the file inside' },
  { name: 'xz', tells: begins(0xfd, '7zXZ', 0), says: 'is compressed with xz; unpack it (unxz) and give the file inside' },
  {
    name: 'zstd',
    tells: begins(0x28, 0xb5, 0x2f, 0xfd),
    says: 'is compressed with zstd; unpack it (unzstd) and give the file inside',
  },
  {
    name: 'lz4',
    tells: begins(0x04, 0x22, 0x4d, 0x18),
    says: 'is compressed with lz4; unpack it (unlz4) and give the file inside',
  },
  { name: '7z', tells: begins('7z', 0xbc, 0xaf, 0x27, 0x1c), says: 'is a 7z archive; unpack it and give the files inside' },
  { name: 'RAR', tells: begins('Rar!'), says: 'is a RAR archive; unpack it and give the files inside' },
  { name: 'PNG', tells: begins(0x89, 'PNG'), says: 'is a PNG image, not a model' },
  { name: 'JPEG', tells: begins(0xff, 0xd8, 0xff), says: 'is a JPEG image, not a model' },
  { name: 'GIF', tells: begins('GIF8'), says: 'is a GIF image, not a model' },
  { name: 'PDF', tells: begins('%PDF'), says: 'is a PDF document, not a model' },
  { name: 'ELF', tells: begins(0x7f, 'ELF'), says: 'is a program, not a model' },
  { name: 'Windows program', tells: begins('MZ', 0x90, 0), says: 'is a program, not a model' },
  { name: 'WebAssembly', tells: begins(0, 'asm'), says: 'is a WebAssembly program, not a model' },
  { name: 'SQLite', tells: begins('SQLite format 3', 0), says: 'is an SQLite database, not a model' },
]

/** Models in binary forms. */
const BINARY: readonly UnreadKind[] = [
  {
    name: 'ONNX Runtime',
    endings: ['ort'],
    tells: has(4, 'ORTM'),
    says: 'is in the ORT format of ONNX Runtime, which is not read; give the .onnx file that it was made from',
  },
  {
    name: 'PyTorch Mobile',
    endings: ['ptl'],
    tells: has(4, 'PTMF'),
    says: 'is a PyTorch Mobile file of the FlatBuffer kind, which is not read; give the checkpoint that it was made from',
  },
  {
    name: 'ExecuTorch',
    endings: ['pte'],
    tells: has(4, 'ET'),
    says: 'is an ExecuTorch program, which is not read; give the checkpoint that it was made from',
  },
  {
    name: 'GGML',
    tells: ({ head }) => ['lmgg', 'tjgg', 'fmgg', 'algg'].some((magic) => ascii(magic).every((byte, k) => head[k] === byte)),
    says: 'is a GGML file, which is not read; give the checkpoint that it was converted from',
  },
  {
    name: 'HDF5',
    tells: begins(0x89, 'HDF'),
    says: 'is an HDF5 file without filters, Keras layers or weights of convolutions in it',
  },
  { name: 'Arrow', tells: begins('ARROW1'), says: 'is an Arrow file without a column of filters (FixedSizeList<float>[9])' },
  { name: 'Parquet', tells: begins('PAR1'), says: 'is a Parquet file without a column of filters (FixedSizeList<float>[9])' },
  { name: 'NumPy', tells: begins(0x93, 'NUMPY'), says: 'is a NumPy array that is not read' },
  {
    name: 'MATLAB',
    endings: ['mat'],
    tells: begins('MATLAB '),
    says: 'is a MATLAB file, which is not read; save the weights as .npz (scipy.io.loadmat, or h5py for version 7.3, then numpy.savez) and give that',
  },
  {
    name: 'pickle',
    tells: ({ head }) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    says: 'is a Python pickle that is no PyTorch checkpoint; save the weights with torch.save or as .npz',
  },
  {
    name: 'TensorRT',
    endings: ['engine', 'plan', 'trt'],
    tells: ({ head }) => ['ptrt', 'ftrt'].some((magic) => ascii(magic).every((byte, k) => head[k] === byte)),
    says: 'is a TensorRT engine, made for one graphics card and not read; give the .onnx file that it was built from',
  },
  {
    name: 'RKNN',
    endings: ['rknn'],
    tells: begins('RKNN'),
    says: 'is an RKNN model, which is not read; give the .onnx file that it was converted from',
  },
  {
    name: 'ncnn',
    tells: begins(0x1d, 0x86, 0x76, 0),
    says: 'is an ncnn network in binary form, which is not read; give the ONNX file or the checkpoint that it was converted from',
  },
  {
    name: 'darknet weights',
    endings: ['weights'],
    tells: ({ head, access }) => {
      // Version numbers (0.1.0 to 0.2.5), then the images seen, then float32 alone.
      const [major, minor, revision] = [head[0], head[4], head[8]]
      const rest = [1, 2, 3, 5, 6, 7, 9, 10, 11].every((k) => head[k] === 0)
      return (
        rest &&
        major === 0 &&
        (minor === 1 || minor === 2) &&
        revision! <= 5 &&
        access.byteLength > 20 &&
        access.byteLength % 4 === 0
      )
    },
    says: 'looks like darknet .weights, which hold numbers without names or shapes; put the .cfg of its network beside it, under the same name',
  },
  {
    name: 'Paddle program',
    endings: ['pdmodel'],
    tells: ({ head }) => looksLikeProgram(head),
    says: 'is the structure of a Paddle network, which holds no weights; give the .pdiparams that lies beside it',
  },
  {
    name: 'TensorFlow',
    tells: ({ head }) => isTensorFlow(head),
    says: 'is a TensorFlow SavedModel or frozen graph that is cut short or damaged; get it again',
  },
  {
    name: 'TensorFlow checkpoint data',
    tells: called(/\.data-\d{5}-of-\d{5}$/),
    says: 'holds the weights of a TensorFlow checkpoint; give the .index file that lies beside it',
  },
  {
    name: 'TensorFlow checkpoint graph',
    tells: called(/\.meta$/),
    says: 'is the graph of a TensorFlow checkpoint; give the .index file that lies beside it',
  },
]

/** Models, configurations and pointers as text. */
const TEXT: readonly UnreadKind[] = [
  {
    name: 'git-annex pointer',
    tells: ({ text }) => text !== undefined && text.length < 500 && text.includes('/annex/objects/'),
    says: 'is a git-annex pointer, not the file itself; run git annex get',
  },
  {
    name: 'DVC pointer',
    tells: reads(/^outs:[ \t]*\r?\n-? *(md5|hash|size|etag)/),
    says: 'is a DVC pointer, not the file itself; run dvc pull',
  },
  {
    name: 'ONNX as text',
    endings: ['onnxtxt', 'textproto'],
    tells: reads(/^(<\s*(ir_version|opset_import)|(ir_version|opset_import|producer_name)\s*[:{])/),
    says: 'is an ONNX model as text; save it in the binary form (onnx.save) and give that',
  },
  {
    name: 'TensorFlow graph as text',
    endings: ['pbtxt'],
    tells: reads(/^(node|saved_model_schema_version|meta_graphs|library|versions)\s*[:{]/),
    says: 'is a TensorFlow graph as text; save it in the binary form, or convert it with tf2onnx, and give that',
  },
  {
    name: 'Caffe network as text',
    endings: ['prototxt'],
    tells: reads(/^(name\s*:\s*"[^"\n]*"\s*)?(layers?\s*\{|input\s*:|input_param|input_shape|force_backward)/),
    says: 'is a Caffe network as text: its layers and their weights are in the .caffemodel; give that',
  },
  { name: 'graph as text', tells: reads(/^graph\s*[:{]/), says: 'is a model as text; save it in the binary form' },
  {
    name: 'darknet configuration',
    endings: ['cfg'],
    tells: reads(/^\[(net|network)\]/),
    says: 'is a darknet configuration, which says how a network is built and holds no weights; put its .weights beside it, under the same name',
  },
  {
    name: 'pnnx',
    tells: reads(/^(7767517|pnnx)/),
    says: 'is a pnnx network, which is not read; give the checkpoint that it was converted from',
  },
  {
    name: 'TensorFlow checkpoint state',
    tells: reads(/^(model_checkpoint_path|all_model_checkpoint_paths)\s*:/),
    says: 'names the TensorFlow checkpoints beside it and holds no weights; give the .index file of one of them',
  },
  {
    name: 'MXNet network',
    tells: members('nodes', 'arg_nodes', 'heads'),
    says: 'is an MXNet network, which says how it is built and holds no weights; give its .params',
  },
  {
    name: 'Orbax item',
    tells: members('item_handlers'),
    says: 'is the description of an Orbax checkpoint, whose arrays lie in the folders beside it; give the whole folder',
  },
  {
    name: 'Paddle program in JSON',
    tells: reads(/^\{\s*"base_code"\s*:\s*\{[^{}]*"magic"\s*:\s*"pir"/),
    says: 'is a program of Paddle 3 (PIR), which is not read; export it with FLAGS_enable_pir_api=0 and give the .pdiparams beside its .pdmodel, or convert it to ONNX with paddle2onnx',
  },
  {
    name: 'Keras configuration',
    tells: members('class_name', 'config'),
    says: 'is a Keras configuration, which says how a network is built and holds no weights; give the .keras or .h5 file',
  },
  {
    name: 'configuration',
    tells: reads(/^\[[A-Za-z_][\w .-]*\][ \t]*\r?\n/),
    says: 'is a configuration file, not a model',
  },
]

/** Every kind, in the order in which they are tried: what begins with sure bytes first. */
export const unreadKinds: readonly UnreadKind[] = [...PACKED, ...BINARY, ...TEXT]

/** A SavedModel is a MetaGraph (field 2) after its version (field 1); a frozen graph is a list of nodes with names and operators. */
function isTensorFlow(head: Uint8Array): boolean {
  const fields = headFields(head)
  const [first, second] = fields ?? []
  if (first?.number === 1 && first.wire === 0) return first.value === 1 && second?.number === 2 && second.wire === 2
  if (first?.number !== 1 || first.wire !== 2) return false
  const [named, operator] = headFields(head, first.start, first.start + first.length) ?? []
  if (named?.number !== 1 || operator?.number !== 2 || fieldText(head, named) === undefined) return false
  return /^_?[A-Z][A-Za-z0-9]*$/.test(fieldText(head, operator) ?? '')
}
