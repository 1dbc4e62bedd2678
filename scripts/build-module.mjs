// Compiles assembly/ to dist/kernel.wasm and dist/kernel.debug.wasm, and writes what the compiler says of the release module
// into src/wasm/: module.generated.ts, the module as base64, so that one file runs unchanged in Node, bundlers, workers and
// plain <script type="module">; exports.generated.ts, the types of its exports and the values of its exported constants.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')
mkdirSync('dist', { recursive: true })
for (const target of ['release', 'debug']) {
  execFileSync(process.execPath, [asc, '--config', 'asconfig.json', '--target', target], { stdio: 'inherit' })
}

const writeChanged = (file, text) => {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

const bytes = readFileSync('dist/kernel.wasm')
const sha256 = createHash('sha256').update(bytes).digest('hex')
writeChanged(
  'src/wasm/module.generated.ts',
  `// Written by scripts/build-module.mjs from assembly/: do not edit.
// One object, of which no bundler leaves a part out: the page and its workers then share one file.
export const builtModule: { readonly sha256: string; readonly base64: string } = {
  sha256: '${sha256}',
  base64:
    '${bytes.toString('base64')}',
}
`,
)

// The compiler declares the exports as a namespace and, behind it, a function of the glue code that is not used here.
const declared = /^declare namespace __AdaptedExports \{.*?^\}$/ms.exec(readFileSync('dist/kernel.d.ts', 'utf8'))
if (!declared) throw new Error('dist/kernel.d.ts declares no __AdaptedExports: the compiler writes its bindings in another way')
for (const glue of ['dist/kernel.d.ts', 'dist/kernel.js']) rmSync(glue)
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { abort: () => {} } })
const constants = Object.entries(exports).flatMap(([name, value]) =>
  value instanceof WebAssembly.Global ? [`  ${name}: ${value.value},\n`] : [],
)
writeChanged(
  'src/wasm/exports.generated.ts',
  `// Written by scripts/build-module.mjs from assembly/ by the AssemblyScript compiler: do not edit.
${declared[0]}

/** The module's exports. */
export type ModuleExports = typeof __AdaptedExports

/** The values of those of them that are constants. */
export const moduleConstants = {
${constants.join('')}} as const
`,
)
console.error(`kernel.wasm ${bytes.length} bytes, sha256 ${sha256}`)
