import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { isPlainPath, manifestText, parseManifest } from '../../src/results/manifest.ts'

const a = 'a'.repeat(64)
const b = 'b'.repeat(64)

test('a manifest is sorted text that sha256sum reads, and comes back', () => {
  const text = manifestText([
    { path: 'models.arrow', sha256: b },
    { path: 'figures/x.svg', sha256: a },
  ])
  assert.is(text, `${a}  figures/x.svg\n${b}  models.arrow\n`)
  assert.equal(parseManifest('m', text), [
    { path: 'figures/x.svg', sha256: a },
    { path: 'models.arrow', sha256: b },
  ])
})

const broken: [string, RegExp][] = [
  [`${a}  layers.arrow`, /cut short/],
  [`${a} layers.arrow\n`, /line 1 is not/],
  [`${a}  x\n${a}  ../x\n`, /line 2 names "\.\.\/x", which leaves/],
  [`${a}  /etc/passwd\n`, /leaves/],
  [`${a}  x\n${b}  x\n`, /line 2 names "x" a second time/],
]
for (const [text, expected] of broken) {
  test(`refuses ${JSON.stringify(text.replaceAll(a, 'A').replaceAll(b, 'B'))}`, () => {
    assert.throws(
      () => parseManifest('m', text),
      (error: unknown) => error instanceof InputError && expected.test(error.message),
    )
  })
}

test('paths that leave a folder on any system are seen', () => {
  for (const path of ['', '/a', 'a//b', './a', 'a/..', '..', 'a\\b', 'C:/a', 'a\0b']) assert.not.ok(isPlainPath(path), path)
  for (const path of ['a', 'a/b.svg', '..a/b..', 'ü/x y']) assert.ok(isPlainPath(path), path)
})

test.run()
