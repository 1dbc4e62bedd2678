// A file that is overwritten, replaced or removed while it is read gives no numbers, whoever reads it.
import { rmSync } from 'node:fs'
import { copyFile, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisations } from '../../src/activation/first-stage.ts'
import { analyze } from '../../src/analyze.ts'
import { activationOf } from '../../src/cli/activation.ts'
import { extract } from '../../src/extract.ts'
import { steadyInputs } from '../../src/inputs/steady-inputs.ts'
import { memoryOutput } from '../../src/io/memory-folder.ts'
import { diskFolder, openFile } from '../../src/io/node.ts'
import type { LazyInput } from '../../src/io/random-access.ts'
import { layersAgain, wantedOf } from '../../src/measure/layers-again.ts'
import { type MeasureEvent, measure } from '../../src/measure/run.ts'
import { inFolder } from '../cli/run.ts'
import { npyBytes } from '../hostile/npy.ts'
import { convolution, safetensors } from './models.ts'

const bytesOf = (seed: number): Uint8Array =>
  safetensors([0, 1, 2, 3].map((k) => convolution(`conv${k}.weight`, [16, 8, 3, 3], seed + k)))

const at = (path: string): LazyInput => ({
  path: 'net.safetensors',
  open: async () => ({ path: 'net.safetensors', access: await openFile(path), folder: diskFolder(join(path, '..')) }),
})

/** Ways in which a file changes under a run; each leaves one of the same size. */
const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
  'overwritten in place': (path) => writeFile(path, bytesOf(100), { flag: 'r+' }),
  'overwritten, with its old time put back': async (path) => {
    const { atime, mtime } = await stat(path)
    const handle = await open(path, 'r+')
    await handle.write(bytesOf(100), 0)
    await handle.close()
    await utimes(path, atime, mtime)
  },
  'replaced by another file': async (path) => {
    await writeFile(`${path}.new`, bytesOf(100))
    await rename(`${path}.new`, path)
  },
  removed: (path) => rm(path),
}
const sentence = /net\.safetensors: was changed, replaced or removed while it was read; run again when it stays as it is/

test('a run whose input changes while its layers are told ends with a sentence, in one thread and in several', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'net.safetensors')
    for (const [what, change] of Object.entries(changes))
      for (const workers of [1, 2]) {
        await writeFile(path, bytesOf(1))
        const told: MeasureEvent[] = []
        const error = await (async () => {
          for await (const event of measure([at(path)], { workers, hash: true })) {
            told.push(event)
            if (told.length === 1) await change(path)
          }
        })().then(
          () => undefined,
          (reason: Error) => reason,
        )
        assert.match(error?.message ?? `${what}: no error`, sentence)
        assert.not.ok(told.some(({ kind }) => kind === 'model'))
      }
  }))

test('an activation is of no changed file, and of no damaged entry', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'net.safetensors')
    const image = join(folder, 'image.npy')
    await writeFile(image, npyBytes('<f4', [8, 4, 4], new Float32Array(128).fill(0.5)))
    const choice = { image, changed: image, normalisation: normalisations.none }
    for (const change of Object.values(changes)) {
      await writeFile(path, bytesOf(1))
      const input = at(path)
      const changing: LazyInput = {
        ...input,
        open: async () => {
          const opened = await input.open()
          await change(path)
          return opened
        },
      }
      assert.match(String(await activationOf(changing, choice).catch((error: Error) => error.message)), sentence)
    }
    const zip = zipSync({ 'net.safetensors': [bytesOf(1), { level: 0 }] })
    zip[zip.length - 200]! ^= 1
    const zipped = join(folder, 'net.zip')
    await writeFile(zipped, zip)
    const damaged: LazyInput = {
      path: 'net.zip',
      open: async () => ({ path: 'net.zip', access: await openFile(zipped), folder: diskFolder(folder) }),
    }
    assert.match(
      String(await activationOf(damaged, choice).catch((error: Error) => error.message)),
      /its checksum \(CRC-32\) is wrong/,
    )
  }))

test('with --keep-going the others go on, and a file that stays is measured as ever', () =>
  inFolder(async (folder) => {
    const [path, other] = [join(folder, 'net.safetensors'), join(folder, 'other.safetensors')]
    await writeFile(path, bytesOf(1))
    await copyFile(path, other)
    const kinds: string[] = []
    for await (const event of measure([at(path), { ...at(other), path: 'other.safetensors' }], { keepGoing: true, workers: 1 })) {
      if (kinds.length === 0) await changes['overwritten in place']!(path)
      kinds.push(event.kind)
    }
    assert.equal(
      kinds.filter((kind) => kind === 'failed' || kind === 'model'),
      ['failed', 'model'],
    )
  }))

test('a filter database and a second pass are of no changed file either', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'net.safetensors')
    await writeFile(path, bytesOf(1))
    const output = memoryOutput('db')
    const failed = await extract([at(path)], output, {
      keepGoing: true,
      onProgress: ({ filters }) => {
        if (filters.done > 0 && filters.done < filters.total) rmSync(path, { force: true })
      },
    }).catch((error: Error) => error.message)
    assert.match(String(failed), sentence)
    assert.is(output.files().size, 0)

    await writeFile(path, bytesOf(1))
    const inputs = steadyInputs([at(path)])
    const analysis = await analyze(inputs)
    await changes['replaced by another file']!(path)
    const again = async (): Promise<void> => {
      for await (const _ of layersAgain({ inputs, analysis, wanted: wantedOf(analysis.layers), options: {} }))
        assert.unreachable('a layer was given')
    }
    assert.match(
      String(await again().catch((error: Error) => error.message)),
      /was changed or replaced since this run first read it/,
    )
  }))

test.run()
