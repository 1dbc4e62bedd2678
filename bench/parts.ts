import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** assembly/bench/roofline.ts and parts.ts: what only the benchmark calls. */
export interface Roofline {
  multiplyAdd(times: number): number
}

export interface Parts {
  readonly memory: WebAssembly.Memory
  data(): number
  gatherAll(filters: number, bound: number): void
  widenTiles(tiles: number): number
  multiplyTiles(tiles: number): void
}

/** Compiles assembly/bench/<name>.ts as the module is compiled, and opens it. */
export function openBenchModule<T>(name: string, folder: string): T {
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')
  const file = join(folder, `${name}.wasm`)
  const options = ['-O3', '--converge', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '-o', file]
  execFileSync(process.execPath, [asc, `assembly/bench/${name}.ts`, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports as unknown as T
}
