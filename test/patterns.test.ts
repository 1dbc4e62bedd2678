import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { check } from 'recheck'
import ts from 'typescript'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// A pattern that can match a text in several ways takes time that grows with a power of the text's length, or doubles with each
// character: a small file then holds a reader for ever. Every regular expression of src/ is judged by recheck.

process.env['RECHECK_BACKEND'] = 'pure' // its JavaScript: no Java, no native program
const { checkSync } = (await import('recheck')) as {
  checkSync: (...words: Parameters<typeof check>) => Awaited<ReturnType<typeof check>>
}

/** Patterns that recheck does not call safe and that are: what they are used on, or why they are linear. */
const known = new Map<string, string>([
  ['\\S{201,}', 'linear: whatever begins in a run of letters and fails has read 200 of them'],
  ['\\B(?=(\\d{3})+$)', 'on the digits of one number'],
  ['\\.?0+$', 'on the digits of one number'],
  ['-?\\d+\\.\\d+(?:e[-+]?\\d+)?|-?\\d+e[-+]?\\d+', 'on attributes of our own figures'],
  ['[*?]|\\[[^\\]]+\\]|\\{[^}]*,[^}]*\\}', 'on a path that a person gave, which the system limits'],
  ['\\{([^{}]*,[^{}]*)\\}', 'on a path that a person gave, which the system limits'],
  [
    '(?:\\bmodule\\.exports|\\bexports\\.default|\\.exports)\\s*=\\s*|\\bexport\\s+default\\s+',
    'linear: blanks belong to one word before them',
  ],
  ['\\b["\']?(modelTopology|weightsManifest|generatedBy|convertedBy)["\']?\\s*:', 'on the first 4,096 bytes of a file'],
])

interface Pattern {
  readonly place: string
  readonly source: string
  readonly flags: string
}

function patternsOf(file: string): Pattern[] {
  const sourceFile = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: Pattern[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      const line = sourceFile.getLineAndCharacterOfPosition(node.getStart()).line + 1
      found.push({ place: `${file}:${line}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) })
    }
    ts.forEachChild(node, visit)
  }
  visit(sourceFile)
  return found
}

/** Two repetitions without an end are needed to match a text in several ways. */
const mayRepeat = ({ source }: Pattern): boolean => /[*+]|\{\d+,\d*\}/.test(source)

function problemOf({ source, flags }: Pattern): string | undefined {
  const result = checkSync(source, flags, { timeout: 20_000 })
  if (result.status === 'safe') return undefined
  return result.status === 'vulnerable' ? result.complexity.summary : `not judged (${result.error.kind})`
}

const patterns = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('.generated.'))
  .flatMap((name) => patternsOf(join('src', name)))

test('no regular expression of src/ can be made to try one text in many ways', () => {
  const problems: string[] = []
  for (const pattern of patterns) {
    if (!mayRepeat(pattern) || known.has(pattern.source)) continue
    const problem = problemOf(pattern)
    if (problem) problems.push(`${pattern.place}: /${pattern.source}/ ${problem}`)
  }
  assert.equal(problems, [])
  assert.ok(patterns.length > 200, `${patterns.length} patterns were found`)
})

test('the judge finds patterns that hang, and what it is told to pass over exists', () => {
  assert.match(problemOf({ place: '', source: '^(<!--[\\s\\S]*?-->\\s*)*<net', flags: '' }) ?? '', /exponential/)
  assert.match(problemOf({ place: '', source: '^(\\d+\\.?\\d*)([eE]\\d+)?$', flags: '' }) ?? '', /polynomial/)
  const all = new Set(patterns.map(({ source }) => source))
  assert.equal(
    [...known.keys()].filter((source) => !all.has(source)),
    [],
  )
})

test.run()
