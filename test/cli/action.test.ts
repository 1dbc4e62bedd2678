// action.yml: its steps are run as GitHub runs them, with the command of this checkout and a `gh` that writes down what it is asked.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { inFolder, main, projectFolder } from './run.ts'
import { healthyModel, sickModel } from './sick-model.ts'

const run = promisify(execFile)

interface Step {
  readonly id: string
  readonly run: string
  readonly if?: string
  readonly env: Readonly<Record<string, string>>
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}
const action = parse(await readFile(join(projectFolder, 'action.yml'), 'utf8')) as Action

interface Ran {
  readonly code: number
  readonly out: string
  readonly outputs: string
  readonly summary: string
  /** What `gh` was called with, a line a call, and the body that it was given. */
  readonly asked: string
  readonly body: string
}

/** Runs the action on a pull request; `existing`: the id of a comment that it made before. */
async function runAction(folder: string, inputs: Readonly<Record<string, string>>, existing = ''): Promise<Ran> {
  const [bin, temp] = [join(folder, 'bin'), join(folder, 'temp')]
  await mkdir(bin, { recursive: true })
  await mkdir(temp, { recursive: true })
  const script = async (name: string, text: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/usr/bin/env bash\n${text}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await script('npx', `[ "$1 $2" = "--yes filterlens@latest" ] || exit 9\nshift 2\nexec "${process.execPath}" "${main}" "$@"`)
  await script(
    'gh',
    `echo "$*" >> "$RUNNER_TEMP/asked"\n[ "$GH_TOKEN" = secret ] || exit 4\nfor word; do case "$word" in body=@*) cp "\${word#body=@}" "$RUNNER_TEMP/body";; esac; done\ncase "$*" in *--paginate*) [ -z "${existing}" ] || printf '%s\\n' ${existing} 999;; esac`,
  )
  const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STEP_SUMMARY: join(temp, 'summary') }
  const contents = async (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
  const value = async (expression: string): Promise<string> => {
    const [, input] = /^inputs\.(\w+)$/.exec(expression) ?? []
    if (input !== undefined) return inputs[input] ?? (input === 'token' ? 'secret' : (action.inputs[input]!.default ?? ''))
    const [, output] = /^steps\.check\.outputs\.(\w+)$/.exec(expression) ?? []
    if (output !== undefined) return new RegExp(`^${output}=(.*)$`, 'm').exec(await contents(files.GITHUB_OUTPUT))?.[1] ?? ''
    return { 'github.repository': 'somebody/nets', 'github.event.pull_request.number': '7' }[expression]!
  }
  let out = ''
  let code = 0
  for (const { run: text, env, if: condition } of action.runs.steps) {
    if (condition?.includes('comment') && inputs['comment'] === 'false') continue
    const own: Record<string, string> = {}
    for (const [name, expression] of Object.entries(env)) {
      const [, inner] = /^\$\{\{ (.*) \}\}$/.exec(expression)!
      own[name] = await value(inner!)
    }
    const path = join(temp, 'step.sh')
    await writeFile(path, text)
    const step = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', path], {
      cwd: folder,
      env: { ...process.env, ...files, ...own, RUNNER_TEMP: temp, PATH: `${bin}:${process.env['PATH']}` },
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    )
    out += step.stdout
    code = step.code
    if (code !== 0) break
  }
  return {
    code,
    out,
    outputs: await contents(files.GITHUB_OUTPUT),
    summary: await contents(files.GITHUB_STEP_SUMMARY),
    asked: await contents(join(temp, 'asked')),
    body: await contents(join(temp, 'body')),
  }
}

test('what does not pass is annotated, commented on and fails the job; models and options may hold spaces', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'my nets'))
    await writeFile(join(folder, 'my nets/sick.safetensors'), sickModel)
    await writeFile(join(folder, 'my nets/good.safetensors'), healthyModel)
    const { code, out, outputs, summary, asked, body } = await runAction(folder, {
      models: 'my nets/sick.safetensors\nmy nets/good.safetensors\n',
      options: '--ignore=*.4.*\n',
      sarif: 'net.sarif',
    })
    assert.is(code, 1)
    assert.match(out, /^::error file=my nets\/sick\.safetensors,title=filterlens%3A features\.1\.weight::/m)
    assert.match(outputs, /^code=1\npassed=false\n$/)
    assert.match(summary, /features\.1\.weight: \d/)
    assert.match(body, /^<!-- filterlens -->\n### filterlens\n```\nmy nets\/sick\.safetensors\n/)
    assert.match(body, /2 of 6 layers do not pass; 1 layer ignored\n```\n$/)
    const [, posted] = asked.trimEnd().split('\n')
    assert.match(posted!, /^api --method POST repos\/somebody\/nets\/issues\/7\/comments --field body=@/)
    assert.is(JSON.parse(await readFile(join(folder, 'net.sarif'), 'utf8')).version, '2.1.0')
  }))

test('what passes passes, and the comment that was made before is changed; without comment: true nobody is asked', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'good.safetensors'), healthyModel)
    const again = await runAction(folder, { models: 'good.safetensors' }, '42')
    assert.equal([again.code, again.outputs], [0, 'code=0\npassed=true\n'])
    assert.match(again.asked, /^api --method PATCH repos\/somebody\/nets\/issues\/comments\/42 /m)
    assert.match(again.body, /nothing to report on 3 layers/)
    await inFolder(async (other) => {
      await writeFile(join(other, 'good.safetensors'), healthyModel)
      const quiet = await runAction(other, { models: 'good.safetensors', comment: 'false' })
      assert.equal([quiet.code, quiet.asked], [0, ''])
    })
  }))

test('a file that cannot be read ends the job with its own exit code and no comment', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'broken.pth'), 'nothing')
    const { code, asked, outputs } = await runAction(folder, { models: 'broken.pth' })
    assert.equal([code, asked, outputs], [2, '', 'code=2\npassed=false\n'])
  }))

test('every input that is read is declared, and what is written into a script comes by the environment alone', () => {
  const text = JSON.stringify(action.runs.steps.map(({ env }) => env))
  for (const [, name] of text.matchAll(/inputs\.(\w+)/g)) assert.ok(action.inputs[name!], name)
  for (const { run: script } of action.runs.steps) assert.not.ok(script.includes('${{'), script)
})

test.run()
