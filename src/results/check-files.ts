import { InputError } from '../errors.ts'
import { type Folder, memoryAccess } from '../io/random-access.ts'
import { sha256Of } from '../io/sha256.ts'
import { isParameters } from '../measure/parameters.ts'
import { crateProblems } from './check-crate.ts'
import { isOwnPath, MANIFEST, type ManifestEntry, MODULE, PARAMETERS, parseManifest, RESULTS, UNHASHED } from './manifest.ts'
import { tableFiles } from './table-files.ts'

const LARGEST_TEXT = 1 << 20
/** Without these a folder holds no results, whatever its manifest lists. */
const required: readonly string[] = [...Object.values(tableFiles), PARAMETERS, MODULE]

/** What the hashes of results say. */
export interface FileCheck {
  /** The number to quote, as the results have it. */
  readonly resultsSha256: string
  readonly entries: readonly ManifestEntry[]
  /** One sentence per file that is missing or changed; empty when all is as it was written. */
  readonly problems: readonly string[]
  /** Paths of files that lie there and are no part of the results; those that a reader would take for one are problems. */
  readonly extra: readonly string[]
}

/**
 * Checks every file of results against their manifest, the manifest against the number to quote, and that what every run
 * writes is there: the tables, the parameters, and the module that the parameters name.
 * @param name what error messages call the results
 * @throws InputError when there are no results, or their manifest is not one
 * @example
 * const { problems, resultsSha256 } = await checkFiles(diskFolder('results'), 'results')
 * console.log(problems.length === 0 ? resultsSha256 : problems.join('; '))
 */
export async function checkFiles(folder: Folder, name: string, signal?: AbortSignal): Promise<FileCheck> {
  const { resultsSha256, manifest, entries } = await readManifest(folder, name)
  const problems: string[] = []
  if ((await sha256OfText(manifest)) !== resultsSha256)
    problems.push(`${MANIFEST} has been changed: its SHA-256 is not what ${RESULTS} says`)
  const listed = new Map(entries.map(({ path, sha256 }) => [path, sha256]))
  for (const path of required)
    if (!listed.has(path)) problems.push(`${MANIFEST} does not name ${path}, which every run of filterlens writes`)
  for (const { path, sha256 } of entries) {
    const access = await folder.open(path)
    if (!access) {
      problems.push(`${path} is missing`)
      continue
    }
    try {
      const found = await sha256Of(access, signal)
      if (found !== sha256) problems.push(`${path} has been changed: its SHA-256 is ${found}, not ${sha256}`)
    } finally {
      await access.close?.()
    }
  }
  if (problems.length === 0) {
    const wanted = await moduleNamed(folder, name)
    if (listed.get(MODULE) !== wanted)
      problems.push(`${MODULE} is not the module that ${PARAMETERS} names: its SHA-256 is ${listed.get(MODULE)}, not ${wanted}`)
  }
  const extra: string[] = []
  for (const path of (await folder.paths?.()) ?? []) {
    if (listed.has(path) || UNHASHED.includes(path)) continue
    // A reader would believe what has a name of ours.
    if (isOwnPath(path)) problems.push(`${path} lies there but is not in ${MANIFEST}: it is no part of these results`)
    else extra.push(path)
  }
  const crate = await crateProblems(folder, { resultsSha256, entries })
  return { resultsSha256, entries, problems: problems.concat(crate), extra }
}

/** The SHA-256 of the module that the parameters name. @throws InputError when they are none of filterlens */
async function moduleNamed(folder: Folder, name: string): Promise<string> {
  const text = await readText(folder, name, PARAMETERS)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(`${name}/${PARAMETERS}`, 'is not JSON; run filterlens analyze -o again', { cause: error })
  }
  if (!isParameters(value))
    throw new InputError(`${name}/${PARAMETERS}`, 'holds no parameters of filterlens; run filterlens analyze -o again')
  return value.kernel_sha256
}

/** The manifest of results and the number beside it, read and not yet compared. @throws InputError when one is missing or is none */
export async function readManifest(
  folder: Folder,
  name: string,
): Promise<{ resultsSha256: string; manifest: string; entries: ManifestEntry[] }> {
  const resultsSha256 = (await readText(folder, name, RESULTS)).trim()
  const manifest = await readText(folder, name, MANIFEST)
  if (!/^[0-9a-f]{64}$/.test(resultsSha256)) throw new InputError(`${name}/${RESULTS}`, 'does not hold 64 hexadecimal digits')
  return { resultsSha256, manifest, entries: parseManifest(`${name}/${MANIFEST}`, manifest) }
}

/** The SHA-256 of a text in UTF-8. */
export function sha256OfText(text: string): Promise<string> {
  return sha256Of(memoryAccess('text', new TextEncoder().encode(text)))
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
