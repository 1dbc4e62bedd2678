// The identity suite in Node, Deno or Bun: prints one line of JSON. Argument: the folder with the models.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFile } from '../../src/io/node.ts'
import { identitySuite } from './suite.ts'

const folder = process.argv[2]!
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .sort()
const models = await Promise.all(names.map((name) => openFile(join(folder, name), name)))
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const found = await identitySuite({ models, meta: text('meta.csv'), pairs: text('pairs.csv') })
const versions = process.versions as Record<string, string | undefined>
process.stdout.write(`${JSON.stringify({ version: versions['deno'] ?? versions['bun'] ?? process.versions.node, ...found })}\n`)
