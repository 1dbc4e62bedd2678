// The kernel beside its peers, in one run: node dist/bench/kernel.js (npm run bench). One thread each, medians of paired rounds.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { type GramTotal, gramPrecisions, isExact } from '../src/gram.ts'
import { type Kernel, openKernel, type Precision, panelLimit } from '../src/wasm.ts'
import { openC, openPython } from './peers.ts'
import { type Contender, paired, type Timing, timed } from './rounds.ts'

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

/** Bell-shaped weights, the sizes of filters spread over four decades: about a tenth of them is sparse. */
function weights(): Float32Array {
  const values = new Float32Array(LAYERS * FILTERS * 9)
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  for (let f = 0; f < LAYERS * FILTERS; f++) {
    const size = 10 ** (-2.4 * next() * next())
    for (let j = 0; j < 9; j++) values[9 * f + j] = (next() + next() + next() - 1.5) * size
  }
  return values
}

/** Milliseconds and the arithmetic that counted, for a whole layer at `data`. */
function gram(kernel: Kernel, data: number, packed: number, rows: number, length: number): [number, Precision] {
  let used: Precision = 'double'
  const time = timed(() => {
    for (const precision of gramPrecisions(rows, length)) {
      used = precision
      const rowBytes = kernel.packedRowBytes(length, precision)
      const panels: [number, number][] = []
      const total = { sum: 0, near: 0, inverseSquares: 0 }
      for (let from = 0; from < rows; from += panelLimit) {
        const count = Math.min(panelLimit, rows - from)
        const place = packed + panels.length * panelLimit * rowBytes
        total.inverseSquares += kernel.packRows(data + 4 * from * length, count, length, place, precision)
        panels.push([place, count])
        for (const [other, some] of panels) {
          const part = kernel.gramPanels(place, count, other, some, length, precision)
          total.sum += part.sum
          total.near += part.near
        }
      }
      if (isExact(precision, rows, total satisfies GramTotal)) break
    }
  })
  return [time, used]
}

function roofline(folder: string): (times: number) => number {
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')
  const file = join(folder, 'roofline.wasm')
  execFileSync(process.execPath, [asc, 'assembly/bench/roofline.ts', '-O3', '--runtime', 'stub', '--enable', 'simd', '-o', file])
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)))
  return (exports as unknown as { multiplyAdd(times: number): number }).multiplyAdd
}

const folder = mkdtempSync(join(tmpdir(), 'filterlens-bench-'))
const file = join(folder, 'weights.f32')
const values = weights()
writeFileSync(file, new Uint8Array(values.buffer))
const arguments_ = [file, String(LAYERS), String(FILTERS)]
const c = openC(arguments_)
const python = openPython(arguments_)

const kernel = await openKernel()
const most = Math.max(...gramShapes.map(([rows, length]) => rows * kernel.packedRowBytes(length, 'single')))
const data = kernel.reserve(BYTES + Math.max(BYTES, most) + 64)
const behind = data + BYTES
kernel.f32(data, values.length).set(values)

const each = (work: (address: number) => void) => () =>
  timed(() => {
    for (let k = 0; k < LAYERS; k++) work(data + k * FILTERS * 36)
  })
const scanned = Array.from({ length: LAYERS }, (_, k) => kernel.scan(data + k * FILTERS * 36, FILTERS * 9))
const limits = new Map(scanned.map(({ peak, sum }, k) => [data + k * FILTERS * 36, [peak / 100, sum / (FILTERS * 9)] as const]))
const sparse = [...limits].reduce((n, [address, [limit]]) => n + kernel.moments(address, FILTERS, 9, limit).sparse, 0)
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

function print(title: string, timings: Map<string, Timing>): void {
  const table = new Table({
    head: [title, 'ms', 'million filters/s', 'GB/s', 'time over ours'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const [name, { median, ratio }] of timings) {
    const rate = (LAYERS * FILTERS) / median / 1e3
    table.push([name, median.toFixed(1), rate.toFixed(1), (BYTES / median / 1e6).toFixed(2), ratio.toFixed(2)])
  }
  console.log(table.toString())
}

const passOf = (address: number) => {
  kernel.scan(address, FILTERS * 9)
  const [limit, mean] = limits.get(address)!
  kernel.moments(address, FILTERS, 9, limit, false, mean)
}
print(
  'the pass: peak, sums, sparse, moments ×3',
  await paired(
    new Map<string, Contender>([
      ['filterlens: all of it', each(passOf)],
      ['  first look (peak, sums)', each((address) => kernel.scan(address, FILTERS * 9))],
      ['memory copy', () => timed(() => kernel.u8(data, 2 * BYTES).copyWithin(BYTES, 0, BYTES))],
      ['C, plainly written (gcc -O3 -march=native)', ask(c, 'plain')],
      ['C, tuned by hand, 256-bit', ask(c, 'tuned')],
      ['numpy, expert, the same numbers', ask(python, 'expert')],
      ['notebook: sparsity, scaling, entropy by SVD', ask(python, 'notebook')],
      ["torchconvquality's metrics in torch", ask(python, 'torch_metrics')],
    ]),
    ROUNDS,
  ),
)
print(
  'coefficients: range, then 9 × 70 histogram',
  await paired(
    new Map<string, Contender>([
      [
        'filterlens: both passes',
        each((address) => {
          kernel.coefficientRange(address, FILTERS, 9, basis)
          kernel.coefficientHistogram(address, FILTERS, 9, basis, { low: -4, high: 4, limit: 0 }, counts)
        }),
      ],
      ['numpy, expert', ask(python, 'expert_coefficients')],
      ['numpy.histogram, as the notebook', ask(python, 'notebook_coefficients')],
    ]),
    ROUNDS,
  ),
)

const multiplyAdd = roofline(folder)
const TIMES = 400_000
const table = new Table({
  head: ['orthogonality', 'arithmetic', 'ms', 'G products/s', 'of SIMD128 peak', 'numpy float64', 'numpy float32'],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
})
for (const [rows, length] of gramShapes) {
  let used: Precision = 'double'
  const timings = await paired(
    new Map<string, Contender>([
      [
        'ours',
        () => {
          const [time, precision] = gram(kernel, data, behind, rows, length)
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
