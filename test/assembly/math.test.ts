import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openInstance, type WasmMath } from '../../src/wasm/module.ts'
import { double } from './data.ts'

const { math } = await openInstance()
type Name = Exclude<keyof WasmMath, 'pow'>

/** Arguments and the exact value rounded to double, as Python's float.hex. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/assembly/functions.json', import.meta.url), 'utf8')) as Record<
  keyof WasmMath,
  string[][]
>

/** How many doubles lie between a and b. */
function apart(a: number, b: number): number {
  const bits = (x: number) => {
    const i = new BigInt64Array(Float64Array.of(x).buffer)[0]!
    return i < 0n ? -(i & 0x7fffffffffffffffn) : i
  }
  const d = bits(a) - bits(b)
  return Number(d < 0n ? -d : d)
}

const limits: Record<Name, number> = { exp: 1, expm1: 1, log: 1, log1p: 1, log2: 1, log10: 2 }

for (const [name, limit] of Object.entries(limits) as [Name, number][]) {
  test(`${name} within ${limit} of the last place of the exact value`, () => {
    const rows = golden[name]
    assert.ok(rows.length > 100)
    for (const [x, y] of rows) {
      const found = math[name](double(x!))
      assert.ok(apart(found, double(y!)) <= limit, `${name}(${double(x!)}) = ${found}, exactly ${double(y!)}`)
    }
  })
}

test('pow within 1 of the last place', () => {
  for (const [x, y, z] of golden.pow) {
    const found = math.pow(double(x!), double(y!))
    assert.ok(apart(found, double(z!)) <= 1, `${double(x!)} to the ${double(y!)} = ${found}, exactly ${double(z!)}`)
  }
})

test('exact where the value is: powers of two and ten, zero, one', () => {
  for (let k = -1000; k <= 1000; k += 8) assert.is(math.log2(math.pow(2, k)), k)
  for (let k = -20; k <= 22; k++) assert.is(math.log10(Number(`1e${k}`)), k)
  assert.is(math.exp(0), 1)
  assert.is(math.log(1), 0)
  assert.is(math.log(0), Number.NEGATIVE_INFINITY)
  assert.is(math.exp(-1000), 0)
  assert.is(math.exp(1000), Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(math.log(-1)))
})

test.run()
