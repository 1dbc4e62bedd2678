import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import { crateProblems } from './check-crate.ts'
import { MANIFEST, type ManifestEntry, parseManifest, RESULTS } from './manifest.ts'
import { exists } from './open-results.ts'

const LARGEST_TEXT = 1 << 20
/** What a reader of results opens first: one that is not in the manifest would be believed and is not checked. */
const opened = [
  'report.html',
  'groups.json',
  'pairs.json',
  'images.json',
  'first_filters.arrow',
  'kernel.wasm',
  'parameters.json',
]

/** What the hashes of results say. */
export interface FileCheck {
  /** The number to quote, as the results have it. */
  readonly resultsSha256: string
  readonly entries: readonly ManifestEntry[]
  /** One sentence per file that is missing or changed; empty when all is as it was written. */
  readonly problems: readonly string[]
}

/**
 * Checks every file of results against their manifest, and the manifest against the number to quote.
 * @throws InputError when there are no results, or their manifest is not one
 */
export async function checkFiles(folder: Folder, name: string): Promise<FileCheck> {
  const results = await readText(folder, name, RESULTS)
  const manifest = await readText(folder, name, MANIFEST)
  const resultsSha256 = results.trim()
  if (!/^[0-9a-f]{64}$/.test(resultsSha256)) throw new InputError(`${name}/${RESULTS}`, 'does not hold 64 hexadecimal digits')
  const entries = parseManifest(`${name}/${MANIFEST}`, manifest)
  const problems: string[] = []
  if ((await hashText(folder, MANIFEST)) !== resultsSha256)
    problems.push(`${MANIFEST} has been changed: its SHA-256 is not what ${RESULTS} says`)
  for (const { path, sha256 } of entries) {
    const access = await folder.open(path)
    if (!access) {
      problems.push(`${path} is missing`)
      continue
    }
    try {
      const found = await sha256Of(access)
      if (found !== sha256) problems.push(`${path} has been changed: its SHA-256 is ${found}, not ${sha256}`)
    } finally {
      await access.close?.()
    }
  }
  const listed = new Set(entries.map(({ path }) => path))
  for (const path of opened)
    if (!listed.has(path) && (await exists(folder, path)))
      problems.push(`${path} lies there but is not in ${MANIFEST}: it is no part of these results`)
  problems.push(...(await crateProblems(folder, { resultsSha256, entries })))
  return { resultsSha256, entries, problems }
}

async function hashText(folder: Folder, path: string): Promise<string | undefined> {
  const access = await folder.open(path)
  if (!access) return undefined
  try {
    return await sha256Of(access)
  } finally {
    await access.close?.()
  }
}

async function readText(folder: Folder, name: string, path: string): Promise<string> {
  const access = await folder.open(path)
  if (!access)
    throw new InputError(name, `has no ${path}: it is no finished results folder of filterlens; run filterlens analyze -o again`)
  try {
    if (access.byteLength > LARGEST_TEXT)
      throw new InputError(`${name}/${path}`, `is larger than ${LARGEST_TEXT} bytes; it is not one of filterlens`)
    return new TextDecoder().decode(await access.read(0, access.byteLength))
  } finally {
    await access.close?.()
  }
}
