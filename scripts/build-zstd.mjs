// Writes src/codecs/zstd.generated.ts: the WebAssembly of libzstd's decoder, as the package zstddec holds it, base64.
// docs/decisions/own-readers.md says why its own face is not used.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const source = readFileSync('node_modules/zstddec/dist/zstddec-stream.mjs', 'utf8')
const [, base64 = ''] = source.match(/["'](AGFzbQ[A-Za-z0-9+/]+=*)["']/) ?? []
const wanted = ['memory', 'malloc', 'free', 'ZSTD_createDCtx', 'ZSTD_freeDCtx', 'ZSTD_decompressStream']
const names = new Set(
  base64 ? WebAssembly.Module.exports(new WebAssembly.Module(Buffer.from(base64, 'base64'))).map(({ name }) => name) : [],
)
const missing = wanted.filter((name) => !names.has(name))
if (missing.length > 0) throw new Error(`zstddec has no WebAssembly with ${missing.join(', ')}`)
const text = `// Written by scripts/build-zstd.mjs from zstddec: do not edit.
// Copyright (c) Meta Platforms, Inc. and affiliates; BSD 3-Clause.
export const zstdBase64: string =
  '${base64}'
`
const file = 'src/codecs/zstd.generated.ts'
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
