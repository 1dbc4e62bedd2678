import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** The WebAssembly file of the SVG renderer, from the installed package. */
export function readResvgWasm(): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm'))
}
