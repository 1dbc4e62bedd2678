import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const fixtures = new URL('../fixtures/', import.meta.url)

test('a zip with a broken model: an error, or with --keep-going the others and exit code 1', () =>
  inFolder(async (folder) => {
    const state = new Uint8Array(await readFile(new URL('numpy/state.npz', fixtures)))
    const path = join(folder, 'models.zip')
    await writeFile(path, zipSync({ 'a.npz': state, 'broken.npy': strToU8('not an array'), 'z.npz': state }))
    const stopped = await filterlens(['analyze', path])
    assert.is(stopped.code, 2)
    assert.match(stopped.err, /^filterlens: .*models\.zip\/broken\.npy: /m)
    const { code, out, err } = await filterlens(['analyze', path, '--keep-going', '--json'])
    assert.is(code, 1)
    assert.match(err, /models\.zip\/broken\.npy: /)
    const { models, failed } = JSON.parse(out)
    assert.equal(
      models.map(({ model }: { model: string }) => model),
      ['a', 'z'],
    )
    assert.equal(
      failed.map(({ file }: { file: string }) => file),
      ['models.zip/broken.npy'],
    )
    const inspected = await filterlens(['inspect', path])
    assert.is(inspected.code, 1)
    assert.match(inspected.err, /models\.zip\/broken\.npy: /)
  }))

test('doubles that are no float32 are noted once for a file, not once for each of its models', () =>
  inFolder(async (folder) => {
    const doubles = new Uint8Array(await readFile(new URL('numpy/float64.npy', fixtures)))
    const archive = zipSync({ 'weight.npy': doubles })
    await writeFile(join(folder, 'models.zip'), zipSync({ 'a.npz': archive, 'b.npz': archive }))
    const { code, out } = await filterlens(['analyze', join(folder, 'models.zip'), '--json'])
    assert.is(code, 0)
    const { models, warnings: all } = JSON.parse(out)
    assert.is(models.length, 2)
    // The fixture's weights are random, which is said of each model.
    const warnings = all.filter((text: string) => !/^[ab] looks untrained: /.test(text))
    assert.is(all.length, 4)
    assert.is(warnings.length, 2)
    assert.match(warnings[0], /^models\.zip: \d+ weights were not exactly a float32/)
    assert.is(
      warnings[1],
      'the same filters under several names, each a model in tables and pools, together one observation in tests and intervals: a = b',
    )
  }))

test.run()
