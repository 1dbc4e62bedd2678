import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../../src/io/random-access.ts'
import { HEAD_BYTES } from '../../../src/sources/source.ts'
import { seenOf, unreadKind } from '../../../src/sources/unread/describe.ts'
import { unreadKinds } from '../../../src/sources/unread/kinds.ts'
import { processorTime } from '../../helpers/processor-time.ts'
import { text } from '../inputs.ts'
import { type Bytes, bytes, concat, message, number, string } from '../onnx/protobuf.ts'

const long = (...parts: (string | number)[]): Bytes =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...text(part)] : [part])).concat(new Array<number>(64).fill(7)),
  )
const node = message(1, [string(1, 'input'), string(2, 'Placeholder'), message(5, [string(1, 'dtype')])])
const darknet = (...version: number[]) => {
  const header = new Uint8Array(20 + 400)
  version.forEach((part, k) => void (header[4 * k] = part))
  return header.fill(61, 20)
}

/** Files of every kind; each kind must be here. */
const files: [kind: string, file: Bytes, path?: string][] = [
  ['TensorFlow checkpoint data', Uint8Array.of(1, 2, 3), 'model.ckpt.data-00000-of-00001'],
  ['TensorFlow checkpoint graph', Uint8Array.of(1, 2, 3), 'model.ckpt.meta'],
  ['gzip', long(0x1f, 0x8b)],
  ['bzip2', long('BZh')],
  ['xz', long(0xfd, '7zXZ', 0)],
  ['zstd', long(0x28, 0xb5, 0x2f, 0xfd)],
  ['lz4', long(0x04, 0x22, 0x4d, 0x18)],
  ['7z', long('7z', 0xbc, 0xaf, 0x27, 0x1c)],
  ['RAR', long('Rar!')],
  ['PNG', long(0x89, 'PNG')],
  ['JPEG', long(0xff, 0xd8, 0xff)],
  ['GIF', long('GIF89a')],
  ['PDF', long('%PDF-1.7')],
  ['ELF', long(0x7f, 'ELF')],
  ['Windows program', long('MZ', 0x90, 0)],
  ['WebAssembly', long(0, 'asm')],
  ['SQLite', long('SQLite format 3', 0)],
  ['ONNX Runtime', long(0x20, 0, 0, 0, 'ORTM')],
  ['PyTorch Mobile', long(0x20, 0, 0, 0, 'PTMF')],
  ['ExecuTorch', long(0x20, 0, 0, 0, 'ET12')],
  ['GGML', long('tjgg')],
  ['HDF5', long(0x89, 'HDF', 13, 10)],
  ['Arrow', long('ARROW1')],
  ['Parquet', long('PAR1')],
  ['NumPy', long(0x93, 'NUMPY')],
  ['MATLAB', long('MATLAB 5.0 MAT-file')],
  ['MATLAB', long('MATLAB 7.3 MAT-file, Platform: GLNXA64')],
  ['pickle', long(0x80, 4)],
  ['TensorRT', long('ptrt')],
  ['RKNN', long('RKNN')],
  ['ncnn', long(0x1d, 0x86, 0x76, 0)],
  ['pnnx', text('pnnx 1\n')],
  ['darknet weights', darknet(0, 2, 5)],
  ['darknet weights', darknet(0, 1, 0)],
  ['Paddle program', message(1, [number(1, 0), number(2, 0), message(3, [string(1, 'x')])])],
  ['TensorFlow', concat([node, node])],
  ['TensorFlow', concat([number(1, 1), message(2, [message(1, [string(4, 'serve')]), bytes(2, node)])])],
  ['TensorFlow graph as text', text('node {\n  name: "x"\n')],
  ['Caffe network as text', text('# a comment\nname: "LeNet"\nlayer {\n  name: "data"\n')],
  ['Caffe network as text', text('input: "data"\ninput_dim: 1\n')],
  ['ONNX as text', text('<ir_version: 8, opset_import: ["" : 17]>\nagraph (float[1] x) => (float y) {}')],
  ['ONNX as text', text('<\n   ir_version: 10\n>\n')],
  ['ONNX as text', text('ir_version: 8\ngraph {\n')],
  ['graph as text', text('graph {\n  node {\n')],
  ['darknet configuration', text('# yolo\n\n[net]\nbatch=64\n')],
  ['configuration', text('[tool.black]\nline-length = 120\n')],
  ['TensorFlow checkpoint state', text('model_checkpoint_path: "model.ckpt-100"\n')],
  ['MXNet network', text('{"nodes": [], "arg_nodes": [0], "heads": [[1, 0, 0]]}')],
  ['Orbax item', text('{"item_handlers": "PyTreeCheckpointHandler", "metrics": {}}')],
  ['Paddle program in JSON', text('{"base_code":{"magic":"pir","trainable":false,"version":1},"program":{"regions":[]}}')],
  ['Keras configuration', text(`{"class_name": "Sequential", "config": {"name": "${'s'.repeat(5000)}"}}`)],
  ['git-annex pointer', text('/annex/objects/SHA256E-s3--abc.onnx\n')],
  ['DVC pointer', text('outs:\n- md5: 123\n')],
]

async function told(file: Uint8Array, path = 'file'): Promise<string | undefined> {
  return (await unreadKind(seenOf(file.subarray(0, HEAD_BYTES), memoryAccess('file', file), path)))?.name
}

for (const [k, [kind, file, path]] of files.entries())
  test(`file ${k} is told as ${kind}`, async () => assert.is(await told(file, path), kind))

test('every kind is shown above, and its sentence says what the file is', () => {
  assert.equal(
    unreadKinds.map(({ name }) => name).filter((name) => !files.some(([kind]) => kind === name)),
    [],
  )
  for (const { name, says } of unreadKinds) assert.match(says, /^(is|looks|names|holds) /, name)
})

test('what is like a kind and is none is not told as it', async () => {
  for (const file of [
    text('name: "John"\nage: 3\n'),
    text('[1, 2, 3]'),
    text('graphs are nice'),
    text('nodes of a network'),
    text('{"class_name": "x"}'),
    darknet(0, 7, 0),
    concat([number(1, 200), message(2, [])]),
    Uint8Array.of(0x0a, 0x03, 0x6e, 0x65, 0x74),
  ])
    assert.is(await told(file), undefined)
})

test('text that is made to be slow is told at once', async () => {
  const before = processorTime()
  for (const piece of ['<!---->', '<!-- -', '<title', '# \n', ' ', 'name: "', '<net version', '[a'])
    await told(text(piece.repeat(HEAD_BYTES)))
  assert.ok(processorTime() - before < 2000)
})

test.run()
