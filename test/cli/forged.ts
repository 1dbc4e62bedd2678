import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { diskFolder } from '../../src/io/node.ts'
import { outputFolder } from '../../src/io/node-output.ts'
import type { Analysis } from '../../src/measure/model-row.ts'
import { fileId } from '../../src/results/check-crate.ts'
import { checkFiles } from '../../src/results/check-files.ts'
import { manifestText, parseManifest } from '../../src/results/manifest.ts'
import { readResults } from '../../src/results/tables-read.ts'
import { writeResults } from '../../src/results/write-results.ts'
import { filterlens } from './run.ts'

export const few = ['data/vgg_w16_cifar10_normal.onnx', 'data/vgg_w16_cifar10_robust.onnx']

export const facts = {
  command: 'a test',
  finished: '2026-01-01T00:00:00Z',
  machine: {},
  license: 'https://creativecommons.org/publicdomain/zero/1.0/',
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** SHA-256 of the files below a folder that count, by their path in it; none where there is no folder. */
export async function hashesBelow(folder: string, counts: (path: string) => boolean): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1)
    if (entry.isFile() && counts(path)) found.set(path, sha256(await readFile(join(folder, path))))
  }
  return found
}

/** Results whose hashes are all right and whose rows are not: what someone would write who wants to be believed. */
export async function forged(folder: string, change: (analysis: Analysis) => Analysis, module?: string): Promise<string> {
  const honest = join(folder, 'honest')
  assert.is((await filterlens(['analyze', ...few, '-o', honest])).code, 0)
  const analysis = change(await readResults(diskFolder(honest), honest))
  const output = join(folder, 'forged')
  await mkdir(output)
  await writeResults(outputFolder(output), { analysis, inputs: null }, facts)
  if (module !== undefined) await writeFile(join(output, 'kernel.wasm'), module)
  await reseal(output)
  assert.equal((await checkFiles(diskFolder(output), output)).problems, [])
  return output
}

/** Writes the hashes of changed results anew, in the crate too: of the files that the manifest lists, or of these. */
export async function reseal(folder: string, paths?: readonly string[]): Promise<void> {
  const before = await readFile(join(folder, 'manifest.sha256'), 'utf8')
  const listed = paths ?? parseManifest('manifest', before).map(({ path }) => path)
  const entries = await Promise.all(listed.map(async (path) => ({ path, sha256: sha256(await readFile(join(folder, path))) })))
  const manifest = manifestText(entries)
  const crate = JSON.parse(await readFile(join(folder, 'ro-crate-metadata.json'), 'utf8'))
  const hashOf = new Map(
    [...entries, { path: 'manifest.sha256', sha256: sha256(manifest) }].map((entry) => [fileId(entry.path), entry.sha256]),
  )
  for (const entity of crate['@graph']) {
    if (hashOf.has(entity['@id'])) entity.sha256 = hashOf.get(entity['@id'])
    if (entity['@id'] !== './') continue
    entity.identifier = `sha256:${sha256(manifest)}`
    entity.hasPart = entity.hasPart.filter(
      (part: { '@id': string }) => hashOf.has(part['@id']) || /json|sha256/.test(part['@id']),
    )
  }
  await writeFile(join(folder, 'manifest.sha256'), manifest)
  await writeFile(join(folder, 'results.sha256'), `${sha256(manifest)}\n`)
  await writeFile(join(folder, 'ro-crate-metadata.json'), JSON.stringify(crate))
}
