import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openSource } from '../../../src/sources/open.ts'
import { isUnsafe } from '../../../src/sources/pickle/unsafe.ts'
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

test.run()
