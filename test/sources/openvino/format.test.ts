import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'
import { parseXml } from '../../../src/sources/openvino/xml.ts'
import type { Source } from '../../../src/sources/source.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/openvino/', import.meta.url))
const openFixture = async (): Promise<Source> =>
  openSource({ path: 'network.xml', access: await openFile(`${fixtures}network.xml`), folder: diskFolder(fixtures) })

async function problem(xml: string, bin?: Uint8Array): Promise<string> {
  const access = memoryAccess('network.xml', new TextEncoder().encode(xml))
  const folder = bin
    ? { open: async (path: string) => (path === 'network.bin' ? memoryAccess(path, bin) : undefined) }
    : emptyFolder
  try {
    await openSource({ path: 'network.xml', access, folder })
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('nothing was refused')
}

test('constants behind Convert, Reshape, zero points, scales and FakeQuantize; depth by the longest path', async () => {
  const source = await openFixture()
  const ours = []
  for (const layer of source.models[0]!.convolutions)
    ours.push({
      layer: layer.layer,
      shape: [...layer.shape],
      depth: layer.depth,
      groups: layer.groups,
      sha256: await weightsHash(layer),
    })
  // Layers of one depth stand in the order of the file, which is written back to front.
  const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8'))
  assert.equal(ours, [expected[1], expected[0], expected[2], expected[3]])
  assert.match(source.warnings.join(), /1 weights \(w4 …\) are rounded by a FakeQuantize/)
  await source.close()
})

test('placement, and what is not measured', async () => {
  const source = await openFixture()
  const [model] = source.models
  const byName = new Map(model!.convolutions.map((layer) => [layer.layer, layer]))
  assert.equal(byName.get('w1')!.placement, { strides: [2, 1], dilations: [1, 2], pads: [1, 2, 3, 4] })
  assert.equal(byName.get('w2')!.placement!.pads, 'same_upper')
  assert.is(byName.get('w2')!.node, 'conv2')
  const reasons = Object.fromEntries(model!.skipped.map(({ name, reason }) => [name, reason]))
  assert.equal(reasons, {
    loop: '1 convolutions in its body, which are not read',
    conv8: 'a 1-D convolution',
    conv7: 'no constant weight',
    conv6: 'stored as u4, which is not read as weights',
    up: 'transposed convolution',
  })
  await source.close()
})

test('what is wrong with the two files is said', async () => {
  const xml = readFileSync(`${fixtures}network.xml`, 'utf8')
  const bin = new Uint8Array(readFileSync(`${fixtures}network.bin`))
  assert.match(await problem(xml), /weights are in network\.bin, which is not beside it/)
  assert.match(await problem(xml, bin.subarray(0, 100)), /network\.bin: ends at byte 100, but constant/)
  assert.match(await problem(xml.slice(0, 900), bin), /not valid XML \(.* at character/)
  assert.match(await problem(xml.replace('version="11"', 'version="7"'), bin), /IR version 7/)
  const idOf = (name: string): string => new RegExp(`<layer id="(\\d+)" name="${name}"`).exec(xml)![1]!
  const back = `<edge from-layer="${idOf('conv4')}" from-port="0" to-layer="${idOf('sum')}" to-port="2"/></edges>`
  assert.match(await problem(xml.replace('</edges>\n<rt_info', `${back}\n<rt_info`), bin), /runs in a circle/)
})

test('XML: entities, comments, CDATA, quotes, and what is refused', () => {
  const root = parseXml(
    `\uFEFF<?xml version="1.0"?><!-- <a> --><a b='1 &lt; 2' c="&#65;&#x42;&quot;"> x <![CDATA[<&>]]><d/><!-- - --></a> `,
  )
  assert.equal(
    [...root.attributes],
    [
      ['b', '1 < 2'],
      ['c', 'AB"'],
    ],
  )
  assert.is(root.text, 'x <&>')
  assert.equal(
    root.children.map(({ name }) => name),
    ['d'],
  )
  for (const bad of [
    '',
    '<a>',
    '<a></b>',
    '<a b=1/>',
    '<a/><b/>',
    '<a><!-- </a>',
    '<!DOCTYPE a><a/>',
    '<a'.repeat(9),
    '<a>'.repeat(1000),
  ])
    assert.throws(
      () => parseXml(bad),
      (error: Error) => error instanceof SyntaxError,
      bad,
    )
})

test.run()
