import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { moduleConstants } from '../../src/wasm/exports.generated.ts'
import { compileModule, moduleSha256, openInstance, type WasmInstance } from '../../src/wasm/module.ts'
import { randomNumbers } from '../assembly/data.ts'

const release = readFileSync(new URL('../../kernel.wasm', import.meta.url))
const debug = readFileSync(new URL('../../kernel.debug.wasm', import.meta.url))

test('the module that is shipped is the one that was built, asks for nothing but abort, and exports what is listed', async () => {
  assert.is(createHash('sha256').update(release).digest('hex'), moduleSha256)
  const module = await compileModule()
  for (const { module: from, name } of WebAssembly.Module.imports(module)) assert.is(`${from}.${name}`, 'env.abort')
  const namesOf = (built: WebAssembly.Module) => WebAssembly.Module.exports(built).map(({ name }) => name)
  const names = namesOf(module)
  assert.equal(names, namesOf(await WebAssembly.compile(debug)))
  assert.ok(names.includes('memory') && names.includes('moments'))
})

test('the types that the compiler declares are those of what the module exports, its constants the values that are read', async () => {
  const declared = readFileSync('src/wasm/exports.generated.ts', 'utf8')
  const functions = [...declared.matchAll(/^ {2}export function (\w+)\((.*)\): /gm)].map(
    ([, name, list]) => [name!, list === '' ? 0 : list!.split(',').length] as const,
  )
  const globals = [...declared.matchAll(/^ {2}export const (\w+): \{/gm)].map(([, name]) => name!)
  for (const built of [release, debug]) {
    const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(built), { env: { abort: () => undefined } })
    const kind = (type: typeof Function | typeof WebAssembly.Global) =>
      Object.entries(exports).filter(([, value]) => value instanceof type)
    const arities = kind(Function).map(([name, value]) => [name, (value as () => void).length])
    assert.equal(Object.fromEntries(arities), Object.fromEntries(functions))
    const values = kind(WebAssembly.Global).map(([name, value]) => [name, (value as WebAssembly.Global).value as number])
    assert.equal(Object.fromEntries(values), { ...moduleConstants })
    assert.equal(values.map(([name]) => name).sort(), globals.sort())
    assert.is(Object.keys(exports).length, functions.length + globals.length + 1, 'and the memory')
  }
})

test('one compiled module opens many instances that do not share memory', async () => {
  const module = await compileModule()
  const [a, b] = await Promise.all([openInstance(module), openInstance(module)])
  const address = a.reserve(64)
  assert.is(b.reserve(64), address)
  a.f32(address, 4).fill(3)
  assert.is(b.f32(address, 4)[0], 0)
})

test('the arena grows, keeps its place and what lies in it; results do not reach into it', async () => {
  const wasm = await openInstance()
  const first = wasm.reserve(1000)
  assert.is(first % 16, 0)
  wasm.u8(first, 1000).fill(7)
  const before = wasm.memory.buffer.byteLength
  assert.is(wasm.reserve(before + 100_000), first)
  assert.ok(wasm.memory.buffer.byteLength >= first + before + 100_000)
  const t = 121
  const filters = first + 1008
  wasm.f32(filters, t * 20).set(randomNumbers(t * 20, 1))
  wasm.moments(filters, 20, t, -1)
  wasm.eigen(new Float64Array(t * t).fill(1))
  const basis = { mean: new Float64Array(t), components: new Float64Array(t * t) }
  wasm.coefficientRange(filters, 20, t, basis)
  wasm.coefficientHistogram(filters, 20, t, basis, { low: -1, high: 1, limit: 0 }, new Float64Array(t * 135))
  wasm.binEdges(0, 1, 1024)
  assert.ok(wasm.u8(first, 1000).every((x) => x === 7))
  assert.equal(wasm.f32(filters, t * 20).slice(), randomNumbers(t * 20, 1))
})

test('memory that the engine does not give is an error that says how much was asked for', async () => {
  const wasm = await openInstance()
  assert.throws(() => wasm.reserve(5 * 2 ** 30), /MB were asked for/)
  assert.ok(wasm.reserve(16) > 0)
})

test('taps and panels out of range are refused', async () => {
  const wasm = await openInstance()
  const address = wasm.reserve(1 << 20)
  assert.throws(() => wasm.moments(address, 1, 122, 0), RangeError)
  assert.throws(() => wasm.moments(address, 1, 0, 0), RangeError)
  assert.throws(() => wasm.packRows(address, 129, 9, address, 'single'), RangeError)
  assert.throws(() => wasm.gramPanels(address, 129, address, 129, 9, 'single'), RangeError)
  assert.throws(() => wasm.binEdges(0, 1, 1025), RangeError)
})

/** Everything the module computes from some weights, as one hash. */
function everything(wasm: WasmInstance): string {
  const hash = createHash('sha256')
  const put = (values: Iterable<number>) => hash.update(new Uint8Array(Float64Array.from(values).buffer))
  const address = wasm.reserve(4 << 20)
  const packed = address + (1 << 20)
  for (const t of [2, 9, 25]) {
    for (const n of [3, 700]) {
      const values = randomNumbers(n * t, n).map((x, k) => (k % (7 * t) < 2 * t ? x / 500 : x))
      wasm.f32(address, values.length).set(values)
      put(Object.values(wasm.scan(address, values.length)))
      const moments = wasm.moments(address, n, t, 0.004, n === 3, 0.01)
      put([moments.sparse, moments.deviation])
      for (const set of [moments.scaled, moments.raw, moments.clean]) {
        put([set.count, wasm.varianceEntropy(set) ?? -1])
        put(set.mean)
        put(set.scatter)
      }
      const { values: variances, vectors } = wasm.eigen(moments.raw.scatter)
      put(variances)
      put(vectors)
      const basis = { mean: moments.raw.mean, components: vectors }
      const { lowest, highest } = wasm.coefficientRange(address, n, t, basis)
      put(lowest)
      put(highest)
      const counts = new Float64Array(70 * t)
      wasm.coefficientHistogram(address, n, t, basis, { low: -2, high: 2, limit: 0.004 }, counts)
      put(counts)
      for (const precision of ['double', 'single', 'integer'] as const) {
        const rows = Math.min(n, 100)
        put([wasm.packRows(address, rows, t, packed, precision)])
        put(Object.values(wasm.gramPanels(packed, rows, packed, rows, t, precision)))
      }
    }
  }
  const { exp, expm1, log, log1p, log2, log10, pow } = wasm.math
  for (const x of randomNumbers(300, 6)) {
    put([exp, expm1, log1p].map((f) => f(x)))
    put([log, log2, log10, (y: number) => pow(y, x)].map((f) => f(Math.abs(x) + 0.001)))
  }
  return hash.digest('hex')
}

test('debug and release builds compute the same bytes', async () => {
  const [a, b] = await Promise.all([openInstance(), openInstance(await WebAssembly.compile(debug))])
  assert.is(everything(a), everything(b))
})

test.run()
