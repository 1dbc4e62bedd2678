import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { drawingKinds } from '../../src/drawings/kinds.ts'
import { listInputs } from '../../src/inputs/node-inputs.ts'
import { float32, writeSafetensors } from '../sources/safetensors/write.ts'
import { filterlens, inFolder } from './run.ts'

const NORMAL = 'data/vgg_w16_cifar10_normal.onnx'
const ROBUST = 'data/vgg_w16_cifar10_robust.onnx'

/** A figure that is asked for, as its text and the sentence that is said of it. */
async function drawn(folder: string, words: readonly string[], ending = 'svg'): Promise<{ text: string; said: string }> {
  const file = join(folder, `figure.${ending}`)
  const { code, out, err } = await filterlens(['figure', ...words, '-o', file])
  assert.is(code, 0, `${words.join(' ')}: ${err}`)
  return { text: await readFile(file, ending === 'svg' ? 'utf8' : 'latin1'), said: out }
}

test('each kind of figure is drawn of a model', () =>
  inFolder(async (folder) => {
    const inputs = await listInputs([NORMAL])
    for (const [kind, { draw }] of Object.entries(drawingKinds)) {
      const { caption, svg } = await draw({ inputs, profile: 'cvprw22', threshold: 0.01, workers: 1 })
      assert.match(svg, /^<svg /, kind)
      assert.match(caption, /^\S.*\.$/, kind)
    }
    const { said } = await drawn(folder, ['deciles', NORMAL])
    assert.match(
      said,
      /\d+ of \d+ shifts are beyond chance, by most that between .* \(D = [\d.]+; chance [\d.]+, 95 %: [\d.]+\)\./,
    )
    assert.match((await drawn(folder, ['covariance', NORMAL])).said, /figure\.svg\n\S.*\.\n$/)
  }))

test('with a profile that keeps sparse filters no figure says that they are left out', () =>
  inFolder(async (folder) => {
    for (const kind of ['bases', 'ridges', 'histogram', 'covariance', 'density', 'deciles']) {
      assert.match((await drawn(folder, [kind, NORMAL])).text, /non-sparse/i, kind)
      const { text } = await drawn(folder, [kind, NORMAL, '--profile', 'cvpr22'])
      assert.not.match(text, /non-sparse/i, kind)
      assert.match(text, /all 3×3 filters|unit length of all 3×3/i, kind)
    }
  }))

test('a layer by its number, by its name, by a part of it; chosen output channels; a limited number', () =>
  inFolder(async (folder) => {
    const layers = JSON.parse((await filterlens(['analyze', NORMAL, '--json'])).out).layers as { layer: string }[]
    const last = layers.at(-1)!.layer
    assert.is(last, 'onnx::Conv_78')
    const byNumber = await drawn(folder, ['grid', NORMAL, '--layer', '-1'])
    assert.ok(byNumber.said.includes('Layer features.17 has'))
    for (const name of [last, 'features.17'])
      assert.is((await drawn(folder, ['grid', NORMAL, '--layer', name])).text, byNumber.text)
    assert.match((await drawn(folder, ['grid', NORMAL, '--layer', '0', '--channel', '2,5'])).text, />2, 0<.*>5, 0</)
    assert.match((await drawn(folder, ['grid', NORMAL, '--layer', '1', '--first', '7'])).text, /The first 7 3×3 filters/)
    for (const [words, sentence] of [
      [['--layer', '99'], /--layer 99: vgg_w16_cifar10_normal has \d+ layers, 0 to \d+/],
      [['--layer', 'nope'], /--layer nope: no layer of vgg_w16_cifar10_normal has that in its name/],
      [['--layer', 'Conv_'], /--layer Conv_: fits .* give the whole name/],
      [['--layer', '0', '--channel', '1000'], /--channel 1000: .* output channels, 0 to/],
      [['--layer', '0', '--channel', 'a'], /--channel a: give whole numbers from 0/],
    ] as const) {
      const { code, err } = await filterlens(['figure', 'grid', NORMAL, ...words, '-o', join(folder, 'no.svg')])
      assert.is(code, 2)
      assert.match(err, sentence)
    }
  }))

test('a 7×7 stem of three channels is drawn in colour', () =>
  inFolder(async (folder) => {
    const stem = join(folder, 'stem.safetensors')
    await writeFile(stem, writeSafetensors({ 'conv1.weight': float32(8, 3, 7, 7), 'layer1.weight': float32(8, 8, 3, 3) }))
    const { text, said } = await drawn(folder, ['rgb', stem])
    assert.match(text, /three 7×7 filters as red, green and blue/)
    assert.match(said, /conv1\.weight, 8 output channels/)
    assert.match((await drawn(folder, ['bases', stem, '--layer', 'conv1'])).text, /non-sparse 7×7 filters/)
  }))

test('both models of a pair, chosen channels; PNG and PDF, as wide as asked for', () =>
  inFolder(async (folder) => {
    const images = ['--image', 'data/automobile-clean.png', '--changed', 'data/automobile-perturbed.png']
    const { text } = await drawn(folder, ['activations', NORMAL, ROBUST, ...images, '--channel', '0,3'])
    assert.match(text, /vgg_w16_cifar10_normal<[\s\S]*vgg_w16_cifar10_robust</)
    const png = await drawn(folder, ['bases', NORMAL, ROBUST, '--width', '500px'], 'png')
    assert.is(Buffer.from(png.text, 'latin1').readUInt32BE(16), 500)
    const pdf = await drawn(folder, ['histogram', NORMAL, ROBUST, '--width', '84mm', '--no-captions'], 'pdf')
    assert.match(pdf.text, /^%PDF[\s\S]*MediaBox \[0 0 238\.1/)
    const fonts = await drawn(folder, ['histogram', NORMAL, '--embed-fonts', '--transparent'])
    assert.match(fonts.text, /@font-face\{font-family:Inter/)
  }))

test('a figure of results by its name, and what there is when there is none of that name', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', NORMAL, ROBUST, '-o', results])
    assert.match((await drawn(folder, ['pca-bases', results])).text, /^<svg /)
    const { code, err } = await filterlens(['figure', 'nothing', results, '-o', join(folder, 'no.svg')])
    assert.is(code, 2)
    assert.match(err, /figure nothing: there is grid, .*; the report of .* has .*pca-bases/)
    for (const [words, sentence] of [
      [['grid', NORMAL, '-o', join(folder, 'x.gif')], /ends in \.svg, \.png or \.pdf/],
      [['grid', NORMAL, '--width', '3 miles'], /--width 3 miles: give a length/],
      [['grid', NORMAL, ROBUST], /is about one model, and the inputs hold 2/],
    ] as const) {
      const refused = await filterlens(['figure', ...words])
      assert.is(refused.code, 2)
      assert.match(refused.err, sentence)
    }
  }))

test('operators of a graph and filters by kernel size', async () => {
  const { code, out } = await filterlens(['inspect', NORMAL, '--operators', '--json'])
  const [counted] = JSON.parse(out) as [{ operators: Record<string, number>; filters: Record<string, number>; share_3x3: number }]
  assert.is(code, 0)
  const census = JSON.parse((await filterlens(['inspect', NORMAL, '--json'])).out) as { kind: string; shape: number[] }[]
  assert.is(counted.operators['Conv'], census.filter(({ kind }) => kind === 'Conv').length)
  const all = Object.values(counted.filters).reduce((sum, n) => sum + n, 0)
  assert.is(counted.share_3x3, (counted.filters['3x3'] ?? 0) / all)
  assert.match((await filterlens(['inspect', NORMAL, '--operators'])).out, /operators {2}.*Conv \d+[\s\S]*3×3: \d/)
})

test.run()
