import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { check } from 'recheck'
import ts from 'typescript'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// A pattern that can match a text in several ways takes time that grows with a power of the text's length, or doubles with each
// character: a small file then holds a reader for ever. recheck looks for such a text for every regular expression of src/; what it
// finds is tried here at growing lengths, since it takes repetitions with a bound ({0,40}) for powers too.
// Judging them all takes more than three minutes, so what recheck said of each is kept in test/judged-patterns.json; a pattern that is not
// there is judged. `FILTERLENS_JUDGE_PATTERNS=1 node scripts/test.mjs patterns` judges all anew and writes the file.

process.env['RECHECK_BACKEND'] = 'pure' // its JavaScript: no Java, no native program
type Check = typeof check
const { checkSync } = (await import('recheck')) as { checkSync: (...words: Parameters<Check>) => Awaited<ReturnType<Check>> }

const LONGEST = 64_000
const MOST_MS = 250

/** Patterns whose texts are short by their nature, and those that recheck does not judge in its time. */
const known = new Map<string, string>([
  ['\\B(?=(\\d{3})+$)', 'on the digits of one number'],
  ['\\.?0+$', 'on the digits of one number'],
  ['-?\\d+\\.\\d+(?:e[-+]?\\d+)?|-?\\d+e[-+]?\\d+', 'on attributes of our own figures'],
  ['[*?]|\\[[^\\]]+\\]|\\{[^}]*,[^}]*\\}', 'on a path that a person gave, which the system limits'],
  ['\\{([^{}]*,[^{}]*)\\}', 'on a path that a person gave, which the system limits'],
  ['^(\\s|[#;].*\\n)*\\[(net|network)\\]\\s*$', 'on the first 4,096 bytes of a file'],
  ['\\b["\']?(modelTopology|weightsManifest|generatedBy|convertedBy)["\']?\\s*:', 'on the first 4,096 bytes of a file'],
  ['\\S{201,}', 'linear: whatever begins in a run of letters and fails has read 200 of them'],
  [
    '(?:\\bmodule\\.exports|\\bexports\\.default|\\.exports)\\s*=\\s*|\\bexport\\s+default\\s+',
    'linear: blanks belong to one word before them',
  ],
  [
    '(^|\\.)(_?convolution|conv[123]d|(cudnn|mkldnn|miopen|thnn)_conv\\w*|conv_transpose[123]d|convolution_overrideable)\\.',
    'linear: its one repetition stands behind a word of its own',
  ],
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

/** Two repetitions are needed to match a text in several ways. */
const mayRepeat = ({ source }: Pattern): boolean => /[*+]|\{\d+,\d*\}/.test(source)

/** What recheck says of a pattern: a text that makes it slow, that there is none, or what kept it from judging. */
type Judged = 'safe' | 'exponential' | { readonly unknown: string } | { readonly pumps: readonly Pump[]; readonly suffix: string }
interface Pump {
  readonly prefix: string
  readonly pump: string
}

const JUDGED = 'test/judged-patterns.json'
const recheckVersion = (JSON.parse(readFileSync('test/package.json', 'utf8')) as { dependencies: Record<string, string> })
  .dependencies['recheck']!
const kept = JSON.parse(readFileSync(JUDGED, 'utf8')) as { recheck: string; judged: Record<string, Judged> }
const judgeAll = process.env['FILTERLENS_JUDGE_PATTERNS'] !== undefined

const textOf = ({ source, flags }: Pattern): string => `/${source}/${flags}`

function judge({ source, flags }: Pattern): Judged {
  const result = checkSync(source, flags, { timeout: 60_000 })
  if (result.status === 'safe') return 'safe'
  if (result.status === 'unknown') return { unknown: result.error.kind }
  if (result.complexity.type === 'exponential') return 'exponential'
  const { pumps, suffix } = result.attack
  return { pumps: pumps.map(({ prefix, pump }) => ({ prefix, pump })), suffix }
}

/** What is wrong with a pattern, if anything. */
function problemOf({ source, flags }: Pattern, judged: Judged): string | undefined {
  if (judged === 'safe') return undefined
  if (judged === 'exponential') return judged
  if ('unknown' in judged) return `not judged (${judged.unknown})`
  const { pumps, suffix } = judged
  for (let length = 500; length <= LONGEST; length *= 2) {
    const each = length / pumps.length
    const text = pumps.map(({ prefix, pump }) => prefix + pump.repeat(Math.ceil(each / pump.length))).join('') + suffix
    const began = process.cpuUsage()
    new RegExp(source, flags).exec(text)
    const { user, system } = process.cpuUsage(began)
    if ((user + system) / 1000 > MOST_MS) return `takes ${Math.round((user + system) / 1000)} ms for ${text.length} characters`
  }
  return undefined
}

const patterns = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('.generated.'))
  .flatMap((name) => patternsOf(join('src', name)))

test('no regular expression of src/ can be made to try one text in many ways', () => {
  const problems: string[] = []
  const judged: Record<string, Judged> = {}
  for (const pattern of patterns) {
    const text = textOf(pattern)
    if (!mayRepeat(pattern) || known.has(pattern.source) || judged[text] !== undefined) continue
    const before = judgeAll || kept.recheck !== recheckVersion ? undefined : kept.judged[text]
    judged[text] = before ?? judge(pattern)
    const problem = problemOf(pattern, judged[text])
    if (problem) problems.push(`${pattern.place}: ${text} ${problem}`)
  }
  const sorted = Object.fromEntries(Object.entries(judged).sort(([a], [b]) => (a < b ? -1 : 1)))
  if (judgeAll) writeFileSync(JUDGED, `${JSON.stringify({ recheck: recheckVersion, judged: sorted }, undefined, 1)}\n`)
  assert.equal(problems, [])
  assert.ok(patterns.length > 200, `${patterns.length} patterns were found`)
  const gone = Object.keys(kept.judged).filter((text) => judged[text] === undefined)
  assert.equal(judgeAll ? [] : gone, [], `${JUDGED} holds patterns that src/ has not; FILTERLENS_JUDGE_PATTERNS=1 writes it anew`)
})

test('patterns that hang are found, and what is passed over exists', () => {
  const pattern = (source: string): Pattern => ({ place: '', source, flags: '' })
  const judgedAnew = (source: string): string | undefined => problemOf(pattern(source), judge(pattern(source)))
  assert.is(judgedAnew('^(<!--[\\s\\S]*?-->\\s*)*<net'), 'exponential')
  assert.match(judgedAnew('^(\\d+\\.?\\d*)([eE]\\d+)?$') ?? '', /^takes \d+ ms/)
  assert.is(judgedAnew('^(?:\\d+(?:\\.\\d*)?)(?:[eE]\\d+)?$'), undefined)
  const all = new Set(patterns.map(({ source }) => source))
  assert.equal(
    [...known.keys()].filter((source) => !all.has(source)),
    [],
  )
})

test.run()
