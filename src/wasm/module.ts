import { instantiateSync } from '@assemblyscript/loader'
import { type MemoryCalls, openArena } from './arena.ts'
import { type DecodeCalls, decodeCalls } from './decode.ts'
import type { ModuleExports } from './exports.generated.ts'
import { type LiveCalls, liveCalls } from './live.ts'
import { builtModule } from './module.generated.ts'
import { type PanelCalls, panelCalls } from './panels.ts'
import { type ProjectionCalls, projectionCalls } from './projections.ts'
import { type RowCalls, rowCalls } from './rows.ts'
import { type ScanCalls, scanCalls } from './scan.ts'
import { type MomentsCalls, momentsCalls } from './segment-moments.ts'
import { type ShiftDrawCalls, shiftDrawCalls } from './shift-draws.ts'
import { type SpectrumCalls, spectrumCalls } from './spectrum.ts'

export type { Decoding } from './decode.ts'
export { maxTaps, panelLimit } from './limits.ts'
export type { NearestRows, PanelSum, Precision } from './panels.ts'
export type { FilterBasis } from './projections.ts'
export type { Scanned } from './scan.ts'
export type { SegmentMoments } from './segment-moments.ts'
export type { Picks } from './shift-draws.ts'

/** SHA-256 (hex) of the WASM module: results of two modules must not be mixed. */
export const moduleSha256: string = builtModule.sha256

/** Functions that stored numbers may pass through: the same bits in every engine (host Math is not). */
export type WasmMath = Pick<ModuleExports, 'exp' | 'expm1' | 'log' | 'log1p' | 'log2' | 'log10' | 'pow'>

/**
 * One instance of the module, with one arena for the caller's data. Not reentrant; one per worker.
 * Views are stale as soon as `reserve` has grown the memory: take them anew after it.
 */
export interface WasmInstance
  extends MemoryCalls,
    DecodeCalls,
    ScanCalls,
    LiveCalls,
    RowCalls,
    MomentsCalls,
    SpectrumCalls,
    PanelCalls,
    ProjectionCalls,
    ShiftDrawCalls {
  readonly math: WasmMath
}

/** The bytes of the module that this package holds. */
export function moduleBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(builtModule.base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

let compiled: Promise<WebAssembly.Module> | undefined

/** The compiled module, compiled once in a thread: send it to workers by postMessage, open an instance in each. */
export function compileModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(moduleBytes())
  return compiled
}

let shared: WasmInstance | undefined

/**
 * One instance for the layer table's statistics, opened at the first call, synchronously (51 KB: small enough for a
 * browser's main thread), so that these are plain functions. Measuring opens instances of its own.
 */
export function sharedInstance(): WasmInstance {
  shared ??= makeInstance(instantiateSync<ModuleExports>(moduleBytes()).exports)
  return shared
}

/** Opens an instance of `module`, or of the module this package holds. */
export async function openInstance(module?: WebAssembly.Module): Promise<WasmInstance> {
  return makeInstance(instantiateSync<ModuleExports>(module ?? (await compileModule())).exports)
}

function makeInstance(wasm: ModuleExports): WasmInstance {
  const arena = openArena(wasm)
  const { memory, reserve, u8, f32, f64 } = arena
  return {
    ...{ memory, reserve, u8, f32, f64, math: wasm },
    ...decodeCalls(wasm),
    ...scanCalls(wasm, arena),
    ...liveCalls(wasm),
    ...rowCalls(wasm),
    ...momentsCalls(wasm, arena),
    ...spectrumCalls(wasm, arena),
    ...panelCalls(wasm, arena),
    ...projectionCalls(wasm, arena),
    ...shiftDrawCalls(wasm, arena),
  }
}
