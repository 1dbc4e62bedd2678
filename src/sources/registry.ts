import { type Signature, signatures } from './signatures.ts'
import type { SourceFormat } from './source.ts'

/** A line of the registry: which files of a folder are candidates for a format, and where its reader is. */
export interface FormatEntry {
  /** The same as the SourceFormat's name. */
  readonly name: string
  /** Endings (lower case, without the dot) that this format owns: such a file of a folder is always opened, and complained about if it is something else. */
  readonly owns: readonly string[]
  /** Endings that other kinds of file have as well: such a file of a folder is opened only if match() recognises it. */
  readonly shares: readonly string[]
  /** What its files may be called where they have no ending: such a file counts as one with a shared ending. */
  readonly called?: RegExp
  /** Its files have no signature: in a folder only those that are named like one are opened, since weights can begin with any bytes. */
  readonly guesses?: true
  /** What its files can begin with; without it every file is held against the reader itself. */
  readonly begins?: Signature
  /** Loads the reader. `match` must be cheap to load; a heavy library is imported by `open`. */
  load(): Promise<SourceFormat>
}

/** What Flax's save_checkpoint calls its files. */
const FLAX_CHECKPOINT = /^checkpoint(_\d+(\.\d+)?)?$/

/** Every format of models, in the order in which they are tried: sure signatures first, guesses last. */
export const modelFormats: readonly FormatEntry[] = [
  {
    name: 'safetensors',
    owns: ['safetensors'],
    shares: ['json'],
    begins: signatures.safetensors,
    load: async () => (await import('./safetensors/format.ts')).safetensors,
  },
  {
    name: 'dataset.h5',
    owns: [],
    shares: ['h5', 'hdf5'],
    begins: signatures.hdf5,
    load: async () => (await import('./dataset-h5/format.ts')).datasetH5,
  },
  {
    name: 'Keras',
    owns: [],
    shares: ['h5', 'hdf5', 'keras'],
    begins: signatures.hdf5,
    load: async () => (await import('./keras/format.ts')).kerasH5,
  },
  {
    name: 'HDF5 state dict',
    owns: [],
    shares: ['h5', 'hdf5', 'hdf', 'he5'],
    begins: signatures.hdf5,
    load: async () => (await import('./state-h5/format.ts')).stateH5,
  },
  {
    name: 'Keras archive',
    owns: ['keras'],
    shares: ['zip'],
    begins: signatures.zip,
    load: async () => (await import('./keras/format.ts')).kerasZip,
  },
  {
    name: 'Keras shards',
    owns: [],
    shares: ['json'],
    begins: signatures.json,
    load: async () => (await import('./keras/shards.ts')).kerasShards,
  },
  {
    name: 'Arrow',
    owns: [],
    shares: ['arrow', 'arrows', 'feather', 'ipc'],
    begins: signatures.arrow,
    load: async () => (await import('./filter-table/arrow.ts')).arrowTable,
  },
  {
    name: 'filter database',
    owns: [],
    shares: ['arrow'],
    begins: signatures.arrow,
    load: async () => (await import('./filter-database/reader.ts')).filterDatabase,
  },
  {
    name: 'Parquet',
    owns: [],
    shares: ['parquet', 'pq'],
    begins: signatures.parquet,
    load: async () => (await import('./filter-table/parquet.ts')).parquetTable,
  },
  {
    name: 'TensorFlow Lite',
    owns: ['tflite'],
    shares: ['lite', 'bin'],
    begins: signatures.tflite,
    load: async () => (await import('./tflite/format.ts')).tflite,
  },
  {
    name: 'NumPy',
    owns: ['npy'],
    shares: ['eqx'],
    begins: signatures.numpy,
    load: async () => (await import('./numpy/format.ts')).npy,
  },
  {
    name: 'NumPy archive',
    owns: ['npz'],
    shares: ['zip'],
    begins: signatures.zip,
    load: async () => (await import('./numpy/format.ts')).npz,
  },
  {
    name: 'OpenVINO',
    owns: [],
    shares: ['xml'],
    begins: signatures.markup,
    load: async () => (await import('./openvino/format.ts')).openvino,
  },
  {
    name: 'TensorFlow.js',
    owns: [],
    shares: ['json', 'js', 'mjs', 'cjs'],
    begins: signatures.text,
    load: async () => (await import('./tfjs/format.ts')).tfjs,
  },
  {
    name: 'torch.export',
    owns: ['pt2'],
    shares: ['zip'],
    begins: signatures.zip,
    load: async () => (await import('./torch-export/format.ts')).torchExport,
  },
  {
    name: 'PyTorch',
    owns: ['pt', 'pth', 'ckpt', 'distcp'],
    shares: [
      ...['json', 'tar', 'pkl', 'bin', 'pickle', 't7', 'model', 'ptl', 'zip'],
      ...['pdparams', 'th', 'pyth', 'torch', 'checkpoint', 'chkpt', 'ckp', 'weights', 'p'],
    ],
    begins: signatures.torch,
    load: async () => (await import('./pytorch/format.ts')).pytorch,
  },
  {
    name: 'TensorFlow checkpoint',
    owns: [],
    shares: ['index'],
    begins: signatures.checkpoint,
    load: async () => (await import('./tensorflow/format.ts')).tensorflowCheckpoint,
  },
  {
    name: 'GGUF',
    owns: ['gguf'],
    shares: [],
    begins: signatures.gguf,
    load: async () => (await import('./gguf/format.ts')).gguf,
  },
  {
    name: 'Orbax',
    owns: [],
    shares: [],
    called: FLAX_CHECKPOINT,
    begins: signatures.orbax,
    load: async () => (await import('./orbax/format.ts')).orbax,
  },
  {
    name: 'Flax',
    owns: [],
    shares: ['msgpack', 'flax', 'bin'],
    called: FLAX_CHECKPOINT,
    begins: signatures.messagePackMap,
    load: async () => (await import('./flax/format.ts')).flax,
  },
  {
    name: 'darknet',
    owns: [],
    shares: ['weights', 'cfg'],
    begins: signatures.darknet,
    load: async () => (await import('./darknet/format.ts')).darknet,
  },
  {
    name: 'Core ML',
    owns: ['mlmodel'],
    shares: [],
    begins: signatures.coreMl,
    load: async () => (await import('./coreml/format.ts')).coreml,
  },
  {
    name: 'Caffe',
    owns: ['caffemodel'],
    shares: [],
    begins: signatures.caffe,
    load: async () => (await import('./caffe/format.ts')).caffe,
  },
  {
    name: 'ncnn',
    owns: [],
    shares: ['param'],
    begins: signatures.text,
    load: async () => (await import('./ncnn/format.ts')).ncnn,
  },
  {
    name: 'Paddle',
    owns: ['pdiparams'],
    shares: [],
    begins: signatures.zeros,
    load: async () => (await import('./paddle/format.ts')).paddle,
  },
  {
    name: 'MXNet',
    owns: [],
    shares: ['params'],
    begins: signatures.mxnet,
    load: async () => (await import('./mxnet/format.ts')).mxnet,
  },
  // What follows has no signature, so it comes after every format that has one.
  {
    name: 'TensorFlow SavedModel',
    owns: [],
    shares: ['pb'],
    begins: signatures.savedModel,
    load: async () => (await import('./tensorflow/format.ts')).savedModel,
  },
  {
    name: 'TensorFlow graph',
    owns: [],
    shares: ['pb'],
    begins: signatures.graph,
    load: async () => (await import('./tensorflow/format.ts')).frozenGraph,
  },
  {
    name: 'ONNX',
    owns: ['onnx'],
    shares: ['pb', 'ort'],
    guesses: true,
    load: async () => (await import('./onnx/format.ts')).onnx,
  },
]
