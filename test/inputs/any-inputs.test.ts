// What analyze takes, and how it says what it does not take.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AnalyzeOptions, analyze } from '../../src/analyze.ts'
import { UsageError } from '../../src/errors.ts'
import { extract } from '../../src/extract.ts'
import { inputsFrom } from '../../src/inputs/any-inputs.ts'
import { findInputs, listInputs } from '../../src/inputs/node-inputs.ts'
import { pathInputs } from '../../src/inputs/paths/browser.ts'
import { inFolder } from '../cli/run.ts'
import { healthyModel, worseModel } from '../cli/sick-model.ts'
import { memoryFolder, memoryInput } from '../measure/models.ts'

const inModels = (work: (folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'models'))
    await writeFile(join(folder, 'models/a.safetensors'), healthyModel)
    await writeFile(join(folder, 'models/b.safetensors'), worseModel)
    await work(folder)
  })

test('a path, a folder, a list of them, a stream, bytes in every wrapping, a Blob, a File: the same rows', () =>
  inModels(async (folder) => {
    const path = join(folder, 'models/a.safetensors')
    const bytes = await readFile(path)
    const plain = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    const rows = async (given: Parameters<typeof analyze>[0]) => {
      const { layers, models } = await analyze(given)
      return { names: models.map(({ model }) => model), sparsity: layers.map(({ layer, sparsity }) => [layer, sparsity]) }
    }
    const expected = await rows(await listInputs([path]))
    assert.equal(expected.names, ['a'])
    for (const given of [path, [path], new Set([path]), findInputs([path]), new File([bytes], 'a.safetensors')])
      assert.equal(await rows(given), expected)
    for (const given of [bytes, plain, [plain], new Blob([bytes])])
      assert.equal(await rows(given), { ...expected, names: ['input 1'] })
    assert.equal((await rows([join(folder, 'models/')])).names, ['a', 'b'])
    const file = new File([bytes], 'c.safetensors')
    const mixed = [path, join(folder, 'models/b.safetensors'), file, bytes, memoryInput('d.safetensors', bytes)]
    assert.equal((await rows(mixed)).names, ['a', 'b', 'c', 'input 4', 'd'])
    const database = memoryFolder()
    assert.is((await extract(path, database)).layers, expected.sparsity.length)
  }))

test('what is no input is named with its place', async () => {
  const refusal = async (given: unknown): Promise<string> => {
    try {
      await inputsFrom(given as string)
    } catch (error) {
      assert.instance(error, UsageError)
      return (error as Error).message
    }
    return 'accepted'
  }
  const rest = '; give a path, a File, a Blob, bytes, or what listInputs and fileInputs give'
  assert.is(await refusal(undefined), `inputs is undefined${rest}`)
  assert.is(await refusal(null), `inputs is null${rest}`)
  assert.is(await refusal(42), `inputs is a number${rest}`)
  assert.is(await refusal({}), `inputs is an object without path${rest}`)
  assert.is(await refusal(listInputs(['data'])), `inputs is a Promise (await it)${rest}`)
  assert.is(await refusal([new Uint8Array(1), new Date(0)]), `inputs[1] is of the kind Date${rest}`)
  assert.is(await refusal(['']), 'inputs[0] is an empty text; give the path of a model')
  assert.is(await refusal(['data', '']), 'inputs[1] is an empty text; give the path of a model')
  const inBrowser = await pathInputs(['net.onnx']).catch((error: Error) => error)
  assert.match((inBrowser as Error).message, /^inputs: "net\.onnx" is a path, which only Node can read/)
})

test('an option that is not known is refused, by analyze and extract, before anything is read', async () => {
  const wrong = { treshold: 0.1 } as unknown as AnalyzeOptions
  for (const work of [() => analyze('nothere.onnx', wrong), () => extract('nothere.onnx', memoryFolder(), wrong)]) {
    const error = await work().catch((caught: Error) => caught)
    assert.instance(error, UsageError)
    assert.match((error as Error).message, /^option treshold is not known; there are kernel, profile, threshold, /)
  }
  const none = await analyze('nothere.onnx', null as unknown as AnalyzeOptions).catch((error: Error) => error)
  assert.match((none as Error).message, /^options are null; give an object$/)
  const text = await analyze('nothere.onnx', { metrics: 'sparsity' as never }).catch((error: Error) => error)
  assert.match((text as Error).message, /^metrics: give a list of names$/)
  const range = await analyze('nothere.onnx', { threshold: 2 }).catch((error: Error) => error)
  assert.match((range as Error).message, /^threshold 2: give a share of the peak from 0 to 1$/)
})

test.run()
