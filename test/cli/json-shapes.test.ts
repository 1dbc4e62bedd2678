// What docs/results.md says of --json is what the commands print.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, inFolder, projectFolder } from './run.ts'

const [normal, robust] = ['data/vgg_w16_cifar10_normal.onnx', 'data/vgg_w16_cifar10_robust.onnx'] as const
const text = readFileSync(join(projectFolder, 'docs/results.md'), 'utf8')

/** The names in the first braces of a command's row, those of inner objects left out. */
function documented(command: string): string[] {
  const row = text.split('\n').find((line) => line.startsWith(`| ${command} |`))!
  const list = /`\{(.*?)\}`/.exec(row)![1]!.replace(/: \[?\{[^}]*\}\]?/g, '')
  return list
    .split(', ')
    .filter((name) => !name.endsWith('?'))
    .sort()
}

test('every command prints the keys that are documented', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    assert.is((await filterlens(['analyze', normal, '-o', results])).code, 0)
    const runs: [string, string[]][] = [
      ['`analyze`', ['analyze', normal]],
      ['`inspect`', ['inspect', normal]],
      ['`check`', ['check', normal, '--max-sparsity', '0.1']],
      ['`compare` of two models', ['compare', normal, '--with', robust]],
      ['`extract`', ['extract', normal, '-o', join(folder, 'db')]],
      ['`verify`', ['verify', results]],
    ]
    for (const [row, words] of runs) {
      const { out, err } = await filterlens([...words, '--json'])
      const value = JSON.parse(out) as unknown
      const one = (Array.isArray(value) ? value[0] : value) as object
      assert.equal(Object.keys(one).sort(), documented(row), `${row}: ${err}`)
    }
  }))

test.run()
