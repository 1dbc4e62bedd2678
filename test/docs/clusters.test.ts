// docs/clusters.md: what it shows for a shell runs as it is written, its manifests are what Kubernetes takes.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Ajv from 'ajv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { inFolder, main } from '../cli/run.ts'

const run = promisify(execFile)
const page = await readFile('docs/clusters.md', 'utf8')

/** The one block of code that begins with these words behind its backticks. */
function block(words: string): string {
  const found = [...page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, own]) => own === words)
  assert.is(found.length, 1, words)
  return found[0]![2]!
}

type Shell = (script: string, env?: Readonly<Record<string, string>>) => Promise<string>

/** A folder with models/, and a shell that finds `filterlens`. */
const prepared = (work: (shell: Shell, folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'bin'))
    const program = join(folder, 'bin/filterlens')
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
    await chmod(program, 0o755)
    await mkdir(join(folder, 'models'))
    for (const name of ['cifar10_normal', 'cifar10_robust', 'fashion_mnist_normal', 'fashion_mnist_robust'])
      await cp(`data/vgg_w16_${name}.onnx`, join(folder, `models/${name}.onnx`))
    const shell: Shell = async (script, env = {}) => {
      const all = { ...process.env, ...env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
      const { stdout } = await run('bash', ['-ec', script], { cwd: folder, env: all }).catch(
        (error: Error & { stderr?: string }) => {
          throw new Error(`${script}\n${error.stderr}`, { cause: error })
        },
      )
      return stdout
    }
    await work(shell, folder)
  })

const number = (folder: string, results = 'results'): Promise<string> => readFile(join(folder, results, 'results.sha256'), 'utf8')

test('the shards of the first example, of GNU parallel and of PBS merge to the number of one machine', () =>
  prepared(async (shell, folder) => {
    await shell('filterlens analyze models/ -o one')
    const wanted = await number(folder, 'one')
    await shell(block('bash'))
    assert.is(await number(folder), wanted)
    const again = async (script: string, env?: Readonly<Record<string, string>>): Promise<void> => {
      for (const old of ['plan', 'results']) await rm(join(folder, old), { recursive: true })
      await shell('filterlens plan models/ --shards 4 -o plan')
      await shell(script, env)
      assert.is(await number(folder), wanted)
    }
    const tasks = `for PBS_ARRAY_INDEX in 3 2 1 0; do export PBS_ARRAY_INDEX; bash shards.sh; done; filterlens merge plan -o results`
    await writeFile(join(folder, 'shards.sh'), block('pbs'))
    await again(tasks, { PBS_O_WORKDIR: folder })
    const isThere = await run('parallel', ['--version']).then(
      ({ stdout }) => stdout.startsWith('GNU parallel'),
      () => false,
    )
    if (isThere) await again(block('parallel'))
    else console.log('skipped: GNU parallel is not installed')
  }))

test('the passes of a study give what one machine gives', () =>
  prepared(async (shell, folder) => {
    await cp('data', join(folder, 'data'), { recursive: true })
    await shell(block('study'))
    await shell('filterlens analyze data --meta data/meta.csv --pairs data/pairs.csv --report -o one')
    assert.is(await number(folder, 'study-results'), await number(folder, 'one'))
  }))

test('the Jobs are what Kubernetes takes, field by field, and run the shards of the plan above', async () => {
  const ajv = new Ajv({ schemaId: 'auto' })
  const isJob = ajv.compile(JSON.parse(await readFile('test/fixtures/kubernetes/job.schema.json', 'utf8')) as object)
  const jobs = parseAllDocuments(block('yaml')).map((document) => document.toJS() as Job)
  assert.is(jobs.length, 2)
  for (const job of jobs) assert.ok(isJob(job), JSON.stringify(isJob.errors))
  assert.not(isJob({ ...jobs[0], spec: { ...jobs[0]!.spec, completion: 4 } }), 'a field that there is not')
  assert.not(isJob({ ...jobs[0], spec: { ...jobs[0]!.spec, completions: '4' } }), 'a text for a number')
  const [measure, merge] = jobs as [Job, Job]
  assert.is(measure.spec.completionMode, 'Indexed')
  assert.is(measure.spec.completions, shardsOfPage())
  assert.equal(wordsOf(measure), ['analyze', '--plan', 'plan', '--pass', 'measure', '--workers', '1'])
  assert.equal(wordsOf(merge), ['merge', 'plan', '-o', 'results'])
})

test('the commands of the manifests are commands of this program', () =>
  prepared(async (shell, folder) => {
    await shell('filterlens plan models/ --shards 4 -o plan')
    const [measure, merge] = parseAllDocuments(block('yaml')).map((document) => wordsOf(document.toJS() as Job).join(' '))
    for (let index = 0; index < 4; index++) {
      const variable = index % 2 === 0 ? 'JOB_COMPLETION_INDEX' : 'AWS_BATCH_JOB_ARRAY_INDEX'
      const words = index % 2 === 0 ? measure! : batchWords('job-definition.json')
      await shell(`filterlens ${words}`, { [variable]: String(index) })
    }
    await shell(`filterlens ${merge}`)
    assert.match(await number(folder), /^[0-9a-f]{64}/)
    await rm(join(folder, 'results'), { recursive: true })
    await shell(`filterlens ${batchWords('merge.json')}`)
    assert.match(await number(folder), /^[0-9a-f]{64}/)
  }))

test('the array of AWS Batch has as many jobs as the plan has shards, and the merge waits for it', () => {
  const measure = JSON.parse(block('json measure.json')) as { arrayProperties: { size: number }; jobDefinition: string }
  const definition = JSON.parse(block('json job-definition.json')) as { jobDefinitionName: string }
  const merge = JSON.parse(block('json merge.json')) as { dependsOn: unknown; jobDefinition: string }
  assert.is(measure.arrayProperties.size, shardsOfPage())
  assert.equal([measure.jobDefinition, merge.jobDefinition], [definition.jobDefinitionName, definition.jobDefinitionName])
  assert.equal(merge.dependsOn, [{ jobId: 'MEASURE' }])
})

interface Job {
  readonly spec: {
    readonly completionMode?: string
    readonly completions?: number
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly command: readonly string[] }] } }
  }
}

/** What a container of a manifest gives to filterlens. */
function wordsOf({ spec }: Job): string[] {
  const { command } = spec.template.spec.containers[0]
  return command.slice(command.indexOf('filterlens') + 1)
}

/** What the shell of a container of AWS Batch gives to filterlens. */
function batchWords(file: string): string {
  const found = /filterlens ((?:analyze|merge) [^"]*)"/.exec(block(`json ${file}`))
  return found![1]!
}

const shardsOfPage = (): number => Number(/--shards (\d+)/.exec(block('bash'))![1])

test.run()
