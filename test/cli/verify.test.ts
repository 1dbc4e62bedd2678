import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder } from '../../src/io/node.ts'
import { readGroups } from '../../src/results/groups.ts'
import { parseManifest } from '../../src/results/manifest.ts'
import { readResults } from '../../src/results/tables-read.ts'
import { convolution, safetensors } from '../measure/models.ts'
import { few, forged, reseal } from './forged.ts'
import { filterlens, inFolder, projectFolder } from './run.ts'

test('an untouched study is good: its hashes, its rows measured again, every file made again', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    const words = ['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report', '-o', results]
    assert.is((await filterlens(words)).code, 0)
    const files = parseManifest('m', await readFile(join(results, 'manifest.sha256'), 'utf8')).length
    const hashes = await filterlens(['verify', results])
    assert.is(hashes.code, 0)
    assert.match(hashes.out, new RegExp(`${files} files as they were written`))
    assert.match(hashes.out, new RegExp(`${files - 2} files that follow from the layer table: made again, equal`))
    const number = await readFile(join(results, 'results.sha256'), 'utf8')
    const tables = ['--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--expect', `sha256:${number.trim()}`]
    const again = await filterlens(['verify', results, '--inputs', 'data', ...tables])
    assert.is(again.code, 0, again.out)
    assert.match(again.out, /100 layers measured again: equal in every bit/)
    assert.match(again.out, new RegExp(`${files} files made again from the inputs: equal in every byte`))
    assert.match(again.out, /not compared:\n {2}- machine\.json, and what ro-crate-metadata\.json says [^\n]*\n$/)
    const sample = (seed: string) =>
      filterlens(['verify', results, '--inputs', 'data', '--sample', '3', '--seed', seed, '--json'])
    const some = await sample('5')
    assert.is(some.code, 0)
    const { layers_recomputed, files_remade, good } = JSON.parse(some.out)
    assert.ok(layers_recomputed >= 18 && layers_recomputed < 100)
    assert.equal([files_remade, good], [0, true])
    assert.is((await sample('5')).out, some.out)

    // A number of the group analysis, changed together with all hashes.
    const text = await readFile(join(results, 'groups.json'), 'utf8')
    const { shift } = (await readGroups(diskFolder(results), results))!.shift[0]!
    await writeFile(join(results, 'groups.json'), text.replace(`"shift":${shift}`, '"shift":0.5'))
    await reseal(results)
    const alone = await filterlens(['verify', results])
    assert.is(alone.code, 1)
    assert.match(alone.out, /groups\/shift\.arrow, row 0 \([^)]*\), column shift: 0\.\d+ in the results, 0\.5 now/)
    const lie = await filterlens(['verify', results, '--inputs', 'data'])
    assert.is(lie.code, 1)
    assert.match(lie.out, new RegExp(`groups\\.json, row all, column [\\w.[\\]]+: 0\\.5 in the results, ${shift} now`))
  }))

test('a changed byte, a missing file, one that is not listed and another model are each named', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '-o', results])
    const layers = await readFile(join(results, 'layers.arrow'))
    layers[layers.length >> 1]! ^= 1
    await writeFile(join(results, 'layers.arrow'), layers)
    await rm(join(results, 'skipped.arrow'))
    await writeFile(join(results, 'report.html'), '<p>believe me')
    await writeFile(join(results, 'notes.txt'), 'mine')
    const changed = await filterlens(['verify', results])
    assert.is(changed.code, 1)
    assert.match(changed.out, /layers\.arrow has been changed/)
    assert.match(changed.out, /skipped\.arrow is missing/)
    assert.match(changed.out, /report\.html lies there but is not in manifest\.sha256/)

    await rm(join(results, 'report.html'))
    await filterlens(['analyze', 'data', '-o', results])
    const whole = await filterlens(['verify', results])
    assert.is(whole.code, 0, whole.out)
    assert.match(whole.out, /1 file beside the results and no part of them: notes\.txt/)
    assert.is(await readFile(join(results, 'notes.txt'), 'utf8'), 'mine')
    await cp('data', join(folder, 'data'), { recursive: true })
    await cp('data/vgg_w16_cifar10_robust.onnx', join(folder, 'data/vgg_w16_cifar10_normal.onnx'))
    await rm(join(folder, 'data/vgg_w24_cifar10_normal.onnx'))
    const other = await filterlens(['verify', results, '--inputs', join(folder, 'data')])
    assert.is(other.code, 1)
    assert.equal(other.out.match(/^✗ .*$/gm)!.length, 2)
    assert.match(other.out, /vgg_w16_cifar10_normal\.onnx has other bytes than the file that was measured/)
    assert.match(other.out, /vgg_w24_cifar10_normal\.onnx is not among the inputs/)
  }))

test('rows that no model gives are named cell by cell, although every hash is right', () =>
  inFolder(async (folder) => {
    const output = await forged(folder, (analysis) => {
      const [first, second, ...layers] = analysis.layers
      const scatter = Float64Array.from(second!.raw.scatter)
      scatter[4] = scatter[4]! + Number.EPSILON * scatter[4]!
      return {
        ...analysis,
        layers: [{ ...first!, variance_entropy: 0.9 }, { ...second!, raw: { ...second!.raw, scatter } }, ...layers],
        models: analysis.models.map((row, k) => (k === 1 ? { ...row, sparsity: 0.25 } : row)),
        skipped: [{ model: analysis.models[0]!.model, name: 'x', kind: 'Conv', shape: [1, 1], reason: 'none' }],
      }
    })
    const told = await filterlens(['verify', output, '--inputs', 'data', '--json'])
    assert.is(told.code, 1)
    const { differences, problems } = JSON.parse(told.out)
    assert.equal(problems, [])
    assert.equal(
      differences.map(({ table, row, column }: Record<string, string>) => `${table} ${row!.split(',')[0]} ${column}`),
      [
        'layers vgg_w16_cifar10_normal variance_entropy',
        'layers vgg_w16_cifar10_normal raw_scatter[4]',
        'skipped vgg_w16_cifar10_normal all',
        'models vgg_w16_cifar10_robust sparsity',
      ],
    )
    const shown = await filterlens(['verify', output, '--inputs', 'data'])
    assert.match(shown.out, /✗ layers, row vgg_w16_cifar10_normal, \S+, column variance_entropy: 0\.9 in the results, 0\.\d+ now/)
  }))

test('results of another module are refused with a clear word, and their hashes are checked all the same', () =>
  inFolder(async (folder) => {
    const other = 'the module of another version'
    const kernel_sha256 = createHash('sha256').update(other).digest('hex')
    const output = await forged(
      folder,
      (analysis) => ({ ...analysis, parameters: { ...analysis.parameters, kernel_sha256 } }),
      other,
    )
    const { code, out, err } = await filterlens(['verify', output, '--inputs', 'data'])
    assert.is(code, 2)
    assert.is(out, '')
    assert.match(
      err,
      /was made by filterlens [\d.]+ with the module [0-9a-f]{64}; this is module [0-9a-f]{64}, which may round differently/,
    )
  }))

test('results that were not finished are refused by every command, and the next run finishes them', () =>
  inFolder(async (folder) => {
    const none = await filterlens(['verify', folder])
    assert.is(none.code, 2)
    assert.match(none.err, /no results\.sha256/)
    const results = join(folder, 'results')
    await filterlens(['analyze', ...few, '-o', results])
    const number = await readFile(join(results, 'results.sha256'), 'utf8')
    await rm(join(results, 'results.sha256')) // as a crash between two renames leaves it
    for (const words of [
      ['verify', results],
      ['report', results, '-o', join(folder, 'r.html')],
      ['export', results, '-o', join(folder, 't')],
    ]) {
      const { code, err } = await filterlens(words)
      assert.is(code, 2)
      assert.match(err, /has not finished; run the same command again to finish it/)
    }
    await filterlens(['analyze', ...few, '-o', results])
    assert.is(await readFile(join(results, 'results.sha256'), 'utf8'), number)
  }))

test('results as one zip: the same files the same zip, read in place by every command', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', ...few, '--report', '-o', results])
    const [a, b] = [join(folder, 'a.zip'), join(folder, 'b.zip')]
    assert.is((await filterlens(['pack', results, '-o', a])).code, 0)
    assert.is((await filterlens(['pack', a, '-o', b])).code, 0)
    assert.equal(await readFile(a), await readFile(b))
    const verified = await filterlens(['verify', a, '--inputs', ...few])
    assert.is(verified.code, 0, verified.out + verified.err)
    assert.match(verified.out, /12 layers measured again: equal in every bit/)
    assert.is((await filterlens(['report', a, '-o', join(folder, 'r.html')])).code, 0)
    assert.equal(await readFile(join(folder, 'r.html')), await readFile(join(results, 'report.html')))
    assert.is((await filterlens(['export', a, '-o', join(folder, 't')])).code, 0)
    assert.ok((await stat(join(folder, 't/layers.csv'))).size > 0)

    const zip = await readFile(a)
    const at = zip.indexOf(await readFile(join(results, 'layers.arrow')))
    zip[at + 5000]! ^= 1
    await writeFile(b, zip)
    const changed = await filterlens(['verify', b])
    assert.is(changed.code, 1)
    assert.match(changed.out, /layers\.arrow has been changed/)
    await writeFile(join(results, 'parameters.json'), '{}')
    const refused = await filterlens(['pack', results, '-o', join(folder, 'c.zip')])
    assert.is(refused.code, 2)
    assert.match(refused.err, /parameters\.json has been changed/)
    const other = await filterlens(['verify', join(projectFolder, 'package.json')])
    assert.is(other.code, 2)
    assert.is(other.err.trimEnd().split('\n').length, 1)
  }))

test('further files of a model are inputs too: their change is seen', () =>
  inFolder(async (folder) => {
    const models = join(folder, 'models')
    await cp(join(projectFolder, 'test/fixtures/tfjs/face-api'), models, { recursive: true })
    const results = join(folder, 'results')
    const { code, err } = await filterlens(['analyze', models, '-o', results])
    assert.is(code, 0, err)
    const { models: rows } = await readResults(diskFolder(results), results)
    const parts = rows.flatMap((row) => row.parts ?? [])
    assert.ok(parts.length > 0)
    assert.is((await filterlens(['verify', results, '--inputs', models])).code, 0)
    const shard = join(models, parts[0]!.file)
    const bytes = await readFile(shard)
    bytes[100]! ^= 0x10
    await writeFile(shard, bytes)
    const told = await filterlens(['verify', results, '--inputs', models])
    assert.is(told.code, 1)
    assert.match(told.out, /models, row [^,]+, column parts: /)
  }))

test('a warning that models look untrained comes again, of results of one run and of merged ones', () =>
  inFolder(async (folder) => {
    const [models, plan] = [join(folder, 'models'), join(folder, 'plan')]
    await mkdir(models)
    for (const [k, name] of ['a', 'b'].entries())
      await writeFile(
        join(models, `${name}.safetensors`),
        safetensors([convolution(`${name}.conv.weight`, [32, 16, 3, 3], k + 1)]),
      )
    await filterlens(['analyze', models, '-o', join(folder, 'one')])
    await filterlens(['plan', models, '--shards', '1', '-o', plan])
    await filterlens(['analyze', '--plan', plan, '--shard', '0'])
    await filterlens(['merge', plan, '-o', join(folder, 'merged')])
    for (const results of ['one', 'merged'].map((name) => join(folder, name))) {
      const { warnings } = await readResults(diskFolder(results), results)
      assert.is(warnings.filter((text) => /^[ab] looks untrained: /.test(text)).length, 2)
      const { code, out } = await filterlens(['verify', results, '--inputs', models, '--json'])
      assert.is(code, 0, out)
      assert.not.match(out, /looks untrained/)
    }
  }))

test.run()
