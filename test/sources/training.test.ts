// How far a training was, as the checkpoints of each format say it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFile } from '../../src/io/node.ts'
import { openSource } from '../../src/sources/open.ts'
import type { Source, Training } from '../../src/sources/source.ts'
import { memoryInput, text } from './inputs.ts'
import { float32, writeSafetensors } from './safetensors/write.ts'

const fixtures = fileURLToPath(new URL('../../../test/fixtures/training/', import.meta.url))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name))

async function said(opening: Promise<Source>): Promise<Training | undefined> {
  const source = await opening
  try {
    return source.training
  } finally {
    await source.close()
  }
}

const onDisk = async (name: string): Promise<Training | undefined> =>
  said(openSource({ ...memoryInput(name, new Uint8Array(0)), access: await openFile(fixtures + name) }))

test('Keras: the iterations of the optimizer, in both of its files', async () => {
  assert.equal(await onDisk('steps.keras'), { epoch: null, step: 12 })
  assert.equal(await onDisk('steps.h5'), { epoch: null, step: 12 })
})

test('TensorFlow: a step comes before the number of savings', async () => {
  const beside = { 'steps-tf.data-00000-of-00001': bytesOf('steps-tf.data-00000-of-00001') }
  const input = memoryInput('steps-tf.index', bytesOf('steps-tf.index'), beside)
  assert.equal(await said(openSource(input)), { epoch: null, step: 34 })
})

test('safetensors: its metadata, else what the Trainer of transformers keeps beside it', async () => {
  const tensors = { 'conv.weight': float32(2, 2, 3, 3) }
  const open = (metadata: Record<string, string>, beside?: Record<string, Uint8Array>) =>
    said(openSource(memoryInput('m.safetensors', writeSafetensors(tensors, metadata), beside)))
  assert.equal(await open({ format: 'pt', epoch: '3', global_step: '1200' }), { epoch: 3, step: 1200 })
  assert.equal(await open({ format: 'pt', ss_steps: '500' }), { epoch: null, step: 500 })
  assert.is(await open({ format: 'pt', step: 'last' }), undefined)
  const state = text(JSON.stringify({ global_step: 500, epoch: 1.5, log_history: [] }))
  assert.equal(await open({ format: 'pt' }, { 'trainer_state.json': state }), { epoch: 1.5, step: 500 })
  assert.equal(await open({ format: 'pt', step: '7' }, { 'trainer_state.json': state }), { epoch: null, step: 7 })
})

function npy(descr: string, shape: string, bytes: Uint8Array): Uint8Array {
  const header = text(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`)
  return new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0, ...header, ...bytes])
}

test('NumPy: numbers of an archive that are called so', async () => {
  const weights = npy('<f4', '(2, 2, 3, 3)', new Uint8Array(144))
  const open = (files: Record<string, Uint8Array>) =>
    said(openSource(memoryInput('a.npz', zipSync({ 'w.npy': weights, ...files }))))
  assert.equal(await open({ 'step.npy': npy('<i8', '()', new Uint8Array([44, 1, 0, 0, 0, 0, 0, 0])) }), {
    epoch: null,
    step: 300,
  })
  assert.equal(await open({ 'epoch.npy': npy('>i4', '(1,)', new Uint8Array([0, 0, 1, 0])) }), { epoch: 256, step: null })
  assert.is(await open({ 'step.npy': npy('<i8', '(2,)', new Uint8Array(16)) }), undefined)
  assert.is(await open({}), undefined)
})

test.run()
