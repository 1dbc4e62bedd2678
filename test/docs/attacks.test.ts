// Every test that docs/attacks.md names is there, under that name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectFolder } from '../cli/run.ts'

test('every row of docs/attacks.md ends with a test that exists', () => {
  const rows = readFileSync(join(projectFolder, 'docs/attacks.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (attack|state) \|/.test(line))
  assert.ok(rows.length > 20)
  for (const row of rows) {
    const [, file, title] = /\| (test\/\S+\.test\.ts): "(.+)" \|$/.exec(row) ?? []
    assert.ok(file && title, row)
    const text = readFileSync(join(projectFolder, file), 'utf8').replaceAll("\\'", "'")
    assert.ok(text.includes(`'${title}'`) || text.includes(`"${title}"`), `${file} has no test "${title}"`)
  }
})

test.run()
