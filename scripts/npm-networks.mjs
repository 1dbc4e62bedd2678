// Measures the networks that npm packages ship: node scripts/npm-networks.mjs <folder> [--only text] [--table]
// Build first (npm run build). The list is scripts/npm-networks.json: package@version, file within the package, licence.
// Every package is fetched with `npm pack` into <folder> (outside the project; kept, so that a second run fetches nothing),
// unpacked there, and `filterlens extract` reads each network. Into <folder>/networks.json goes what was found, with the
// SHA-256 of each layer's float32 weights, for scripts/npm-networks-compare.py, which reads the same files by other
// programs and writes <folder>/comparison.json. Printed is the Markdown table of docs/npm-networks.md;
// --table prints it again from what lies in <folder>.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'

/**
 * @typedef {{ package: string, file: string, licence: string }} Entry
 * @typedef {{ name: string, shape: number[], groups: number, depth: number, sha256: string }} Layer
 * @typedef {Entry & { path: string, format?: string, depth_source?: string, models?: number, layers: Layer[], skipped: string[], warnings: string[], problem?: string }} Found
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, table: { type: 'boolean', default: false } },
})
const folder = positionals[0] ?? ''
if (folder === '') throw new Error('name a folder outside the project: node scripts/npm-networks.mjs <folder>')
const command = join(import.meta.dirname, '../dist/src/cli/main.js')
const foundFile = join(folder, 'networks.json')

/** Runs a program to its end; its output, or an error with what it said. */
function run(program, words) {
  const environment = { ...process.env, NO_COLOR: '1' }
  return spawnSync(program, words, { cwd: folder, env: environment, encoding: 'utf8', maxBuffer: 2 ** 28 })
}

/** The folder of an unpacked package, fetched where it is not there yet. */
function fetched(name) {
  const place = join(folder, name.replace(/^@/, '').replace('/', '-'))
  if (existsSync(place)) return place
  const packed = run('npm', ['pack', '--silent', '--ignore-scripts', name])
  if (packed.status !== 0) throw new Error(`npm pack ${name}: ${packed.stderr}`)
  mkdirSync(place)
  const archive = join(folder, packed.stdout.trim())
  const { status, stderr } = run('tar', ['-xzf', archive, '-C', place, '--strip-components=1'])
  if (status !== 0) throw new Error(`tar ${archive}: ${stderr}`)
  rmSync(archive)
  return place
}

/** @returns {Layer[]} the layers of a filter database, each with the SHA-256 of its weights: float32, little-endian, O×I×3×3 */
function layersOf(database) {
  const filters = tableFromIPC(readFileSync(join(database, 'filters.arrow')))
  const layers = tableFromIPC(readFileSync(join(database, 'layers.arrow')))
  const numbers = new Float32Array(filters.numRows * 9)
  const column = filters.getChild('weights')
  if (!column) throw new Error(`${database}: filters.arrow has the columns ${filters.schema.names.join(', ')}`)
  let at = 0
  for (const chunk of column.data) {
    const values = chunk.children[0]?.values.subarray(chunk.offset * 9, (chunk.offset + chunk.length) * 9)
    numbers.set(values, at)
    at += values.length
  }
  return [...layers].map((row) => {
    const start = Number(row.filter_start) * 9
    const own = numbers.subarray(start, start + Number(row.filter_count) * 9)
    const sha256 = createHash('sha256')
      .update(new Uint8Array(own.buffer, own.byteOffset, own.byteLength))
      .digest('hex')
    return {
      name: row.layer,
      shape: [row.out_channels, row.in_channels, 3, 3],
      groups: row.groups,
      depth: row.depth,
      sha256,
    }
  })
}

/** A file that a package has compressed with gzip is unpacked beside it. */
function unpacked(path) {
  if (!/\.gz(ip)?$/.test(path)) return path
  const plain = path.replace(/\.gz(ip)?$/, '')
  writeFileSync(plain, gunzipSync(readFileSync(path)))
  return plain
}

/** @returns {Found} what filterlens finds in one network */
function measured(entry) {
  const path = unpacked(join(fetched(entry.package), entry.file))
  const database = join(folder, 'database')
  rmSync(database, { recursive: true, force: true })
  const { status, stdout, stderr } = run(process.execPath, [command, 'extract', path, '-o', database, '--json'])
  /** @type {Found} */
  const found = { ...entry, path, skipped: [], warnings: [], layers: [] }
  if (status !== 0) {
    const [said = ''] = stderr.trim().split('\n').slice(-1)
    return {
      ...found,
      problem: said
        .replace(/^filterlens: /, '')
        .replace(`${path}: `, '')
        .replace(`${database}: `, ''),
    }
  }
  const { skipped, warnings } = JSON.parse(stdout)
  const models = [...tableFromIPC(readFileSync(join(database, 'models.arrow')))]
  const all = (name) => [...new Set(models.map((model) => model[name]))].join(', ')
  return {
    ...found,
    format: all('format'),
    depth_source: all('depth_source'),
    models: models.length,
    layers: layersOf(database),
    skipped: skipped.map(({ kind, shape, reason }) => `${kind} ${shape.join('×')}: ${reason}`),
    warnings,
  }
}

/** Why some was left out, by number: "12 1×1, 2 transposed". */
function shortly(skipped) {
  const reasons = new Map()
  for (const line of skipped) {
    const reason = line.slice(line.indexOf(': ') + 2).replace(', not asked for (--kernel all)', '')
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  return [...reasons]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason.slice(0, 80)}`)
    .slice(0, 3)
    .join('; ')
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

/** @param {Found[]} networks */
function table(networks) {
  const compared = join(folder, 'comparison.json')
  const comparison = existsSync(compared) ? JSON.parse(readFileSync(compared, 'utf8')) : {}
  const rows = networks.map((network) => {
    const filters = network.layers.reduce((sum, { shape: [out = 0, into = 0] }) => sum + out * into, 0)
    const remarks = [...(network.problem ? [network.problem] : []), ...network.warnings]
    return [
      network.package,
      network.format ?? '–',
      network.file.split('/').slice(-2).join('/'), // the whole path is in the list
      network.layers.length,
      filters,
      network.depth_source ?? '–',
      shortly(network.skipped),
      remarks.map((text) => text.replace(`${network.path}: `, '')).join(' '),
      comparison[`${network.package} ${network.file}`] ?? 'not compared',
      network.licence,
    ]
  })
  const head = [
    'package',
    'format',
    'file',
    '3×3 layers',
    'filters',
    'depth source',
    'left out (most frequent reasons)',
    'said by filterlens',
    'read independently',
    'licence',
  ]
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}

mkdirSync(folder, { recursive: true })
if (!options.table) {
  /** @type {Entry[]} */
  const entries = JSON.parse(readFileSync(join(import.meta.dirname, 'npm-networks.json'), 'utf8'))
  const found = []
  for (const entry of entries.filter(({ package: name, file }) => `${name} ${file}`.includes(options.only))) {
    process.stderr.write(`${entry.package} ${entry.file}\n`)
    found.push(measured(entry))
  }
  writeFileSync(foundFile, JSON.stringify(found, null, 1))
}
console.log(table(JSON.parse(readFileSync(foundFile, 'utf8'))))
