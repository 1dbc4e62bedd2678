// The build's table of steps, and that a change makes stale what it must: read in a small project of its own.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

interface Steps {
  readonly steps: Readonly<Record<string, { reads: readonly string[]; after: readonly string[]; command: readonly string[] }>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  planOf(names: readonly string[]): string[]
}

const scripts = join(process.cwd(), 'scripts')
const { steps, groups, planOf } = (await import(join(scripts, 'build/steps.mjs'))) as Steps

test('every step reads files that are there and comes behind those that it needs', () => {
  for (const [name, { reads, command }] of Object.entries(steps)) {
    for (const path of [...reads.filter((path) => !path.startsWith('dist/')), command[0]!])
      assert.ok(existsSync(path), `${name}: ${path}`)
    const plan = planOf([name])
    assert.is(plan.at(-1), name)
  }
  const plan = planOf(['all', 'pages'])
  assert.is(new Set(plan).size, plan.length)
  assert.not.ok(plan.includes('library'), 'types compiles the library as well')
  for (const [before, behind] of [
    ['kernel', 'types'],
    ['types', 'page'],
    ['types', 'scripts'],
    ['page', 'notices'],
    ['command', 'notices'],
  ])
    assert.ok(plan.indexOf(before!) < plan.indexOf(behind!), `${before} before ${behind}`)
  assert.throws(() => planOf(['nonsense']), /no step is called nonsense/)
})

test('the demo needs no package of the tests', () => {
  assert.not.ok(planOf(groups['package']!).includes('packages'))
  assert.not.ok(planOf(['command', 'page']).includes('packages'))
})

test('the bundle reads all sources: a change in a thread makes it stale', () => {
  assert.ok(steps['command']!.reads.includes('src'))
})

test('a step runs when what it reads has changed, or what it leaves is gone, and not otherwise', () => {
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-build-'))
  try {
    mkdirSync(join(folder, 'scripts/build'), { recursive: true })
    for (const name of ['run.mjs', 'stamps.mjs']) cpSync(join(scripts, 'build', name), join(folder, 'scripts/build', name))
    writeFileSync(
      join(folder, 'scripts/build/steps.mjs'),
      `export const steps = { copy: { does: 'a copy', after: [], reads: ['src'], without: ['src/web'], leaves: ['out.txt'], command: ['copy.mjs'] } }
       export const planOf = (names) => names`,
    )
    writeFileSync(
      join(folder, 'copy.mjs'),
      `import { readFileSync, writeFileSync } from 'node:fs'
       const text = readFileSync('src/a.ts', 'utf8')
       if (text.includes('broken')) process.exit(1)
       writeFileSync('out.txt', text)
       writeFileSync('runs.txt', (() => { try { return readFileSync('runs.txt', 'utf8') } catch { return '' } })() + 'x')`,
    )
    mkdirSync(join(folder, 'src/web'), { recursive: true })
    const write = (name: string, text: string) => writeFileSync(join(folder, 'src', name), text)
    const build = (): [status: number | null, runs: number] => {
      const code = "const { build } = await import('./scripts/build/run.mjs'); process.exitCode = (await build(['copy'])) ? 0 : 1"
      const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: folder })
      return [status, readFileSync(join(folder, 'runs.txt'), 'utf8').length]
    }
    write('a.ts', 'one')
    assert.equal(build(), [0, 1])
    assert.equal(build(), [0, 1])
    write('a.ts', 'two')
    assert.equal(build(), [0, 2])
    write('web/b.ts', 'not counted')
    assert.equal(build(), [0, 2])
    write('new.ts', '')
    assert.equal(build(), [0, 3])
    rmSync(join(folder, 'out.txt'))
    assert.equal(build(), [0, 4])
    write('a.ts', 'broken')
    assert.equal(build(), [1, 4])
    assert.equal(build(), [1, 4], 'what has failed is tried again')
    write('a.ts', 'two')
    assert.equal(build(), [0, 5])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
