import type { Folder } from '../io/random-access.ts'
import { MANIFEST, type ManifestEntry, RESULTS, UNHASHED } from './manifest.ts'

export const CRATE = 'ro-crate-metadata.json'

const LARGEST = 64 << 20

/** What the crate has to agree with. */
export interface CrateExpectation {
  readonly resultsSha256: string
  readonly entries: readonly ManifestEntry[]
}

type Entity = Readonly<Record<string, unknown>>

/**
 * Checks the description of results (RO-Crate 1.1): that it is one, that every reference inside it leads somewhere, and
 * that it names each file of the manifest with its hash. It is outside the manifest, because it says when the run was; what it
 * says of the files is checked here instead. @returns one sentence per problem
 */
export async function crateProblems(folder: Folder, { resultsSha256, entries }: CrateExpectation): Promise<string[]> {
  const access = await folder.open(CRATE)
  if (!access) return [`${CRATE} is missing`]
  try {
    if (access.byteLength > LARGEST) return [`${CRATE} is larger than ${LARGEST} bytes`]
    const graph = graphOf(new TextDecoder().decode(await access.read(0, access.byteLength)))
    if (!graph) return [`${CRATE} is no RO-Crate: it is damaged`]
    return [...structureProblems(graph), ...fileProblems(graph, resultsSha256, entries)]
  } finally {
    await access.close?.()
  }
}

/** The entities of a crate by their ids; undefined when it is none. */
function graphOf(text: string): Map<string, Entity> | undefined {
  try {
    const graph = (JSON.parse(text) as Record<string, unknown> | null)?.['@graph']
    if (!Array.isArray(graph)) return undefined
    const byId = new Map<string, Entity>()
    for (const entity of graph as (Entity | null)[]) {
      const id = entity?.['@id']
      if (typeof id !== 'string' || byId.has(id)) return undefined
      byId.set(id, entity!)
    }
    return byId
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What RO-Crate 1.1 demands of the descriptor and the root, and references that lead nowhere. */
function structureProblems(graph: ReadonlyMap<string, Entity>): string[] {
  const problems: string[] = []
  const descriptor = graph.get(CRATE)
  const root = graph.get('./')
  const profile = (descriptor?.['conformsTo'] as Entity | undefined)?.['@id']
  if (typeof profile !== 'string' || !profile.startsWith('https://w3id.org/ro/crate/1.1'))
    problems.push(`${CRATE}: its descriptor does not say that it is an RO-Crate 1.1`)
  for (const property of ['name', 'description', 'datePublished', 'license', 'hasPart'])
    if (root?.[property] === undefined) problems.push(`${CRATE}: the root has no ${property}`)
  for (const [id, entity] of graph)
    for (const reference of referencesOf(entity))
      if (!graph.has(reference) && !/^https?:/.test(reference))
        problems.push(`${CRATE}: ${id} refers to ${reference}, which is not described`)
  return problems
}

/** That the crate is of these results, and names their files. */
function fileProblems(graph: ReadonlyMap<string, Entity>, resultsSha256: string, entries: readonly ManifestEntry[]): string[] {
  const problems: string[] = []
  const root = graph.get('./')
  if (root?.['identifier'] !== `sha256:${resultsSha256}`)
    problems.push(`${CRATE} describes other results: its identifier is not ${RESULTS}`)
  const parts = new Set(referencesOf({ hasPart: root?.['hasPart'] }))
  for (const { path, sha256 } of entries) {
    const id = fileId(path)
    if (graph.get(id)?.['sha256'] !== sha256 || !parts.has(id)) problems.push(`${CRATE} does not name ${path} with its SHA-256`)
  }
  const known = new Set([...entries.map(({ path }) => path), ...UNHASHED, MANIFEST].map(fileId))
  for (const id of parts) if (!known.has(id)) problems.push(`${CRATE} names ${id}, which is not in ${MANIFEST}`)
  return problems
}

function referencesOf(entity: Entity): string[] {
  return Object.values(entity).flatMap((value) =>
    (Array.isArray(value) ? value : [value]).flatMap((one: unknown) => {
      const id = typeof one === 'object' && one !== null ? (one as Entity)['@id'] : undefined
      return typeof id === 'string' ? [id] : []
    }),
  )
}

/** The id of a file in a crate: its path as a relative URI. */
export function fileId(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
