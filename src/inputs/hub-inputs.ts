import { InputError } from '../errors.ts'
import { type HubAddress, type HubFile, type HubOptions, type HubRepository, hubName, openRepository } from '../io/hub.ts'
import type { LazyInput } from '../io/random-access.ts'
import { findGivenInputs, type GivenFile } from './given-inputs.ts'

/** An input that lies in a repository of the hub. */
export interface HubInput extends LazyInput {
  /** Where it lies for ever: `hf://owner/name@commit/path`. */
  readonly location: string
}

/**
 * The models of a repository of the hub, of a folder of it, or one file of it: found as in a folder on disk, shards with their
 * index as one. Only listings are asked for; of a file, the bytes that are needed are read when it is opened.
 * @throws InputError when there is nothing to read, with what to do
 */
export async function findHubInputs(
  address: HubAddress,
  options: HubOptions,
  repositoryOf: typeof openRepository = openRepository,
): Promise<HubInput[]> {
  const repository = await repositoryOf(address, options)
  const { commit, files } = repository
  const chosen = filesOf(address, files)
  const given = (file: HubFile, root: string): GivenFile => ({
    path: `${root}/${file.path}`,
    bytes: file.bytes,
    open: () => repository.open(file),
  })
  const root = address.repository
  // A single file is read whatever it is called; what lies beside it may be needed with it.
  const single = chosen.length === 1 && chosen[0]!.path === address.path
  const found = single
    ? await findGivenInputs(
        files.map((file) =>
          file === chosen[0] ? { ...given(file, root), named: true } : { ...given(file, root), beside: true },
        ),
      )
    : await findGivenInputs(chosen.map((file) => given(file, root)))
  return found.map((input) => ({
    ...input,
    location: hubName({ ...address, revision: commit, path: input.path.slice(root.length + 1) }),
    open: async () => ({ ...(await input.open()), revision: commit }),
  }))
}

/** Opens repositories, each commit of one once: a list of a thousand files of one asks for its listing once. */
export function rememberingRepositories(): typeof openRepository {
  const known = new Map<string, Promise<HubRepository>>()
  return (address, options) => {
    const key = hubName({ ...address, path: '' })
    const repository = known.get(key) ?? openRepository(address, options)
    known.set(key, repository)
    repository.catch(() => known.delete(key)) // the next may be luckier
    return repository
  }
}

function filesOf(address: HubAddress, files: readonly HubFile[]): readonly HubFile[] {
  const { path } = address
  if (path === '') return files
  const chosen = files.filter((file) => file.path === path || file.path.startsWith(`${path}/`))
  if (chosen.length > 0) return chosen
  const close = files.filter((file) => file.path.toLowerCase().endsWith(path.toLowerCase().split('/').at(-1)!)).slice(0, 3)
  throw new InputError(
    hubName(address),
    `there is no such file in the repository at this revision${close.length > 0 ? `; it has ${close.map((file) => file.path).join(', ')}` : ''}`,
  )
}
