import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

const fixtures = new URL('../fixtures/dataset-h5/', import.meta.url)

async function unpack(name: string, folder: string): Promise<Buffer> {
  const bytes = gunzipSync(await readFile(new URL(`${name}.gz`, fixtures)))
  await writeFile(join(folder, name), bytes)
  return bytes
}

test('a file whose own results are right: a line a column, exit code 0', () =>
  inFolder(async (folder) => {
    await unpack('derived.h5', folder)
    const { code, out } = await filterlens(['analyze', join(folder, 'derived.h5'), '--check-against-file'])
    assert.is(code, 0)
    assert.match(out, /derived\.h5 agrees with its own results within 1e-9/)
    for (const words of [
      'meta_ortho ortho +orthogonality',
      'meta_pca entropy +variance_entropy',
      'meta_sparsity layer_norm +peak',
    ])
      assert.match(out, new RegExp(`${words} +11 layers`))
    assert.match(out, /meta_sparsity layer_sparse_share +sparsity +11 layers +0\n/)
  }))

test('one wrong number in the file is found, named and fails the check, in text and in JSON', () =>
  inFolder(async (folder) => {
    const bytes = await unpack('derived.h5', folder)
    const json = ['analyze', join(folder, 'derived.h5'), '--check-against-file', '--json']
    const [right] = JSON.parse((await filterlens(json)).out).checks
    assert.ok(right.passed)
    assert.ok(right.columns.every(({ largestDifference }: { largestDifference: number }) => largestDifference < 1e-14))
    // The table's entropies are doubles in a row; the one that differs most is named, so it can be found by its bytes.
    const { worst } = right.columns.find(({ column }: { column: string }) => column === 'entropy')
    const value = Buffer.alloc(8)
    value.writeDoubleLE(worst.file)
    const at = bytes.indexOf(value)
    assert.ok(at > 0)
    bytes.writeDoubleLE(worst.file + 1e-6, at)
    await writeFile(join(folder, 'derived.h5'), bytes)

    const told = await filterlens(json)
    assert.is(told.code, 1)
    const [wrong] = JSON.parse(told.out).checks
    assert.not.ok(wrong.passed)
    const entropy = wrong.columns.find(({ column }: { column: string }) => column === 'entropy')
    assert.ok(Math.abs(entropy.largestDifference - 1e-6) < 1e-12)
    assert.equal([entropy.worst.model, entropy.worst.layer], [worst.model, worst.layer])

    const text = await filterlens(['analyze', join(folder, 'derived.h5'), '--check-against-file'])
    assert.is(text.code, 1)
    assert.match(text.out, /does not agree with its own results within 1e-9/)
    assert.match(text.out, /meta_pca entropy .* 1\.0e-6 .*! beyond the tolerance/)

    const lax = ['analyze', join(folder, 'derived.h5'), '--check-against-file', '--check-tolerance', '1e-5']
    assert.is((await filterlens(lax)).code, 0)
  }))

test('inputs without results of their own get one sentence each', () =>
  inFolder(async (folder) => {
    await unpack('csv.h5', folder)
    const inputs = [join(folder, 'csv.h5'), 'data/vgg_w16_cifar10_robust.onnx']
    const { code, err } = await filterlens(['analyze', ...inputs, '--check-against-file'])
    assert.is(code, 1)
    for (const name of ['csv.h5', 'vgg_w16_cifar10_robust.onnx'])
      assert.ok(err.includes(`filterlens: ${name}: holds no results of its own to check against`), err)
  }))

test.run()
