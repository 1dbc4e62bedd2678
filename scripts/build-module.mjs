// Compiles assembly/ to dist/kernel.wasm and dist/kernel.debug.wasm, and writes src/wasm/module.generated.ts: the release
// module as base64, so that one file runs unchanged in Node, bundlers, workers and plain <script type="module">.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')
mkdirSync('dist', { recursive: true })
for (const target of ['release', 'debug']) {
  execFileSync(process.execPath, [asc, '--config', 'asconfig.json', '--target', target], { stdio: 'inherit' })
}
const bytes = readFileSync('dist/kernel.wasm')
const sha256 = createHash('sha256').update(bytes).digest('hex')
const text = `// Written by scripts/build-module.mjs from assembly/: do not edit.
export const moduleSha256: string = '${sha256}'
export const moduleBase64: string =
  '${bytes.toString('base64')}'
`
const file = 'src/wasm/module.generated.ts'
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
console.error(`kernel.wasm ${bytes.length} bytes, sha256 ${sha256}`)
