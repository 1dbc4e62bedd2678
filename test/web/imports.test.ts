import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// Who imports whom, read from the sources: types count too.

const imports = new Map<string, readonly string[]>()
for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
  if (!/\.tsx?$/.test(name)) continue
  const file = join('src', name)
  const found = readFileSync(file, 'utf8').matchAll(/(?:\bfrom |\bimport\(|^import )'(\.[^']+)'/gm)
  imports.set(
    file,
    [...found].map(([, to]) => join(dirname(file), to!)),
  )
}

const isFace = (file: string): boolean => file.startsWith('src/web/') || file.startsWith('src/cli/')

test('nothing below imports a face, and the faces do not import each other', () => {
  const wrong: string[] = []
  for (const [file, list] of imports) {
    const own = file.split('/', 2).join('/')
    for (const to of list) if (isFace(to) && !to.startsWith(`${own}/`)) wrong.push(`${file} imports ${to}`)
  }
  assert.equal(wrong, [])
  assert.ok([...imports.keys()].filter(isFace).length > 40)
})

test('the page has no circle of imports', () => {
  const seen = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (seen.has(file)) return
    seen.add(file)
    for (const to of imports.get(file) ?? []) if (to.startsWith('src/web/')) visit(to, [...path, file])
  }
  for (const file of imports.keys()) if (file.startsWith('src/web/')) visit(file, [])
  assert.equal(circles, [])
})

test.run()
