import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { type Answer, DATA, identityEngines } from './engines.ts'
import { identitySuite } from './suite.ts'

const [node, ...others] = identityEngines
let expected: Answer

test('Node answers with a SHA-256 for every table', async () => {
  expected = (await node!.run())!
  assert.match(expected.sha256, /^[0-9a-f]{64}$/)
  assert.ok(Object.keys(expected.tables).length >= 4)
  assert.is(new Set(Object.values(expected.tables)).size, Object.keys(expected.tables).length)
})

for (const { name, run } of others) {
  test(`${name} computes the same bytes as Node`, async () => {
    const answer = await run()
    if (!answer) {
      if (name === 'deno' || name === 'bun') console.log(`skipped: ${name} not installed`)
      return
    }
    assert.equal(answer.tables, expected.tables)
    assert.is(answer.sha256, expected.sha256)
  })
}

test('one bit of one weight changes the number', async () => {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${DATA}/${name}`))
  const pairs = 'Robust,Normal,Arch,Dataset\nvgg_w16_cifar10_robust,vgg_w16_cifar10_normal,VGG-6-w16,cifar10\n'
  const suite = (normal: Uint8Array) =>
    identitySuite({
      models: [
        memoryAccess('vgg_w16_cifar10_normal.onnx', normal),
        memoryAccess('vgg_w16_cifar10_robust.onnx', read('vgg_w16_cifar10_robust.onnx')),
      ],
      meta: readFileSync(`${DATA}/meta.csv`, 'utf8'),
      pairs,
    })
  const bytes = read('vgg_w16_cifar10_normal.onnx')
  const before = await suite(bytes)
  const changed = bytes.slice()
  changed[changed.length >> 1]! ^= 1 // lies in the weights of one of the wide layers
  const after = await suite(changed)
  assert.is.not(before.tables['layers.arrow'], after.tables['layers.arrow'])
  assert.is.not(before.sha256, after.sha256)
})

test.run()
