import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectFolder } from '../cli/run.ts'
import { generatedDocs, withGenerated } from './markdown.ts'

for (const file of generatedDocs)
  test(`${file} says what src/ says (node scripts/write-docs.mjs writes it)`, () => {
    const page = readFileSync(join(projectFolder, file), 'utf8')
    assert.match(page, /<!-- made from src\/: \w+ -->/)
    assert.is(page, withGenerated(page))
  })

test('a part that is not current is found', () => {
  assert.match(
    withGenerated('a\n<!-- made from src/: metrics -->\nold\n<!-- end -->\nb'),
    /^a\n<!-- made .* -->\n\n\| metric [\s\S]*\|\n\n<!-- end -->\nb$/,
  )
  assert.throws(() => withGenerated('<!-- made from src/: nothing -->\n<!-- end -->'), /no part of the docs/)
})

test.run()
