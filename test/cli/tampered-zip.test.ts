// A zip of results in which one bit was flipped is good nowhere, whether or not whoever did it mended the zip's own checksum.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { few } from './forged.ts'
import { filterlens, inFolder } from './run.ts'

for (const file of ['layers.arrow', 'models.arrow', 'parameters.json'])
  test(`report, export and verify refuse a zip with one bit of ${file} flipped, and write nothing`, () =>
    inFolder(async (folder) => {
      const [results, zip] = [join(folder, 'results'), join(folder, 'sent.zip')]
      assert.is((await filterlens(['analyze', ...few, '-o', results])).code, 0)
      assert.is((await filterlens(['pack', results, '-o', zip])).code, 0)
      const files = unzipSync(new Uint8Array(await readFile(zip)))
      const path = Object.keys(files).find((name) => name.endsWith(file))!
      // A bit that leaves JSON readable: the hash has to find it, not a parser.
      const at = files[path]!.length >> 1
      files[path]![at]! ^= 1
      const mended = join(folder, 'mended.zip')
      await writeFile(mended, zipSync(files, { level: 0 }))
      for (const command of [
        ['report', mended, '-o', join(folder, 'report.html')],
        ['export', mended, '-o', join(folder, 'tables')],
        ['verify', mended],
      ]) {
        const { code, out, err } = await filterlens(command)
        assert.ok(code === 1 || code === 2, `${command[0]}: ${code}`)
        assert.match(out + err, new RegExp(file.replace('.', '\\.')), command[0])
        assert.match(out + err, /changed/, command[0])
      }
      for (const made of ['report.html', 'tables'])
        assert.is(
          await readFile(join(folder, made)).then(
            () => true,
            (error) => error.code !== 'ENOENT',
          ),
          false,
          made,
        )
    }))

test.run()
