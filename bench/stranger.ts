// A stranger's path: `npx filterlens net.pth` in an empty folder, from the packed package, to the first flagged layer.
// npm run bench:stranger, or node dist/bench/stranger.js [--rounds 5]. The first way needs the registry for three dependencies.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { checkpoint } from './end-to-end-inputs.ts'
import { bellShaped } from './weights.ts'

const { values: given } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const ROUNDS = Number(given.rounds)
if (!(Number.isSafeInteger(ROUNDS) && ROUNDS > 0)) throw new RangeError('--rounds is a whole number of at least 1')

const SIDE = 256
const LAYERS = 19
const home = mkdtempSync(join(tmpdir(), 'filterlens-stranger-'))

/** Seconds until a command prints a line that a flag stands in. @throws Error when it ends without one */
function untilFlagged(command: string, words: readonly string[], cwd: string, cache: string): Promise<number> {
  const started = performance.now()
  const env = { ...process.env, npm_config_cache: cache, npm_config_fund: 'false', npm_config_audit: 'false' }
  const child = spawn(command, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => (err += data))
    child.stdout.on('data', (data) => {
      out += data
      if (/^ .* !/m.test(out)) resolve((performance.now() - started) / 1000)
    })
    child.on('close', () => reject(new Error(`${command} ${words.join(' ')} flagged nothing: ${out}${err}`)))
  })
}

try {
  const values = bellShaped(2 * SIDE * SIDE)
  const layers = Array.from({ length: LAYERS }, (_, k) => values.subarray(9 * k, 9 * k + 9 * SIDE * SIDE))
  const dead = values.slice(9 * SIDE, 9 * SIDE + 9 * SIDE * SIDE)
  dead.fill(0, dead.length >> 2) // three filters of four are zero
  const model = checkpoint([...layers, dead], [SIDE, SIDE, 3, 3])
  writeFileSync(join(home, 'net.pth'), model)
  const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', home], { encoding: 'utf8' })
  if (packed.status !== 0) throw new Error(packed.stderr)
  const [{ filename, size }] = JSON.parse(packed.stdout) as [{ filename: string; size: number }]
  const tarball = join(home, filename)
  const seconds = new Map<string, number[]>()
  const note = (way: string, taken: number): void => void seconds.set(way, [...(seconds.get(way) ?? []), taken])
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(home, `round${round}`)
    const cache = join(home, `cache${round}`)
    mkdirSync(folder)
    cpSync(join(home, 'net.pth'), join(folder, 'net.pth'))
    const npx = ['--yes', `--package=${tarball}`, 'filterlens', 'net.pth']
    note('npx filterlens net.pth, nothing in npm’s cache', await untilFlagged('npx', npx, folder, cache))
    note('npx filterlens net.pth, the second time', await untilFlagged('npx', npx, folder, cache))
    const main = join(import.meta.dirname, '../bundle/node/main.js')
    note('filterlens net.pth, installed', await untilFlagged(process.execPath, [main, 'net.pth'], folder, cache))
  }
  const table = new Table({ head: ['to the first flagged layer', 'seconds', 'from … to'], style: { head: [], border: [] } })
  for (const [way, all] of seconds) {
    const sorted = all.sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1]!
    table.push([way, median.toFixed(2), `${sorted[0]!.toFixed(2)} … ${sorted.at(-1)!.toFixed(2)}`])
  }
  const bytes = `${(model.length / 1e6).toFixed(0)} MB, ${LAYERS + 1} layers; package ${(size / 1e6).toFixed(1)} MB`
  console.log(`${cpus()[0]?.model.trim()}; Node ${process.versions.node}; net.pth of ${bytes}; medians of ${ROUNDS}`)
  console.log(table.toString())
} finally {
  rmSync(home, { recursive: true, force: true })
}
