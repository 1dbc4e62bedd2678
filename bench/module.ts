// The module beside its peers, in one run: node dist/bench/module.js (npm run bench). One thread each, medians of paired rounds.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { type GramTotal, gramPrecisions, isExact } from '../src/wasm/gram.ts'
import { openInstance, type Precision, panelLimit, type WasmInstance } from '../src/wasm/module.ts'
import { openBenchModule, type Parts, type Roofline } from './parts.ts'
import { openC, openPython } from './peers.ts'
import { type Contender, paired, type Timing, timed } from './rounds.ts'
import { bellShaped } from './weights.ts'

const LAYERS = 16
const FILTERS = 65536
const BYTES = LAYERS * FILTERS * 36
const ROUNDS = 11
const GRAM_ROUNDS = 5
const gramShapes = [
  [256, 2304],
  [512, 4608],
  [1024, 9216],
] as const

/** Milliseconds and the arithmetic that counted, for a whole layer at `data`. */
function gram(wasm: WasmInstance, data: number, packed: number, rows: number, length: number): [number, Precision] {
  let used: Precision = 'double'
  const time = timed(() => {
    for (const precision of gramPrecisions(rows, length)) {
      used = precision
      const rowBytes = wasm.packedRowBytes(length, precision)
      const panels: [number, number][] = []
      const total = { sum: 0, near: 0, inverseSquares: 0 }
      for (let from = 0; from < rows; from += panelLimit) {
        const count = Math.min(panelLimit, rows - from)
        const place = packed + panels.length * panelLimit * rowBytes
        total.inverseSquares += wasm.packRows(data + 4 * from * length, count, length, place, precision)
        panels.push([place, count])
        for (const [other, some] of panels) {
          const part = wasm.gramPanels(place, count, other, some, length, precision)
          total.sum += part.sum
          total.near += part.near
        }
      }
      if (isExact(precision, rows, total satisfies GramTotal)) break
    }
  })
  return [time, used]
}

const folder = mkdtempSync(join(tmpdir(), 'filterlens-bench-'))
const file = join(folder, 'weights.f32')
const values = bellShaped(LAYERS * FILTERS)
writeFileSync(file, new Uint8Array(values.buffer))
const arguments_ = [file, String(LAYERS), String(FILTERS)]
const c = openC(arguments_)
const python = openPython(arguments_)

const wasm = await openInstance()
const most = Math.max(...gramShapes.map(([rows, length]) => rows * wasm.packedRowBytes(length, 'single')))
const data = wasm.reserve(BYTES + Math.max(BYTES, most) + 64)
const behind = data + BYTES
wasm.f32(data, values.length).set(values)

const each = (work: (address: number) => void) => () =>
  timed(() => {
    for (let k = 0; k < LAYERS; k++) work(data + k * FILTERS * 36)
  })
const scanned = Array.from({ length: LAYERS }, (_, k) => wasm.scan(data + k * FILTERS * 36, FILTERS * 9))
const limits = new Map(scanned.map(({ peak, sum }, k) => [data + k * FILTERS * 36, [peak / 100, sum / (FILTERS * 9)] as const]))
const sparse = [...limits].reduce((n, [address, [limit]]) => n + wasm.moments(address, FILTERS, 9, limit).sparse, 0)
const basis = {
  mean: new Float64Array(9).fill(0.01),
  components: Float64Array.from({ length: 81 }, (_, k) => Math.sin(k * k + 1) / 2),
}
const counts = new Float64Array(630)
const ask = (peer: { ask(line: string): Promise<number | undefined> } | undefined, line: string): Contender =>
  peer ? () => peer.ask(line) : async () => undefined

console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; ${LAYERS} layers of ${FILTERS.toLocaleString('en')} 3×3 filters (${(BYTES / 1e6).toFixed(0)} MB), ${((100 * sparse) / (LAYERS * FILTERS)).toFixed(0)} % sparse; one thread; processor time, medians of ${ROUNDS} paired rounds`,
)

const tableStyle = { head: [], border: [], compact: true }

function print(title: string, timings: Map<string, Timing>): void {
  const table = new Table({
    head: [title, 'ms', 'million filters/s', 'GB/s', 'time / our time'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: tableStyle,
  })
  for (const [name, { median, ratio }] of timings) {
    const rate = (LAYERS * FILTERS) / median / 1e3
    table.push([name, median.toFixed(1), rate.toFixed(1), (BYTES / median / 1e6).toFixed(2), ratio.toFixed(2)])
  }
  console.log(table.toString())
}

const copy = () => timed(() => wasm.u8(data, 2 * BYTES).copyWithin(BYTES, 0, BYTES))
const scan = each((address) => wasm.scan(address, FILTERS * 9))
const passOf = (address: number) => {
  wasm.scan(address, FILTERS * 9)
  const [limit, mean] = limits.get(address)!
  wasm.moments(address, FILTERS, 9, limit, false, mean)
}
print(
  'one layer pass',
  await paired(
    new Map<string, Contender>([
      ['filterlens: peak, sparsity, norms, three scatters', each(passOf)],
      ['memory copy of the same bytes', copy],
      ['C, plainly written, gcc -O3 -march=native: the same', ask(c, 'plain')],
      ['C, tuned by hand, 256-bit: the same', ask(c, 'tuned')],
      ['numpy, expert, products by BLAS: the same', ask(python, 'expert')],
      ["paper's notebooks, float64: sparsity, one entropy ¹", ask(python, 'notebook')],
      ['torchconvquality, float32: two entropies, norms ²', ask(python, 'torch_metrics')],
      ['both: what filterlens measures of a layer', ask(python, 'authors')],
    ]),
    ROUNDS,
  ),
)
console.log(`¹ sparsity.ipynb, scaling of all filters, pca.ipynb: peak, sparsity, and the entropy of the scaled filters by SVD.
² entropies of all and of the non-sparse filters by SVD, norms before and after standardising; orthogonality is below.`)

const parts = openBenchModule<Parts>('parts', folder)
const partFilters = 4 * FILTERS
parts.memory.grow(Math.ceil((parts.data() + partFilters * 36) / 65536) + 1)
new Float32Array(parts.memory.buffer, parts.data(), partFilters * 9).set(values.subarray(0, partFilters * 9))
const bound = limits.get(data)![0]
const tiles = partFilters / 256
parts.gatherAll(partFilters, bound)
const opened = openSync(file, 'r')
const sixteenths = LAYERS / (partFilters / FILTERS)
const partOf = (work: () => void) => () => timed(work) * sixteenths
const beside = new Set(['read from the disk cache', 'memory copy'])
const spent = await paired(
  new Map<string, Contender>([
    ['the pass', each(passOf)],
    ['scan: peak, Σw, Σ|w|, is all finite', scan],
    ['gather: four filters to nine planes, max-abs, sparse or not', partOf(() => parts.gatherAll(partFilters, bound))],
    ['widen to double, as they are and over max-abs; Σ|w - mean|', partOf(() => void parts.widenTiles(tiles))],
    ['45 products and 9 sums in double, for two of the sets', partOf(() => parts.multiplyTiles(2 * tiles))],
    ['read from the disk cache', () => timed(() => void readSync(opened, wasm.u8(behind, BYTES), 0, BYTES, 0))],
    ['memory copy', copy],
  ]),
  ROUNDS,
)
closeSync(opened)
{
  const whole = (spent.get('the pass')!.median * 1e6) / (LAYERS * FILTERS)
  const table = new Table({
    head: ['where the time of one filter (36 bytes) goes', 'ns', 'of the pass'],
    colAligns: ['left', 'right', 'right'],
    style: tableStyle,
  })
  const row = (name: string, share: number) => table.push([name, (whole * share).toFixed(1), share.toFixed(2)])
  let rest = 1
  for (const [name, { ratio }] of spent) {
    if (name === 'the pass' || beside.has(name)) continue
    row(`  ${name}`, ratio)
    rest -= ratio
  }
  row('  fold tiles into the sets, and the rest', rest)
  row('all of the pass', 1)
  for (const name of beside) row(`beside it: ${name}`, spent.get(name)!.ratio)
  console.log(table.toString())
}

print(
  'coefficients in a basis',
  await paired(
    new Map<string, Contender>([
      [
        'filterlens: range, then 9 × 70 histogram',
        each((address) => {
          wasm.coefficientRange(address, FILTERS, 9, basis)
          wasm.coefficientHistogram(address, FILTERS, 9, basis, { low: -4, high: 4, limit: 0 }, counts)
        }),
      ],
      ['  range', each((address) => void wasm.coefficientRange(address, FILTERS, 9, basis))],
      [
        '  histogram',
        each((address) => wasm.coefficientHistogram(address, FILTERS, 9, basis, { low: -4, high: 4, limit: 0 }, counts)),
      ],
      ['numpy, expert: bins by arithmetic, bincount', ask(python, 'expert_coefficients')],
      ["numpy.histogram per component, as the paper's notebook", ask(python, 'notebook_coefficients')],
    ]),
    ROUNDS,
  ),
)

const { multiplyAdd } = openBenchModule<Roofline>('roofline', folder)
const TIMES = 400_000
const table = new Table({
  head: ['orthogonality', 'arithmetic', 'ms', 'G products/s', 'of SIMD128 peak', 'numpy float64', 'numpy float32'],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  style: tableStyle,
})
for (const [rows, length] of gramShapes) {
  let used: Precision = 'double'
  const timings = await paired(
    new Map<string, Contender>([
      [
        'ours',
        () => {
          const [time, precision] = gram(wasm, data, behind, rows, length)
          used = precision
          return time
        },
      ],
      ['peak', () => timed(() => void multiplyAdd(TIMES))],
      ['float64', ask(python, `gram ${rows} ${length} float64`)],
      ['float32', ask(python, `gram ${rows} ${length} float32`)],
    ]),
    GRAM_ROUNDS,
  )
  const ours = timings.get('ours')!.median
  const rate = (rows * (rows + 1) * length) / 2 / ours / 1e6
  const peak = (TIMES * 12 * 4) / timings.get('peak')!.median / 1e6
  const beside = (name: string) => {
    const found = timings.get(name)
    return found ? `${found.median.toFixed(0)} ms (${found.ratio.toFixed(2)})` : '-'
  }
  const share = `${(rate / peak).toFixed(2)} of ${peak.toFixed(1)}`
  table.push([`${rows} × ${length}`, used, ours.toFixed(0), rate.toFixed(1), share, beside('float64'), beside('float32')])
}
console.log(table.toString())
console.log('Peak: float32×4 multiplications and additions in registers, 1 product = one of each. In brackets: time over ours.')
c?.close()
python?.close()
rmSync(folder, { recursive: true })
