// README.md: every command in it runs as it is written, in a folder with models of the names that it uses.
import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { inFolder, main } from '../cli/run.ts'

const run = promisify(execFile)
const page = await readFile('README.md', 'utf8')

/** The blocks of code of a language ('' for none) in a section. */
function blocks(section: string, language: string): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(section)) ?? ''
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, own, code]) => (own === language ? [code!] : []))
}

/** Commands of a block, without what is said beside them. */
function commandsIn(block: string): string[] {
  return block
    .split('\n')
    .map((line) => line.split(/ {2,}/)[0]!.trim())
    .filter((line) => line.startsWith('filterlens ') || line.startsWith('npx filterlens '))
}

/** Runs work in a folder with the models that the page names, and a shell that finds `filterlens` and `npx`. */
const prepared = (work: (shell: (line: string) => Promise<string>, folder: string, env: NodeJS.ProcessEnv) => Promise<void>) =>
  inFolder(async (folder) => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    for (const [name, shift] of [
      ['filterlens', ''],
      ['npx', 'shift\n'],
    ]) {
      await writeFile(join(bin, name!), `#!/bin/sh\n${shift}exec "${process.execPath}" "${main}" "$@"\n`)
      await chmod(join(bin, name!), 0o755)
    }
    await symlink(resolve('data'), join(folder, 'data'))
    await mkdir(join(folder, 'models'))
    const [normal, robust] = ['normal', 'robust'].map((name) => `data/vgg_w16_cifar10_${name}.onnx`)
    for (const name of ['resnet50.onnx', 'net.onnx', 'model.onnx', 'models/a.onnx']) await cp(normal!, join(folder, name))
    await cp(robust!, join(folder, 'models/b.onnx'))
    const pth = 'test/fixtures/pytorch/legacy.pth'
    for (const name of ['model.pth', 'before.pth', 'net.pth']) await cp(pth, join(folder, name))
    await cp('test/fixtures/pytorch/half.pt', join(folder, 'after.pth'))
    await mkdir(join(folder, 'run'))
    for (const step of ['step=0000.ckpt', 'step=0030.ckpt'])
      await cp(`test/fixtures/series/normal/${step}`, join(folder, 'run', step))
    for (const [run, steps] of Object.entries({
      'normal/0030': '0000 0030',
      'robust/0030': '0000 0030',
      'normal/0060': '0000 0060',
    })) {
      const to = join(folder, 'sweep', run.replace('/', '-'))
      await mkdir(to, { recursive: true })
      for (const step of steps.split(' '))
        await cp(`test/fixtures/series/${run.split('/')[0]}/step=${step}.ckpt`, join(to, `step=${step}.ckpt`))
    }
    await writeFile(join(folder, 'sweep.csv'), 'Run,lr\nnormal-0030,0.1\nrobust-0030,0.2\nnormal-0060,0.3\n')
    for (const [name, image] of [
      ['a.png', 'automobile-clean.png'],
      ['b.png', 'automobile-perturbed.png'],
    ])
      await cp(`data/${image}`, join(folder, name!))
    await writeFile(join(folder, 'dataset.h5'), gunzipSync(await readFile('test/fixtures/dataset-h5/derived.h5.gz')))
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
    const shell = async (line: string): Promise<string> => {
      const { stdout } = await run('/bin/sh', ['-c', line], { cwd: folder, env, maxBuffer: 1 << 26 }).catch((error: Error) => {
        throw new Error(line, { cause: error })
      })
      return stdout
    }
    await work(shell, folder, env)
  })

test('every command of the section on use runs, in its order, and so do the tables and the pipeline', () =>
  prepared(async (shell, folder, env) => {
    const first = commandsIn(/```\n([\s\S]*?)```/.exec(page)![1]!)
    assert.equal(first, ['npx filterlens model.pth'])
    const commands = [...first, ...blocks('Use', '').flatMap(commandsIn)]
    assert.ok(commands.length > 12, commands.join('\n'))
    for (const line of commands) {
      if (line.startsWith('filterlens view')) await opened(line, folder, env)
      else if (line.includes('verify')) {
        // The page verifies the results of a folder of models: those of the study were written last.
        await shell('filterlens analyze models/ -o results')
        assert.match(await shell(line), /equal in every bit/)
      } else assert.ok((await shell(line)) !== '', line)
    }
    // Two more ways that the page shows.
    const [parquet] = commands.filter((line) => line.includes('export'))
    assert.is(parquet, 'filterlens export results --format parquet')
    const database = await DuckDBInstance.create()
    const connection = await database.connect()
    const [sql] = blocks('In pandas and DuckDB', 'sql')
    const rows = await connection.runAndReadAll(sql!.replace("'tables/", `'${folder}/tables/`))
    assert.equal(rows.columnNames(), ['model', 'layer', 'sparsity', 'flags'])
    const steps = parse(blocks('In a pipeline', 'yaml')[0]!) as readonly { readonly run: string }[]
    for (const step of steps) await shell(step.run)
    assert.match(await readFile(join(folder, 'filterlens.xml'), 'utf8'), /<testsuites>/)
    const [python] = blocks('In pandas and DuckDB', 'python')
    const reads = "import pandas, importlib.util as u; assert u.find_spec('pyarrow') or u.find_spec('fastparquet')"
    if (
      await shell(`python3 -c "${reads}" 2>/dev/null`).then(
        () => true,
        () => false,
      )
    ) {
      await writeFile(join(folder, 'read.py'), python!)
      assert.match(await shell('python3 read.py'), /sparsity +orthogonality/)
    } else console.log('skipped: pandas with a reader of Parquet is not installed')
  }))

/** `filterlens view` prints an address where the page is, and ends when it is told to. */
async function opened(line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('filterlens', [...line.split(' ').slice(1), '--no-open'], { cwd, env })
  const ended = new Promise((done) => child.once('close', done))
  const address = await new Promise<string>((done) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => done(text.trim()))
  })
  const answer = await fetch(address)
  assert.is(answer.status, 200, address)
  child.kill('SIGTERM')
  await ended
}

test('the library’s example runs', () =>
  prepared(async (_, folder) => {
    const [code] = blocks('In a program', 'js')
    // Beside the package, so that it finds filterlens by its name.
    const file = resolve('dist/readme-example.mjs')
    await writeFile(file, code!)
    const { stdout } = await run(process.execPath, [file], { cwd: folder }).finally(() => rm(file))
    assert.match(stdout, /^\[/)
  }))

test.run()
