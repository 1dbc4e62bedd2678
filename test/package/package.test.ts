// The package as npm would publish it: its metadata, its types, and that it runs from an empty folder with nothing but what it
// declares. Nothing is fetched: the declared packages are linked from this project's own node_modules.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectFolder } from '../cli/run.ts'

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

function run(command: string, words: readonly string[], cwd: string): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 })
  return { code: status, out: stdout, err: stderr }
}

const isBuilt = ['dist/web/index.html', 'dist/browser/filterlens.js'].every((file) => existsSync(join(projectFolder, file)))
if (!isBuilt) console.log('skipped: the package (npm run build:web and build:browser come first)')

const home = mkdtempSync(join(tmpdir(), 'filterlens-package-'))
const installed = join(home, 'node_modules/filterlens')
let packed: Packed | undefined

test.before(() => {
  if (!isBuilt) return
  const { code, out, err } = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', home], projectFolder)
  assert.is(code, 0, err)
  packed = (JSON.parse(out) as [Packed])[0]
  mkdirSync(installed, { recursive: true })
  assert.is(run('tar', ['-xzf', join(home, packed.filename), '-C', installed, '--strip-components=1'], home).code, 0)
  writeFileSync(join(home, 'package.json'), '{"type":"module","private":true}')
  const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    const isNested = path.indexOf('node_modules/', 1) > 0
    if (path === '' || dev || devOptional || isNested || !existsSync(join(projectFolder, path))) continue
    mkdirSync(dirname(join(home, path)), { recursive: true })
    symlinkSync(join(projectFolder, path), join(home, path))
  }
})

test.after(() => rmSync(home, { recursive: true, force: true }))

test('holds what it needs and nothing else', () => {
  if (!packed) return
  const paths = packed.files.map(({ path }) => path)
  for (const path of ['package.json', 'README.md', 'LICENSE', 'SECURITY.md', 'CHANGELOG.md', 'CITATION.cff', 'dist/kernel.wasm'])
    assert.ok(paths.includes(path), path)
  const strange = paths.filter((path) => /^(dist\/(test|bench|docs)|src|test|scripts|bench|assembly|node_modules)\//.test(path))
  assert.equal(strange, [])
})

test('publint finds nothing wrong', async () => {
  if (!packed) return
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, level: 'warning', strict: true })
  assert.equal(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  )
})

test('the types are right for every entry, as ES modules', () => {
  if (!packed) return
  const words = [join(home, packed.filename), '--profile', 'esm-only', '--exclude-entrypoints', 'kernel.wasm', '--no-color']
  const { code, out, err } = run(join(projectFolder, 'node_modules/.bin/attw'), words, home)
  assert.is(code, 0, out + err)
})

test('from an empty folder: the command measures, the library is imported, types and all', () => {
  if (!packed) return
  const main = join(installed, 'dist/src/cli/main.js')
  const version = run(process.execPath, [main, '--version'], home)
  assert.is(version.code, 0, version.err)
  const model = join(installed, 'data/vgg_w16_cifar10_normal.onnx')
  const results = run(process.execPath, [main, 'analyze', model, '--report', '-o', 'results'], home)
  assert.is(results.code, 0, results.err)
  assert.is(run(process.execPath, [main, 'verify', 'results', '--inputs', model], home).code, 0)
  writeFileSync(
    join(home, 'use.mjs'),
    `import { analyze, version } from 'filterlens'
     import { listInputs } from 'filterlens/node'
     import { readFileSync } from 'node:fs'
     import { createRequire } from 'node:module'
     const { models } = await analyze(await listInputs([${JSON.stringify(model)}]))
     const wasm = readFileSync(createRequire(import.meta.url).resolve('filterlens/kernel.wasm'))
     console.log(version, models.length, models[0].layers > 0, WebAssembly.validate(wasm))`,
  )
  const used = run(process.execPath, ['use.mjs'], home)
  assert.is(used.out, `${version.out.trim()} 1 true true\n`, used.err)
})

test.run()
