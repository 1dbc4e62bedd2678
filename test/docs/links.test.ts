import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// What the documents point to is there: linked files, headings, and the paths of the repository that they name.

const roots = ['assembly', 'bench', 'data', 'docs', 'examples', 'scripts', 'src', 'test']
const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!))

/** What a page points to and is not there, each as a sentence. */
function brokenIn(page: string, text: string): string[] {
  const plain = text.replace(/^```[\s\S]*?^```$/gm, '')
  const links = [...plain.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(([, path = '', anchor]) => {
    const file = path === '' ? page : normalize(join(dirname(page), path))
    if (!existsSync(file)) return [`${page} links ${file}`]
    return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [`${page} links ${file}#${anchor}`]
  })
  // A path in backticks, or one with an ending anywhere.
  const path = `((?:${roots.join('|')})/[\\w./-]*`
  const named = [...plain.matchAll(new RegExp(`\`${path})\`|(?<![\\w./-])${path}\\.\\w+)`, 'g'))]
    .map(([, quoted, plainly]) => (quoted ?? plainly)!)
    .filter((file) => !existsSync(file))
    .map((file) => `${page} names ${file}`)
  return [...links, ...named]
}

test('documents link and name only what is there', () => {
  assert.equal(
    pages.flatMap((page) => brokenIn(page, readFileSync(page, 'utf8'))),
    [],
  )
  assert.ok(pages.length > 20)
})

test('a broken link, a missing heading and a path that is gone are found', () => {
  assert.equal(brokenIn('docs/results.md', '[a](nowhere.md)'), ['docs/results.md links docs/nowhere.md'])
  assert.equal(brokenIn('docs/results.md', '[a](../README.md#no-such-part)'), ['docs/results.md links README.md#no-such-part'])
  assert.equal(brokenIn('README.md', 'see `src/kernel.ts` and [b](docs/results.md#exit-codes)'), [
    'README.md names src/kernel.ts',
  ])
})

test.run()
