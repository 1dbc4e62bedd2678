import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../../src/io/node.ts'
import { openSource } from '../../../src/sources/open.ts'
import { weightsHash } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/tensorflow/', import.meta.url))
const expected = JSON.parse(readFileSync(`${fixtures}networks.json`, 'utf8')) as Record<
  string,
  { readonly models: readonly string[][]; readonly note: string | null }
>

for (const [name, { models, note }] of Object.entries(expected))
  test(`${name}: each network once, an average and an equal one left out`, async () => {
    const path = `${fixtures}networks/${name}`
    const source = await openSource({ path: name, access: await openFile(path), folder: diskFolder(dirname(path)) })
    const found: string[][] = []
    for (const { convolutions } of source.models) {
      const own: string[] = []
      for (const one of convolutions)
        own.push(name.startsWith('signatures') ? one.shape.join() : (await weightsHash(one)).slice(0, 16))
      found.push(own)
    }
    assert.equal(found, models)
    if (note !== null) assert.ok(source.warnings.join(' ').includes(note))
    await source.close()
  })

test("a depthwise kernel is told by its own layer's bias where layers share a name", async () => {
  const path = `${fixtures}attributes.index`
  const source = await openSource({ path, access: await openFile(path), folder: diskFolder(dirname(path)) })
  const hashes = await Promise.all(source.models[0]!.convolutions.map(weightsHash))
  assert.equal(hashes.map((hash) => hash.slice(0, 16)).sort(), JSON.parse(readFileSync(`${fixtures}attributes.json`, 'utf8')))
  await source.close()
})

test.run()
