import { readFileSync } from 'node:fs'
import { unzipSync, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import type { Hdf5File } from '../../../src/hdf5/file.ts'
import { openSource } from '../../../src/sources/open.ts'
import { readFrame } from '../../../src/sources/pandas/fixed-format.ts'
import { isUnsafe } from '../../../src/sources/pickle/unsafe.ts'
import { writeCheckpoint } from '../../hostile/pickles.ts'
import { memoryInput, text } from '../inputs.ts'

/** Protocol 2: a global called with one string. */
function calling(module: string, name: string, argument: string): Uint8Array {
  const words = text(`\x80\x02c${module}\n${name}\nX`)
  const bytes = [...words, argument.length, 0, 0, 0, ...text(argument), 0x85, 0x52, 0x2e]
  // "\x80" is two bytes in UTF-8.
  return Uint8Array.from([0x80, ...bytes.slice(2)])
}

test('callables that run code are told from classes of checkpoints', () => {
  for (const path of [
    'posix.system',
    'os.popen',
    'builtins.eval',
    '__builtin__.exec',
    'subprocess.Popen',
    'torch.hub.load',
    'runpy.run_path',
    'commands.Popen',
    'io.open',
    '__builtin__.reduce',
    'builtins.eval.__call__',
    'torch.serialization.os.system',
    'torch.nn.modules.module.Module.__init__.__globals__.get',
  ])
    assert.ok(isUnsafe(path), path)
  for (const path of [
    ...[
      'torch._utils._rebuild_tensor_v2',
      'collections.OrderedDict',
      'argparse.Namespace',
      'pathlib.PosixPath',
      'code.models.Net',
    ],
    ...['functools.partial', 'torch.nn.modules.conv.Conv2d', 'builtins.set', 'socketio.Net', 'numpy.core.multiarray.scalar'],
  ])
    assert.not(isUnsafe(path), path)
})

test('a pickle that would run code and holds no layer is refused by what it would call', async () => {
  for (const [module, name] of [
    ['posix', 'system'],
    ['builtins', 'exec'],
    ['subprocess', 'check_output'],
  ] as const) {
    const bytes = calling(module, name, 'touch owned')
    // A bare pickle is told by the container it begins with: an empty list is put before and taken away again.
    const pickle = Uint8Array.from([0x80, 2, 0x5d, 0x30, ...bytes.subarray(2)])
    try {
      await openSource(memoryInput('evil.pt', pickle))
      assert.unreachable()
    } catch (error) {
      assert.instance(error, InputError)
      assert.match((error as InputError).message, new RegExp(`would call ${module}\\.${name} when Python loads it: it runs code`))
    }
  }
})

/** The same pickle of protocol 2, with a call before what it holds. */
function armed(pickle: Uint8Array): Uint8Array {
  const call = calling('posix', 'system', 'touch owned')
  return Uint8Array.from([0x80, 2, ...call.subarray(2, -1), 0x30, ...pickle.subarray(2)]) // 0x30: POP
}
const isArmed = /would call posix\.system when Python loads it: it runs code/
const said = async (path: string, bytes: Uint8Array, beside: Record<string, Uint8Array> = {}): Promise<string> => {
  try {
    const source = await openSource(memoryInput(path, bytes, beside))
    await source.close()
    assert.ok(source.models.some(({ convolutions }) => convolutions.length > 0))
    return source.warnings.join('\n')
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
}
const kernels = new Float32Array(36).fill(1)
const checkpoint = writeCheckpoint({ 'conv.weight': { at: 0, shape: [2, 2, 3, 3] } }, kernels)
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`test/fixtures/${name}`))

/** A zip with every entry that `which` names changed. */
function changed(zip: Uint8Array, which: RegExp, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const entries = Object.entries(unzipSync(zip))
  assert.ok(entries.some(([name]) => which.test(name)))
  return zipSync(Object.fromEntries(entries.map(([name, bytes]) => [name, which.test(name) ? change(bytes) : bytes])), {
    level: 0,
  })
}

test('the pickle of a checkpoint, and that of the constants of TorchScript', async () => {
  assert.not.match(await said('net.pt', checkpoint), isArmed)
  assert.match(await said('net.pt', changed(checkpoint, /data\.pkl$/, armed)), isArmed)
  const files = unzipSync(checkpoint)
  const folder = Object.keys(files)[0]!.split('/')[0]!
  const constants = Uint8Array.from([0x80, 2, 0x29, 0x2e]) // ()
  const script = zipSync({ ...files, [`${folder}/constants.pkl`]: armed(constants) }, { level: 0 })
  assert.match(await said('net.pt', script), isArmed)
})

test('the state dict of a torch.export archive', async () => {
  const zip = fixture('torch-export/state_dict.pt2')
  assert.not.match(await said('net.pt2', zip), isArmed)
  const armedZip = changed(zip, /weights\/.*\.pt$/, (inner) => changed(inner, /data\.pkl$/, armed))
  assert.match(await said('net.pt2', armedZip), isArmed)
})

test('the metadata of torch.distributed.checkpoint', async () => {
  const metadata = Uint8Array.from([0x80, 2, 0x5d, 0x30, ...calling('posix', 'system', 'x').subarray(2)])
  assert.match(await said('ckpt/__0_0.distcp', new Uint8Array(0), { '.metadata': metadata }), isArmed)
})

test('arrays of objects, and pickles that go on as no pickle does (joblib writes arrays between its instructions)', async () => {
  const header = `{'descr': '|O', 'fortran_order': False, 'shape': (), }`.padEnd(117)
  const objects = Uint8Array.from([
    0x93,
    ...text('NUMPY'),
    1,
    0,
    118,
    0,
    ...text(`${header}\n`),
    ...armed(Uint8Array.from([0x80, 2, 0x5d, 0x2e])),
  ])
  assert.match(await said('net.npy', objects), isArmed)
  assert.match(await said('net.npz', zipSync({ 'a.npy': objects })), isArmed)
  const cut = armed(Uint8Array.from([0x80, 2, 0x5d, 0x2e]))
  const joblib = Uint8Array.from([0x80, 2, 0x5d, 0x30, ...cut.subarray(2, -1), 0xff, 0xff, 0xff])
  assert.match(await said('net.pkl', joblib), isArmed)
  assert.match(await said('net.pkl', joblib), /cannot be read to its end/)
})

test('objects in a table that pandas wrote', async () => {
  const array = fixture('hostile/objects.pickle')
  const parts: Record<string, { shape: number[]; type: { kind: string; size: number }; value: unknown }> = {
    axis0: { shape: [1], type: { kind: 'string', size: 4 }, value: ['note'] },
    axis1: { shape: [1], type: { kind: 'int', size: 8 }, value: new Int32Array([0]) },
    block0_items: { shape: [1], type: { kind: 'string', size: 4 }, value: ['note'] },
    block0_values: { shape: [1], type: { kind: 'sequence', size: 16 }, value: [armed(array)] },
  }
  const file = {
    name: 'dataset.h5',
    describe: async (path: string) =>
      path === 'meta'
        ? { kind: 'group', attributes: { pandas_type: 'frame', nblocks: 1 }, children: [] }
        : { kind: 'dataset', attributes: {}, ...parts[path.slice(5)] },
    value: async (path: string) => parts[path.slice(5)]!.value,
  } as unknown as Hdf5File
  const frame = (await readFrame(file, 'meta'))!
  assert.equal([...frame.unsafe!], ['posix.system'])
  assert.equal(frame.cells.get('note'), ['a note'])
})

test.run()
