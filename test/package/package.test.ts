// The package as npm would publish it: its metadata, its types, and that it runs from an empty folder with nothing but what it
// declares. Nothing is fetched: the declared packages are linked from this project's own node_modules.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectFolder } from '../cli/run.ts'
import { packageFile } from '../packages.ts'

interface Packed {
  readonly filename: string
  readonly size: number
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
  const strange = paths.filter((path) =>
    /^(dist\/(test|bench|docs|\.)|src|test|scripts|bench|assembly|data|node_modules)\b|^dist\/src\/.*\.js$|\.map$/.test(path),
  )
  assert.equal(strange, [])
  assert.ok(packed.size < 6.8e6, `the package has ${packed.size} bytes`)
})

test('what the README links to is in the package', () => {
  if (!packed) return
  const paths = packed.files.map(({ path }) => path)
  const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, path]) => path!)
  assert.ok(links.length > 10)
  const missing = links.filter((link) => !paths.some((path) => path === link || path.startsWith(`${link}/`)))
  assert.equal(missing, [])
})

test('no file points to a source map that is not there', () => {
  if (!packed) return
  for (const { path } of packed.files.filter(({ path }) => path.endsWith('.js')))
    assert.not.match(readFileSync(join(installed, path), 'utf8').slice(-300), /sourceMappingURL=(?!data:)/, path)
})

/** Packages that a file which runs in Node names: by import, import(), require or resolve. */
function namedPackages(text: string): string[] {
  const patterns = [
    /(?:^|[;}])(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*["']([^"']+)["']/gm,
    /(?:\bimport|\brequire|\.resolve)\(\s*["']([^"']+)["']\s*\)/g,
  ]
  const names = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(([, name]) => name!)
    .filter((name) => !name.startsWith('.'))
  return names
    .map((name) => (name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!))
    .filter((name) => !builtinModules.includes(name.replace('node:', '')))
}

/** Packages that the types of an entry name, in any file that they lead to. */
function typePackages(file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const names = [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\()\s*['"]([^'"]+)['"]/g)].map(([, name]) => name!)
  return names.flatMap((name) =>
    name.startsWith('.')
      ? typePackages(join(dirname(file), name.replace(/\.tsx?$/, '.d.ts')), seen)
      : name.startsWith('node:')
        ? []
        : [name],
  )
}

test('the dependencies are the packages that the files for Node load and the types name, no more and no fewer', () => {
  if (!packed) return
  const files = packed.files.map(({ path }) => path).filter((path) => /^dist\/bundle\/.*\.c?js$/.test(path))
  assert.ok(files.length > 20)
  const seen = new Set<string>()
  const types = ['index', 'node'].flatMap((name) => typePackages(join(installed, `dist/src/${name}.d.ts`), seen))
  assert.ok(seen.size > 50)
  const named = new Set([...files.flatMap((path) => namedPackages(readFileSync(join(installed, path), 'utf8'))), ...types])
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  assert.equal([...named].sort(), Object.keys(dependencies).sort())
})

test('no package is listed that nothing imports: not by the sources, the tests, the scripts or the benchmark', () => {
  const texts = ['src', 'test', 'bench', 'scripts', 'examples', 'assembly']
    .flatMap((folder) =>
      readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(projectFolder, folder, name),
      ),
    )
    .filter((file) => /\.(tsx?|mjs|json|css|html)$/.test(file) && !/node_modules|package(-lock)?\.json|generated/.test(file))
    .concat(['vite.config.ts', 'package.json'].map((name) => join(projectFolder, name)))
    .map((file) => readFileSync(file, 'utf8').replace(/"(dev)?[dD]ependencies": \{[^}]*\}/g, ''))
    .join('\n')
  const programs: Record<string, string> = { '@biomejs/biome': 'biome', '@arethetypeswrong/cli': 'attw', typescript: 'typedoc' } // typedoc reads its types
  const listed = ['package.json', 'test/package.json'].flatMap((file) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(projectFolder, file), 'utf8')) as Record<
      string,
      object
    >
    return Object.keys({ ...dependencies, ...devDependencies })
  })
  const unused = listed.filter(
    (name) => !name.startsWith('@types/') && !new RegExp(`['"\`/ ]${programs[name] ?? name}['"\`/ ]`).test(texts),
  )
  assert.equal(unused, [])
})

test('the notices name every package in a bundle, with the text of its licence', () => {
  if (!packed) return
  const notices = readFileSync(join(installed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
  for (const copy of ['dist/web', 'dist/browser'])
    assert.is(readFileSync(join(installed, copy, 'THIRD-PARTY-NOTICES.txt'), 'utf8'), notices)
  const sections = new Map(notices.split(`${'-'.repeat(80)}\n`).map((section) => [section.split('\n')[0]!, section]))
  const bundles = readdirSync(join(projectFolder, 'dist/.bundled'))
  assert.equal(bundles.sort(), ['browser.json', 'command.json', 'page.json'])
  for (const bundle of bundles) {
    const folders = JSON.parse(readFileSync(join(projectFolder, 'dist/.bundled', bundle), 'utf8')) as string[]
    assert.ok(folders.length > 20, bundle)
    for (const folder of folders) {
      const { name, version } = JSON.parse(readFileSync(join(projectFolder, folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >
      const section = sections.get(`${name} ${version}`) ?? ''
      assert.match(section, /^Licence: ./m, name)
      assert.ok(section.length > 250, `${name}: ${section}`)
    }
  }
  // What the bundles plainly hold, whatever the build noted.
  for (const name of ['apache-arrow', 'h5wasm', 'preact', '@observablehq/plot', 'yargs', 'assemblyscript', '@fontsource/inter'])
    assert.ok(
      [...sections.keys()].some((key) => key.startsWith(`${name} `)),
      name,
    )
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
  const { code, out, err } = run(join(projectFolder, packageFile('.bin/attw')), words, home)
  assert.is(code, 0, out + err)
})

test('from an empty folder: the command measures, the library is imported, types and all', () => {
  if (!packed) return
  const main = join(installed, 'dist/bundle/node/main.js')
  const version = run(process.execPath, [main, '--version'], home)
  assert.is(version.code, 0, version.err)
  const model = join(projectFolder, 'data/vgg_w16_cifar10_normal.onnx')
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

test('the types need no package that an install does not bring', () => {
  if (!packed) return
  writeFileSync(
    join(home, 'use.ts'),
    "import { analyze, type Column, tableFiles } from 'filterlens'\nimport { listInputs } from 'filterlens/node'\nexport const all: [typeof analyze, typeof tableFiles, typeof listInputs, Column | undefined] = [analyze, tableFiles, listInputs, undefined]\n",
  )
  const tsc = join(projectFolder, 'node_modules/ts7/bin/tsc')
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--noEmit', '--skipLibCheck', 'false', '--types', '']
  const { code, out } = run(process.execPath, [tsc, ...options, 'use.ts'], home)
  assert.is(code, 0, out)
})

test.run()
