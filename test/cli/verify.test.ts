import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder } from './run.ts'

test('an untouched artifact is good, hashes alone and measured again', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '-o', results])
    const hashes = await filterlens(['verify', results])
    assert.is(hashes.code, 0)
    assert.match(hashes.out, /files as they were written/)
    const again = await filterlens(['verify', results, '--inputs', 'data'])
    assert.is(again.code, 0)
    assert.match(again.out, /100 layers measured again: equal in every bit/)
    const some = await filterlens(['verify', results, '--inputs', 'data', '--sample', '3', '--seed', '5', '--json'])
    assert.is(some.code, 0)
    const { layers_recomputed } = JSON.parse(some.out)
    assert.ok(layers_recomputed >= 18 && layers_recomputed < 100)
  }))

test('a changed byte, a missing file and another model are each named', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    await filterlens(['analyze', 'data', '-o', results])
    const layers = await readFile(join(results, 'layers.arrow'))
    layers[layers.length >> 1]! ^= 1
    await writeFile(join(results, 'layers.arrow'), layers)
    await rm(join(results, 'skipped.arrow'))
    const changed = await filterlens(['verify', results])
    assert.is(changed.code, 1)
    assert.match(changed.out, /layers\.arrow has been changed/)
    assert.match(changed.out, /skipped\.arrow is missing/)

    await filterlens(['analyze', 'data', '-o', results])
    await cp('data', join(folder, 'data'), { recursive: true })
    await cp('data/vgg_w16_cifar10_robust.onnx', join(folder, 'data/vgg_w16_cifar10_normal.onnx'))
    const other = await filterlens(['verify', results, '--inputs', join(folder, 'data')])
    assert.is(other.code, 1)
    assert.match(other.out, /vgg_w16_cifar10_normal\.onnx has other bytes/)
  }))

test('a folder without finished results is refused', () =>
  inFolder(async (folder) => {
    const { code, err } = await filterlens(['verify', folder])
    assert.is(code, 2)
    assert.match(err, /no results\.sha256/)
  }))

test.run()
