import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as library from '../../src/node.ts'

// Every @example of src/ runs as it stands, in a folder with a model, a folder of models and results of theirs.

const run = promisify(execFile)

/** What a reader of the reference meets first: each has an example. */
const entryPoints = [
  ...[
    'analyze',
    'extract',
    'measure',
    'compareModels',
    'compareWeights',
    'analyzeGroups',
    'analyzeStudies',
    'writeResults',
    'readResults',
    'checkFiles',
    'recompute',
  ],
  ...['packFiles', 'exportTable', 'buildReport', 'figureFiles', 'listInputs', 'fileInputs'],
]

interface Example {
  readonly name: string
  readonly code: string
}

/** The examples in the docstrings of a source, by the name of what follows them. */
function examplesIn(text: string): Example[] {
  return [
    ...text.matchAll(/^\/\*\*((?:(?!\*\/)[\s\S])*?)\* @example\n((?: \*.*\n)+?) \*\/\nexport (?:async )?function\*? (\w+)/gm),
  ].map(([, , code, name]) => ({ name: name!, code: code!.replace(/^ \* ?/gm, '') }))
}

async function allExamples(): Promise<Example[]> {
  const files = (await readdir('src', { recursive: true })).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join('src', file), 'utf8')))
  const examples = texts.flatMap(examplesIn)
  assert.is(examples.length, texts.join('').split('@example').length - 1, 'every @example is read')
  return examples
}

/** A program of an example: with imports of what it uses. */
function programOf({ code }: Example): string {
  const used = (names: readonly string[]): string => names.filter((name) => new RegExp(`\\b${name}\\(`).test(code)).join(', ')
  return `import { ${used(Object.keys(library))} } from 'filterlens/node'\nimport { ${used(['readFile', 'writeFile'])} } from 'node:fs/promises'\n${code}`
}

test('every entry point has an example, and every example runs', async () => {
  const examples = await allExamples()
  const named = new Set(examples.map(({ name }) => name))
  assert.equal(
    entryPoints.filter((name) => !named.has(name)),
    [],
  )
  // Inside the package, so that they find filterlens by its name.
  const folder = await mkdtemp(join('dist', 'examples-'))
  try {
    await cp('data/vgg_w16_cifar10_normal.onnx', join(folder, 'net.onnx'))
    await symlink(resolve('data'), join(folder, 'models'))
    const command = [resolve('dist/bundle/node/main.js'), 'analyze', 'models/', '-o', 'results']
    await run(process.execPath, command, { cwd: folder })
    for (const example of examples) {
      const file = join(folder, `${example.name}.mjs`)
      await writeFile(file, programOf(example))
      await run(process.execPath, [resolve(file)], { cwd: folder }).catch((error: unknown) => {
        throw new Error(`the example of ${example.name}`, { cause: error })
      })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an example that calls what is not there fails', async () => {
  const [example] = examplesIn('/**\n * Does.\n * @example\n * nothingOfTheKind(1)\n */\nexport function nothingOfTheKind() {}\n')
  assert.equal(example, { name: 'nothingOfTheKind', code: 'nothingOfTheKind(1)\n' })
  const program = programOf(example!)
  const failed = await run(process.execPath, ['--input-type=module', '-e', program]).catch((error: Error) => error)
  assert.ok(failed instanceof Error && /nothingOfTheKind is not defined/.test(failed.message))
})

test.run()
