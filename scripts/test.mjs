// Builds what is stale, then runs every compiled test file (dist/test/**/*.test.js) in a process of its own, two at a time, each
// under a time limit, and prints the true counts as the last line: `N passed, N failed`. Arguments filter by path:
// node scripts/test.mjs onnx
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from './build/run.mjs'

const root = 'dist/test'
const limit = Number(process.env['FILTERLENS_TEST_SECONDS'] ?? 600) * 1000
const filters = process.argv.slice(2)
/** Tests that open the page, the library for browsers or the package. */
const needsPages = /test\/(browser|package|web|identity|report\/browser|figures\/identity|cli\/(view|serve))/
/** @param {string} file */
const sourceOf = (file) => relative('dist', file).replace(/\.js$/, '.ts')

/** Test files that the filters choose. */
function chosen() {
  return readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(root, name))
    .filter((file) => existsSync(sourceOf(file))) // a deleted test must not live on in dist/
    .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
    .sort()
}
/**
 * @typedef {{ file: string, code: number | null, passed: number, failed: number, skipped: number, output: string, seconds: number }} Result
 */

/** @param {string} file @returns {Promise<Result>} */
function run(file) {
  return new Promise((resolve) => {
    const started = Date.now()
    const child = spawn(process.execPath, [file], { env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    const timer = setTimeout(() => {
      output += `\nkilled after ${limit / 1000} s`
      child.kill('SIGKILL')
    }, limit)
    child.on('close', (code) => {
      clearTimeout(timer)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours its summary even in a pipe
      const plain = output.replace(/\u001b\[[0-9;]*m/g, '')
      const sum = (/** @type {string} */ word) =>
        [...plain.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0)
      const total = sum('Total')
      const passed = sum('Passed')
      const skipped = sum('Skipped')
      // A file that dies or runs no test is a failure of its own, on top of the tests that failed inside it.
      const failed = Math.max(total - passed, code === 0 && total + skipped > 0 ? 0 : 1)
      resolve({ file, code, passed, failed, skipped, output: plain, seconds: (Date.now() - started) / 1000 })
    })
  })
}

if (!(await build(['all']))) process.exit(1)
const files = chosen()
if (files.some((file) => needsPages.test(file)) && !(await build(['pages']))) process.exit(1)

const queue = [...files]
const totals = { passed: 0, failed: 0, skipped: 0 }
async function worker() {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const result = await run(file)
    totals.passed += result.passed
    totals.failed += result.failed
    totals.skipped += result.skipped
    const notes = [...result.output.matchAll(/^skipped: .*$/gm)].map((m) => `  (${m[0]})`).join('')
    console.log(
      `${result.failed ? 'FAIL' : 'ok  '} ${result.file}  ${result.passed} passed${result.failed ? `, ${result.failed} failed` : ''}  ${result.seconds.toFixed(1)} s${notes}`,
    )
    if (result.failed) console.log(result.output)
  }
}
await Promise.all([worker(), worker()])
if (files.length === 0) console.error(`no test file has ${filters.join(' or ')} in its path`)
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
