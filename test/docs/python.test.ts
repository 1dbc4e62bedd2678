// examples/python: the script and the notebook run as they stand, where Python has what they need.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inFolder, main } from '../cli/run.ts'
import { sickModel } from '../cli/sick-model.ts'

const run = promisify(execFile)
const env = { ...process.env, FILTERLENS: `"${process.execPath}" "${main}"`, MPLCONFIGDIR: '/tmp' }

/** The first Python that imports these; undefined, with a line that says so, where there is none. */
async function pythonWith(...modules: readonly string[]): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const found = await run(python, ['-c', `import ${modules.join(', ')}`]).then(
      () => true,
      () => false,
    )
    if (found) return python
  }
  console.log(`skipped: no python3 has ${modules.join(', ')}`)
  return undefined
}

test('the script prints the flagged layers and draws a figure', async () => {
  const python = await pythonWith('pandas', 'matplotlib')
  if (python === undefined) return
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'sick.safetensors'), sickModel)
    const words = [resolve('examples/python/results.py'), 'sick.safetensors', '--skip-non-finite']
    const { stdout } = await run(python, words, { cwd: folder, env })
    assert.match(stdout, /^3 layers, 2 flags\n/)
    assert.match(stdout, /sick +features\.1\.weight +sparsity +87\.5 % of the filters are close to zero/)
    assert.match(stdout, /sick +features\.2\.weight +orthogonality /)
    assert.equal((await readFile(join(folder, 'by-depth.png'))).subarray(1, 4).toString(), 'PNG')
  })
})

test('the notebook is executed from its first cell to its last', async () => {
  const python = await pythonWith('pandas', 'matplotlib', 'nbconvert', 'ipykernel')
  if (python === undefined) return
  await inFolder(async (folder) => {
    for (const name of ['examples/python', 'data']) {
      await mkdir(join(folder, name), { recursive: true })
      await cp(name, join(folder, name), {
        recursive: true,
        filter: (path) => !/\.onnx$/.test(path) || /vgg_w16_cifar10/.test(path),
      })
    }
    const notebook = join(folder, 'examples/python/filterlens.ipynb')
    const words = ['-m', 'nbconvert', '--to', 'notebook', '--execute', '--output', 'done.ipynb', notebook]
    await run(python, words, { cwd: folder, env: { ...env, HOME: folder } })
    const { cells } = JSON.parse(await readFile(join(folder, 'examples/python/done.ipynb'), 'utf8'))
    const outputs = JSON.stringify(cells)
    assert.match(outputs, /vgg_w16_cifar10_robust/)
    assert.match(outputs, /onnx::Conv_78/)
    assert.match(outputs, /image\/png/)
    assert.ok((await stat(join(folder, 'by-depth.png'))).size > 10_000)
  })
})

test.run()
