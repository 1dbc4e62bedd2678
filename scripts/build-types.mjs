// Compiles src/, test/ and bench/ to dist/ with the native TypeScript compiler (the JavaScript one, kept for typedoc, needs five times as long).
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync } from 'node:fs'
import './build-fonts.mjs'

const tsc = spawnSync(process.execPath, ['node_modules/ts7/bin/tsc', '-p', 'tsconfig.json', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
if (existsSync('dist/src/cli/main.js')) chmodSync('dist/src/cli/main.js', 0o755)
if (existsSync('test/fixtures')) cpSync('test/fixtures', 'dist/test/fixtures', { recursive: true })
process.exitCode = tsc.status ?? 1
