import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/cli/commands.ts'
import { drawingKinds } from '../../src/drawings/kinds.ts'
import { describedDerivedTables } from '../../src/results/export-derived.ts'
import { describedGroupTables } from '../../src/results/export-groups.ts'
import { describedStudyTables } from '../../src/results/export-studies.ts'
import { allFigures } from '../figures/figure-suite.ts'

// What docs/notebooks.md names is there: commands, options, figures, tables.

const page = readFileSync('docs/notebooks.md', 'utf8')
const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!)
const blocks = [...page.matchAll(/```\n([\s\S]*?)```/g)].flatMap(([, text]) => text!.trim().split('\n'))
const lines = [...quoted, ...blocks]

test('every command that begins a line is one', () => {
  const names = commands.map(({ usage }) => usage.split(' ')[0]!)
  const begun = lines.map((line) => line.replace(/^filterlens /, '').split(' ')).filter((words) => words.length > 1)
  const known = begun.filter(([first]) => names.includes(first!))
  assert.ok(known.length > 25, `${known.length} commands`)
  const astray = begun.filter(([first, second]) => !names.includes(first!) && /\.onnx|results$|--/.test(second!))
  assert.equal(astray, [])
})

test('every option is declared by a command', () => {
  const sources = readdirSync('src/cli')
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`src/cli/${name}`, 'utf8'))
    .join('\n')
  const options = new Set(
    lines.flatMap((line) => [...line.matchAll(/(?<![\w-])--(?:no-)?([a-z][\w-]*)/g)].map(([, name]) => name!)),
  )
  assert.ok(options.size > 12)
  for (const name of options) assert.ok(sources.includes(`option('${name}'`), `--${name}`)
})

test('every figure is a kind of drawing or one of a report', async () => {
  const ofReports = new Set((await allFigures()).map(({ id }) => id))
  const ofStudies = /^(own-bases|histogram-ridges|values-by-depth|shift-matrix-by)-/
  for (const line of lines) {
    const kind = /^(?:filterlens )?figure ([\w-]+)/.exec(line)?.[1]
    if (kind === undefined || kind === 'activations' || Object.hasOwn(drawingKinds, kind)) continue
    assert.ok(ofReports.has(kind) || ofStudies.test(kind), kind)
  }
})

test('every table is exported', () => {
  const names = new Set(
    [...describedGroupTables(), ...describedStudyTables(), ...describedDerivedTables()].map(({ name }) => name),
  )
  const named = [...page.matchAll(/tables? (`[\w-]+`(?:, `[\w-]+`)*)/g)].flatMap(([, list]) =>
    [...list!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!),
  )
  assert.ok(named.length > 12, String(named.length))
  for (const name of named) assert.ok(names.has(name), name)
  for (const [, name] of page.matchAll(/--table ([\w-]+)/g)) assert.ok(names.has(name!), name)
})

test.run()
