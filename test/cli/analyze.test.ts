import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const columns =
  'model layer layer_id kernel depth conv_depth conv_depth_norm in_channels out_channels filters peak sparse_filters sparsity variance_entropy variance_entropy_raw variance_entropy_raw_norm variance_entropy_clean variance_entropy_clean_norm orthogonality norm_l1 norm_l2 norm_l1_standardised norm_l2_standardised'.split(
    ' ',
  )

test('one model: a table of layers on stdout, talk on stderr, no colour in a pipe', async () => {
  const { code, out, err } = await filterlens(['analyze', 'data/vgg_w16_cifar10_robust.onnx'])
  assert.is(code, 0)
  assert.match(out, /vgg_w16_cifar10_robust +ONNX: 6 layers measured \(7,984 filters\)/)
  assert.is(out.split('\n').filter((line) => line.includes('features.')).length, 6)
  assert.match(out, /all layers/)
  assert.not.ok((out + err).includes('\u001b'))
  assert.match(err, /7,984 filters in 6 layers/)
})

test('colour when it is asked for, none with NO_COLOR', async () => {
  const coloured = await filterlens(['analyze', 'data/vgg_w16_cifar10_robust.onnx'], { env: { FORCE_COLOR: '1' } })
  assert.ok(coloured.out.includes('\u001b['))
  const plain = await filterlens(['analyze', 'data/vgg_w16_cifar10_robust.onnx'], { env: { NO_COLOR: '1' } })
  assert.not.ok(plain.out.includes('\u001b'))
})

test('several inputs are all measured, in their order', async () => {
  const names = ['vgg_w24_cifar10_normal', 'vgg_w16_cifar10_robust', 'vgg_w16_cifar10_normal']
  const { code, out } = await filterlens(['analyze', ...names.map((name) => `data/${name}.onnx`), '--json'])
  assert.is(code, 0)
  assert.equal(
    JSON.parse(out).models.map(({ model }: { model: string }) => model),
    names,
  )
})

test('a folder: a row a model; the metadata is joined', async () => {
  const { code, out } = await filterlens(['analyze', 'data', '--meta', 'data/meta.csv', '--json'])
  assert.is(code, 0)
  const { models, layers, parameters } = JSON.parse(out)
  assert.is(models.length, 12)
  assert.is(layers.length, 100)
  assert.is(models[0].meta['Clean Accuracy'], 86.42)
  assert.is(models[1].meta['Robust'], true)
  assert.equal(Object.keys(parameters), ['profile', 'threshold', 'kernel', 'kernel_sha256'])
  for (const column of columns) assert.ok(column in layers[0], column)
})

test('CSV has a line a layer', async () => {
  const { code, out } = await filterlens(['analyze', 'data/vgg_w16_cifar10_robust.onnx', '--csv'])
  assert.is(code, 0)
  const lines = out.trimEnd().split('\r\n')
  assert.is(lines.length, 7)
  assert.ok(lines[0]!.startsWith('model,layer,layer_id,kernel,depth'))
})

test('results: a checked set of files, the same bytes from another folder, in another order of reading', () =>
  inFolder(async (folder) => {
    const first = await filterlens(['analyze', 'data', '-o', join(folder, 'a')])
    assert.is(first.code, 0)
    await cp('data', join(folder, 'elsewhere'), { recursive: true })
    const second = await filterlens([
      'analyze',
      join(folder, 'elsewhere'),
      '-o',
      join(folder, 'b'),
      '--batch-size',
      '7',
      '--workers',
      '1',
    ])
    assert.is(second.code, 0)
    const [a, b] = await Promise.all(['a', 'b'].map((name) => readFile(join(folder, name, 'results.sha256'), 'utf8')))
    assert.is(a, b)
    assert.match(a!, /^[0-9a-f]{64}\n$/)
    assert.equal(
      (await readdir(join(folder, 'a'))).filter((name) => name.startsWith('.')),
      [],
    )
  }))

const wrong: [name: string, content: string | Uint8Array, expected: RegExp][] = [
  [
    'page.onnx',
    '<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>',
    /page\.onnx: .*HTML page.*Quota exceeded/,
  ],
  [
    'pointer.onnx',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n',
    /pointer\.onnx: .*Git LFS pointer/,
  ],
  ['empty.onnx', '', /empty\.onnx: .*empty/],
  ['zeros.onnx', new Uint8Array(5000), /zeros\.onnx: /],
]
for (const [name, content, expected] of wrong) {
  test(`a wrong file is named for what it is: ${name}`, () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, name), content)
      const { code, out, err } = await filterlens(['analyze', join(folder, name), '-o', join(folder, 'results')])
      assert.is(code, 2)
      assert.is(out, '')
      assert.match(err, expected)
      assert.is(err.trimEnd().split('\n').length, 1, err)
      assert.equal(await readdir(folder), [name])
    }))
}

test('a truncated model, an empty folder, a missing file, a model without 3×3 layers', () =>
  inFolder(async (folder) => {
    const whole = await readFile('data/vgg_w16_cifar10_robust.onnx')
    await writeFile(join(folder, 'cut.onnx'), whole.subarray(0, 100_000))
    await mkdir(join(folder, 'nothing'))
    const cases: [string, RegExp][] = [
      ['cut.onnx', /cut\.onnx: .*(cut|ends)/],
      ['nothing', /nothing: .*no model/],
      ['missing.onnx', /missing\.onnx: there is no such file/],
    ]
    for (const [name, expected] of cases) {
      const { code, err } = await filterlens(['analyze', join(folder, name)])
      assert.is(code, 2, name)
      assert.match(err, expected)
      assert.is(err.trimEnd().split('\n').length, 1, err)
    }
    const none = await filterlens(['analyze', 'test/fixtures/edge-onnx/no_conv.onnx'])
    assert.is(none.code, 2)
    assert.match(none.err, /no layer to measure/)
  }))

test('--keep-going finishes the rest, lists the broken, exits with 1', () =>
  inFolder(async (folder) => {
    await cp('data/vgg_w16_cifar10_robust.onnx', join(folder, 'good.onnx'))
    await writeFile(join(folder, 'bad.onnx'), '<html>')
    const stopped = await filterlens(['analyze', folder])
    assert.is(stopped.code, 2)
    const { code, out, err } = await filterlens(['analyze', folder, '--keep-going', '--json'])
    assert.is(code, 1)
    const { models, failed } = JSON.parse(out)
    assert.equal(
      models.map((row: { model: string }) => row.model),
      ['good'],
    )
    assert.is(failed.length, 1)
    assert.match(err, /bad\.onnx: /)
  }))

test('usage errors are one line and exit with 2', async () => {
  for (const words of [
    ['analyze'],
    ['analyze', 'data', '--kernel', '3'],
    ['analyze', 'data', '--threshold', '2'],
    ['analyze', 'data', '--no-such'],
    ['nonsense'],
  ]) {
    const { code, out, err } = await filterlens(words)
    assert.is(code, 2, words.join(' '))
    assert.is(out, '')
    assert.is(err.trimEnd().split('\n').length, 1, err)
  }
})

test('help and version go to stdout', async () => {
  const help = await filterlens(['--help'])
  assert.is(help.code, 0)
  for (const command of ['analyze', 'inspect', 'extract', 'check', 'verify'])
    assert.match(help.out, new RegExp(`filterlens ${command}`))
  const version = await filterlens(['--version'])
  assert.is(version.out.trim(), JSON.parse(await readFile('package.json', 'utf8')).version)
})

test.run()
