import { gzipSync, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openSource } from '../../../src/sources/open.ts'
import { memoryInput, text } from '../inputs.ts'

async function refused(path: string, bytes: Uint8Array): Promise<string> {
  try {
    await openSource(memoryInput(path, bytes))
  } catch (error) {
    assert.instance(error, InputError)
    assert.is((error as InputError).file, path)
    return (error as InputError).problem
  }
  throw new Error('nothing was refused')
}

/** A tar archive of one empty file, without the ustar mark of newer ones when `old`. */
function tar(old: boolean): Uint8Array {
  const header = new Uint8Array(1024)
  header.set(text('weights.pt'), 0)
  header.set(text('0000644\0'), 100)
  header.set(text('00000000000\0'), 124)
  header.set(text('        '), 148)
  if (!old) header.set(text('ustar\x0000'), 257)
  const sum = header.slice(0, 512).reduce((a, b) => a + b, 0)
  header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

const cases: [name: string, path: string, bytes: Uint8Array, says: string | RegExp][] = [
  ['an empty file', 'a.onnx', new Uint8Array(), 'is empty; get it again'],
  [
    'an HTML page',
    'model.onnx',
    text('\n<!DOCTYPE html>\n<html><head><meta charset="utf-8">\n<title> Sign in ·\n GitHub </title></head>'),
    'is an HTML page (“Sign in · GitHub”), not a model; the server sent a page instead of the file, download it again',
  ],
  ['an HTML page without a title', 'a.pt', text('<!-- x --> <html lang="en"><body>Error'), /^is an HTML page, not a model/],
  [
    'a Git LFS pointer',
    'a.onnx',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 98765\n'),
    'is a Git LFS pointer to a file of 98765 bytes, not the file itself; run git lfs pull in its repository',
  ],
  ['a git-annex pointer', 'a.onnx', text('/annex/objects/SHA256E-s3--abc.onnx\n'), /^is a git-annex pointer/],
  ['a DVC pointer', 'a.dvc', text('outs:\n- md5: 123\n  path: a.onnx\n'), /^is a DVC pointer/],
  ['a tar archive', 'a.onnx', tar(false), 'is a tar archive; unpack it (tar -xf) and give the files inside'],
  ['an old tar archive', 'a.onnx', tar(true), 'is a tar archive; unpack it (tar -xf) and give the files inside'],
  ['gzip', 'a.onnx.gz', gzipSync(text('hello')), /^is compressed with gzip; unpack it/],
  ['zstd', 'a.zst', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0), /zstd/],
  [
    'an error in JSON',
    'a.safetensors',
    text('{"error":"Repository not found"}'),
    'is an error message of a server (“Repository not found”), not a model; download it again',
  ],
  ['a nested error in JSON', 'a.pt', text('{"errors":[{"code":1,"message":"rate limit"}]}'), /“rate limit”/],
  ['other JSON', 'config.json', text('{"hidden_size": 3}'), 'is a JSON file without a model in it that is read'],
  ['broken JSON', 'config.json', text('{"hidden_size": '), /damaged or cut short/],
  [
    'an error in XML',
    'a.onnx',
    text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    'is an XML document (“AccessDenied”), not a model',
  ],
  [
    'a pickle of protocol 0 that calls a program',
    'a.pkl',
    text('cposix\nsystem\np0\n(Vid\np1\ntp2\nRp3\n.'),
    'is a pickle that would call posix.system when Python loads it: it runs code; do not load it',
  ],
  [
    'one that does so by INST, inside a dict',
    'a.pkl',
    text("(dp0\nVk\np1\n(S'id'\nios\nsystem\np2\ns."),
    'is a pickle that would call os.system when Python loads it: it runs code; do not load it',
  ],
  ['one that calls nothing', 'a.pkl', text('(dp0\nVa\np1\nI1\ns.'), /^is a pickle of protocol 0 \(text\), which is not read/],
  ['a list of words', 'a.pkl', text('cos\nsin\ntan\n'), /^is a text file that begins/],
  ['plain text', 'a.onnx', text('Not Found'), 'is a text file that begins with “Not Found”, not a model'],
  ['UTF-16 text', 'a.onnx', Uint8Array.of(0xff, 0xfe, 0x4e, 0, 0x6f, 0), 'is a text file that begins with “No”, not a model'],
  ['blanks', 'a.onnx', text(' \n\n'), 'holds nothing but blanks; get it again'],
  [
    'ONNX as text',
    'a.onnx',
    text('ir_version: 8\nproducer_name: "x"'),
    'is an ONNX model as text; save it in the binary form (onnx.save) and give that',
  ],
  ['zeros', 'a.onnx', new Uint8Array(20_000), 'consists of 20000 zero bytes; the download was not finished, get it again'],
  ['the ORT format', 'a.ort', Uint8Array.of(0x20, 0, 0, 0, ...text('ORTM'), 1), /^is in the ORT format/],
  [
    'a SavedModel',
    'saved_model.pb',
    Uint8Array.of(8, 1, 0x12, 0xff, 0xff, 3, 0x0a, 1, 0, 1),
    /^is a TensorFlow SavedModel or frozen graph/,
  ],
  ['an image', 'a.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a), /^is a PNG image/],
  ['a zip archive without a model', 'a.zip', zipSync({ 'readme.txt': text('hello') }), /zip/],
  [
    'anything else',
    'a.onnx',
    Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 1, 2),
    'is no format that filterlens reads (it begins with the bytes de ad be ef 01 02)',
  ],
]

for (const [name, path, bytes, says] of cases) {
  test(name, async () => {
    const problem = await refused(path, bytes)
    if (typeof says === 'string') assert.is(problem, says)
    else assert.match(problem, says)
  })
}

test('zeros at the start and the end alone are not called zeros', async () => {
  const bytes = new Uint8Array(20_000)
  bytes[10_000] = 7
  assert.match(await refused('a.onnx', bytes), /no format that filterlens reads/)
})

test.run()
