import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { convolution, safetensors } from '../measure/models.ts'
import { filterlens, inFolder } from './run.ts'

const net = (sides: readonly number[], change = 0): Uint8Array =>
  safetensors(
    sides.map((side, k) => {
      const layer = convolution(`features.${k}.weight`, [side, side, 3, 3], k + 1, 1e9)
      if (k > 0) layer.values[0] = layer.values[0]! * (1 + change)
      return layer
    }),
  )

test('networks without a layer of the same shape get a sentence, no table, and exit code 1', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'a.safetensors'), net([16, 16]))
    await writeFile(join(cwd, 'b.safetensors'), net([8, 8]))
    const { code, out, err } = await filterlens(['compare', 'a.safetensors', '--with', 'b.safetensors'], { cwd })
    assert.is(code, 1, err)
    assert.match(
      out,
      /^\n *a → b\n\n *No layer of the one has a layer of the same shape in the other: there is nothing to compare\. [^\n]*\n+$/,
    )
    assert.not.match(err, /--report/)
  }))

test('a layer has changed when its weights have, also where no measure shows it', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'a.safetensors'), net([16, 16, 16]))
    await writeFile(join(cwd, 'b.safetensors'), net([16, 16, 16], 1e-6))
    const { code, out, err } = await filterlens(['compare', 'a.safetensors', '--with', 'b.safetensors'], { cwd })
    assert.is(code, 0, err)
    assert.match(out, /2 of 3 layers changed, none in the digits of the measures\./)
    assert.match(out, /1 layer unchanged: features\.0\.weight/)
    assert.not.match(out, /[+−]0\.000/)
  }))

test.run()
