import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// The landing page of the reference (npm run docs): every example on it runs, in the root of the repository, and prints what it says.

const run = promisify(execFile)

interface Example {
  readonly title: string
  readonly code: string
  readonly output: string
}

/** The sections of a page that hold a program and the output below it. */
function examplesOf(page: string): Example[] {
  return [...page.matchAll(/^## (.*)\n[\s\S]*?^```js\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm)].map(
    ([, title, code, output]) => ({
      title: title!,
      code: code!,
      output: output!,
    }),
  )
}

const page = await readFile('docs/library.md', 'utf8')
const examples = examplesOf(page)

test('each section of docs/library.md is an example with its output', () => {
  assert.equal(
    examples.map(({ title }) => title),
    [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title),
  )
  assert.ok(examples.length >= 3)
})

for (const { title, code, output } of examples)
  test(`${title}: the example prints what the page says`, async () => {
    // Inside the package, so that it finds filterlens by its name.
    const folder = await mkdtemp(join('dist', 'example-'))
    try {
      await writeFile(join(folder, 'example.mjs'), code)
      const { stdout } = await run(process.execPath, [join(folder, 'example.mjs')])
      assert.is(stdout, output)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

test.run()
