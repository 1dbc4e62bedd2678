import { InputError } from '../errors.ts'

/** A file of results as their manifest has it. */
export interface ManifestEntry {
  /** Below the folder of the results, forward slashes. */
  readonly path: string
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string
}

/** Lists every hashed file, in the format of `sha256sum`, sorted by path: `sha256sum -c manifest.sha256` checks results without filterlens. */
export const MANIFEST = 'manifest.sha256'
/** Holds the SHA-256 of the manifest: the one number to quote. Written last, so that a folder without it holds no finished results. */
export const RESULTS = 'results.sha256'
/** The module that computed the numbers. */
export const MODULE = 'kernel.wasm'
/** What the numbers were computed with, as JSON. */
export const PARAMETERS = 'parameters.json'
/** Host, time and speed of the run, and the crate that dates it: they differ from run to run and stand apart from what is hashed. */
export const UNHASHED: readonly string[] = ['machine.json', 'ro-crate-metadata.json', MANIFEST, RESULTS]

const LARGEST_MANIFEST = 1 << 20

/** The manifest's text. Paths are sorted by code unit, so that the order is the same everywhere. */
export function manifestText(entries: readonly ManifestEntry[]): string {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return sorted.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('')
}

/** The names that filterlens gives to files of results: nothing else in a folder is its to remove, whatever a manifest lists. */
const own =
  /^(?:(?:layers|models|skipped|first_filters)\.arrow|(?:parameters|groups|pairs|images|machine|ro-crate-metadata)\.json|kernel\.wasm|report\.html|groups\/[\w-]+\.arrow|figures\/[\w-]+\.(?:svg|png))$/

export function isOwnPath(path: string): boolean {
  return own.test(path)
}

/** Reads a manifest back. @throws InputError for a line that is not one, a path that leaves the folder, or a path listed twice */
export function parseManifest(name: string, text: string): ManifestEntry[] {
  if (text.length > LARGEST_MANIFEST)
    throw new InputError(name, `is larger than ${LARGEST_MANIFEST} bytes; it is no manifest of filterlens`)
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new InputError(name, 'does not end with a line break; the file is cut short')
  const seen = new Set<string>()
  return lines.map((line, k) => {
    const match = /^([0-9a-f]{64}) {2}([^\0\n]+)$/.exec(line)
    if (!match) throw new InputError(name, `line ${k + 1} is not "<sha256>  <path>"`)
    const [, sha256, path] = match as unknown as [string, string, string]
    if (!isPlainPath(path)) throw new InputError(name, `line ${k + 1} names ${JSON.stringify(path)}, which leaves the folder`)
    if (seen.has(path)) throw new InputError(name, `line ${k + 1} names ${JSON.stringify(path)} a second time`)
    seen.add(path)
    return { path, sha256 }
  })
}

/** True for a relative path with forward slashes that stays below its folder on every system. */
export function isPlainPath(path: string): boolean {
  if (path === '' || path.startsWith('/') || /[\\\0:]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}
