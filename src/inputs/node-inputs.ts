import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize, resolve, sep } from 'node:path'
import { InputError } from '../errors.ts'
import { urlInput } from '../io/http.ts'
import { type HubAddress, type HubOptions, hubAddress } from '../io/hub.ts'
import { diskFolder, fileProblem, openFile } from '../io/node.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import {
  byCodePoint,
  candidacy,
  candidateNames,
  folderInput,
  indexNames,
  isPartOf,
  isSkippedFolder,
  knownEndings,
  likelyFormats,
} from '../sources/candidates.ts'
import { findFormat, formats } from '../sources/open.ts'
import { type InputFile, inputFiles, variantNotes } from '../sources/variants.ts'
import { type FolderEntries, folderEntries } from './folder-entries.ts'
import { expandBraces, isGlob, segmentTest } from './glob.ts'
import { expandLists } from './lists.ts'
import { unreadBelow } from './unread-below.ts'
import { writtenHere } from './written-here.ts'

/** A file on disk, or at a URL, that is to be read as an input; nothing is open yet. */
export interface FoundInput extends LazyInput {
  /** Where it lies, as it would be given on a command line. */
  readonly location: string
  /** The file that a folder which is one input is opened at. */
  readonly opens?: string
}

/** A file that was found, before it has a name of its own among the inputs. */
interface Place extends Pick<LazyInput, 'notes' | 'family'> {
  readonly location: string
  /** Below the folder or pattern that was named. */
  readonly relative: string
  /** The file of a folder that is one input; the folder stands for it. */
  readonly opens?: string
  /** How it is opened, where that was settled when it was found. */
  readonly open?: () => Promise<Input>
}

/**
 * Finds the inputs that paths stand for: files as they are; folders searched to the bottom (hidden folders and results/
 * are passed over) for files that some format owns by name or recognises by bytes; patterns with * ** ? [ ] { , }, which
 * are searched like folders unless they end in a literal ending; folders that are one input (filter databases, SavedModels);
 * http(s) URLs; repositories of the Hugging Face hub (hf://owner/name); lists of all of these (@list.txt, or - for standard
 * input). Every file once, in the order of the paths given, inside a folder by code point. Only one file is open at a time, and
 * only to be recognised.
 * @throws InputError for a path that is missing, an empty folder, a pattern without a match
 */
export async function* findInputs(given: readonly string[]): AsyncGenerator<FoundInput, void, undefined> {
  const paths = await expandLists(given)
  const seen = new Set<string>()
  const names = new Set<string>()
  const all = new Set(paths.map(slashes))
  const merged = await indexesOf(paths.map(slashes))
  for (const given of paths) {
    // A shell leaves no pattern to see: shards of one model that were all named are that model.
    const named = merged.get(slashes(given)) ?? given
    if (isPartOf(slashes(named), all)) continue
    let isEmpty = true
    for await (const place of placesOf(named)) {
      isEmpty = false
      const real = isRemote(place.location) ? place.location : await realpath(place.location).catch(() => resolve(place.location))
      if (seen.has(real)) continue
      seen.add(real)
      const path = uniqueName(place, names)
      const { location, notes, family, opens } = place
      const about = { ...(notes && { notes }), ...(family && { family }), ...(opens !== undefined && { opens }) }
      yield { path, location, ...about, open: () => openPlace(place, path) }
    }
    if (isEmpty) throw new InputError(named, await nothingFound(named))
  }
}

/**
 * All that `findInputs` finds. Only paths are kept, so that a folder of ten thousand models is listed before the first is
 * measured: names are settled, and how much there is to do is known.
 * @throws InputError for a path that is missing or stands for nothing
 * @example
 * const { layers } = await analyze(await listInputs(['models/']))
 */
export async function listInputs(paths: readonly string[]): Promise<FoundInput[]> {
  const all: FoundInput[] = []
  for await (const one of findInputs(paths)) all.push(one)
  return all
}

function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

function isRemote(location: string): boolean {
  return isUrl(location) || location.startsWith('hf://')
}

/** By the paths of shards, where all of a model were named: the index that lies beside them and stands for all. */
async function indexesOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const byIndex = new Map<string, string[]>()
  for (const path of paths)
    for (const index of isRemote(path) ? [] : indexNames(path)) {
      const shards = byIndex.get(index)
      if (shards) shards.push(path)
      else byIndex.set(index, [path])
    }
  const merged = new Map<string, string>()
  for (const [index, shards] of byIndex) {
    const all = Number(/-of-(\d{5})\.[a-z]+$/.exec(shards[0]!)?.[1] ?? 2)
    if (shards.length < Math.max(2, all) || paths.includes(index)) continue
    const found = await stat(index).catch(() => undefined)
    if (found?.isFile()) for (const shard of shards) merged.set(shard, index)
  }
  return merged
}

/** Where the hub is, and who asks, set as for its own tools. Only who asks the hub is told that its address is none. */
function hubOptions(): HubOptions {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env
  if (endpoint && !(URL.canParse(endpoint) && isUrl(endpoint)))
    throw new InputError(endpoint, 'stands in HF_ENDPOINT and is no http or https address; correct it, or unset it')
  return { ...(endpoint && { endpoint }), ...(token && { token: token.trim() }) }
}

async function nothingFound(named: string): Promise<string> {
  if (isGlob(named)) return 'no model file matches this pattern'
  const isLocal = !isRemote(named) && !hubAddress(named, process.env['HF_ENDPOINT'])
  const own = isLocal ? writtenHere(named) : undefined
  if (own) return own
  const unread = isLocal ? await unreadBelow(named) : undefined
  if (unread) return `holds no model file that is read: ${unread}`
  return `holds no model file; files that end in ${knownEndings(formats)} are looked for, here and in the folders below`
}

/** Where an input was found, in words that another process can find it by. */
export type FoundPlace = Pick<FoundInput, 'path' | 'location' | 'opens'>

/** Opens inputs that were found before, by another process perhaps; `from`: the folder that relative locations are meant from. */
export function placeOpener(from: string): (place: FoundPlace) => FoundInput {
  let repositoryOf: Parameters<typeof import('./hub-inputs.ts')['findHubInputs']>[2]
  const openHub = async ({ location }: FoundPlace, address: HubAddress): Promise<Input> => {
    const { findHubInputs, rememberingRepositories } = await import('./hub-inputs.ts')
    repositoryOf ??= rememberingRepositories()
    const [input, ...more] = await findHubInputs(address, hubOptions(), repositoryOf)
    if (!input || more.length > 0) throw new InputError(location, 'is no longer one input; plan again')
    return input.open()
  }
  return (place) => {
    const { path, location, opens } = place
    const address = location.startsWith('hf://') ? hubAddress(location) : undefined
    const found = { location, relative: path, ...(opens !== undefined && { opens }) }
    return { ...place, open: async () => (address ? { ...(await openHub(place, address)), path } : openPlace(found, path, from)) }
  }
}

/** A folder that is one input is opened at its first file; everything else lies beside it. */
async function openPlace(place: Place, path: string, from: string = ''): Promise<Input> {
  if (place.open) return { ...(await place.open()), path }
  if (isUrl(place.location)) return { ...(await urlInput(place.location)), path }
  if (place.opens !== undefined) {
    const file = join(place.location, place.opens)
    return {
      path,
      access: await openFile(resolve(from, file), file),
      folder: diskFolder(resolve(from, place.location), place.location),
    }
  }
  const folder = dirname(place.location)
  return {
    path,
    access: await openFile(resolve(from, place.location), place.location),
    folder: diskFolder(resolve(from, folder), folder),
  }
}

/** The path below what was named; when that is taken, with the named path before it; then numbered. */
function uniqueName({ location, relative }: Place, taken: Set<string>): string {
  // An address may hold a password or a token: it is not shown.
  const whole = isUrl(location) ? slashes(normalize(relative)) : isRemote(location) ? location : slashes(normalize(location))
  for (const name of [relative, whole]) {
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
  for (let k = 2; ; k++) {
    const name = `${whole} (${k})`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

/** The last part of an address, as a person reads it; the address itself where it has none. What is wrong with it is said when it is opened. */
function nameOfUrl(url: string): string {
  const file = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : undefined
  try {
    return file ? decodeURIComponent(file) : url
  } catch {
    return file ?? url
  }
}

async function* placesOf(named: string): AsyncGenerator<Place> {
  const address = hubAddress(named, process.env['HF_ENDPOINT'])
  if (address) {
    const { findHubInputs } = await import('./hub-inputs.ts')
    for (const { path, ...rest } of await findHubInputs(address, hubOptions())) yield { relative: path, ...rest }
    return
  }
  if (isUrl(named)) {
    yield { location: named, relative: nameOfUrl(named) }
    return
  }
  const found = await stat(named).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && isGlob(named)) return undefined
    const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(named) ?? []
    if (scheme !== undefined)
      throw new InputError(named, 'addresses of this kind are not read; https:// and hf:// are, and files by their path')
    throw new InputError(named, fileProblem(error), { cause: error })
  })
  if (!found) yield* matches(named)
  else if (found.isDirectory()) yield* filesBelow(named, packagePrefix(named), new Set(), await searched(named))
  else yield { location: named, relative: basename(named) }
}

/** A package is one model to a person: its own name stays before the paths inside. */
function packagePrefix(folder: string): string {
  return /.\.mlpackage$/i.test(basename(resolve(folder))) ? `${basename(resolve(folder))}/` : ''
}

/** The inputs in a folder and below, by code point of their paths. `above`: the real paths of the folders that lead here. */
async function* filesBelow(
  folder: string,
  prefix: string,
  above: ReadonlySet<string>,
  { files, folders, real }: Searched,
): AsyncGenerator<Place> {
  const whole = folderInput(files)
  if (whole) {
    const relative = prefix === '' ? basename(resolve(folder)) : prefix.slice(0, -1)
    yield { location: folder, relative, opens: whole.files[0] }
  }
  const inside = new Set(above).add(real)
  const names = candidateNames(files).filter((name) => name !== whole?.files[0])
  const found = await inputFiles(names, formats, (name) => isInput(join(folder, name)))
  const byName = new Map(found.map((file) => [file.name, file]))
  const below = folders.filter((name) => !isSkippedFolder(name) && !whole?.folders.test(name))
  const entries = [...byName.keys(), ...below.map((name) => `${name}/`)].sort(byCodePoint)
  for (const name of entries) {
    const location = join(folder, name.replace(/\/$/, ''))
    const file = byName.get(name)
    if (file) {
      yield { location, relative: prefix + name, ...aboutFile(file, real, prefix) }
      continue
    }
    const below = await searched(location).catch(asInputError)
    if (below instanceof InputError) yield unreadable(location, prefix + name.slice(0, -1), below)
    else if (!inside.has(below.real)) yield* filesBelow(location, prefix + name, inside, below)
  }
}

/** What lies in a folder, and its real path. */
interface Searched extends FolderEntries {
  readonly real: string
}

/** @throws InputError when the folder cannot be read, or is gone */
async function searched(folder: string): Promise<Searched> {
  const entries = await folderEntries(folder)
  const real = await realpath(folder).catch((error: unknown) => {
    throw new InputError(folder, fileProblem(error), { cause: error })
  })
  return { ...entries, real }
}

function asInputError(error: unknown): InputError {
  if (error instanceof InputError) return error
  throw error
}

/** A folder among others that cannot be searched: an input that fails when its turn comes, so that a run may go on without it. */
function unreadable(location: string, relative: string, error: InputError): Place {
  return { location, relative, open: () => Promise.reject(error) }
}

async function isInput(location: string): Promise<boolean> {
  const kind = candidacy(location, formats)
  if (kind !== 'shared') return kind === 'owned'
  const access = await openFile(location).catch(asInputError)
  if (access instanceof InputError) return true // said when it is opened
  try {
    const input = { path: location, access, folder: diskFolder(dirname(location)) }
    return (await findFormat(input, likelyFormats(location, formats))) !== undefined
  } catch (error) {
    // A reader began to read it and found it broken: that is worth a complaint when it is opened.
    if (error instanceof InputError) return true
    throw error
  } finally {
    await access.close?.()
  }
}

/** The files that a pattern matches; folders that it matches are searched. */
async function* matches(pattern: string): AsyncGenerator<Place> {
  const segments = expandBraces(slashes(pattern)).map((one) => one.split('/'))
  const takesAll = segments.every((parts) => /\.[A-Za-z0-9]+$/.test(parts.at(-1)!))
  const found = new Map<string, Place>()
  for (const parts of segments) {
    const fixed = parts.findIndex((part) => isGlob(part))
    const cut = fixed < 0 ? parts.length - 1 : fixed
    const start = parts.slice(0, cut).join('/') || (pattern.startsWith('/') ? '/' : '.')
    for await (const { location, error } of walk(start, parts.slice(cut), new Set())) {
      const path = slashes(location)
      const prefix = start === '.' ? '' : start === '/' ? '/' : `${slashes(normalize(start))}/`
      const relative = path.startsWith(prefix) ? path.slice(prefix.length) : path
      found.set(path, error ? unreadable(location, relative, error) : { location, relative })
    }
  }
  const paths = [...found.keys()].sort(byCodePoint)
  const names = new Map<string, string[]>()
  const directories = new Set<string>()
  for (const path of paths) {
    const { location, open } = found.get(path)!
    if (open) continue
    const kind = await stat(location).catch(() => undefined) // what is gone is said when it is opened
    if (kind?.isDirectory()) {
      directories.add(path)
      continue
    }
    const beside = names.get(dirname(path))
    if (beside) beside.push(basename(path))
    else names.set(dirname(path), [basename(path)])
  }
  const files = new Map<string, Pick<Place, 'notes' | 'family'>>()
  for (const [folder, inside] of names)
    for (const file of await inputFiles(inside, formats, async (name) => takesAll || isInput(join(folder, name))))
      files.set(slashes(join(folder, file.name)), aboutFile(file, folder, ''))
  for (const path of paths) {
    const place = found.get(path)!
    if (place.open) yield place
    else if (directories.has(path)) {
      const below = await searched(place.location).catch(asInputError)
      if (below instanceof InputError) {
        yield unreadable(place.location, place.relative, below)
        continue
      }
      for await (const inner of filesBelow(place.location, '', new Set(), below))
        yield { ...inner, relative: `${place.relative}/${inner.relative}` }
    } else {
      const about = files.get(slashes(join(dirname(path), basename(path))))
      if (about) yield { ...place, ...about }
    }
  }
}

/** What is known of an input from the other files of its folder. `prefix`: what is shown before their names. */
function aboutFile(file: InputFile, folder: string, prefix: string): Pick<Place, 'notes' | 'family'> {
  const notes = variantNotes(file, prefix)
  return { ...(notes.length > 0 && { notes }), ...(file.family !== undefined && { family: `${folder}/${file.family}` }) }
}

async function* walk(
  folder: string,
  segments: readonly string[],
  above: ReadonlySet<string>,
): AsyncGenerator<{ readonly location: string; readonly error?: InputError }> {
  const [first, ...rest] = segments
  const kind = await stat(folder).catch(() => undefined)
  if (first === undefined || !kind?.isDirectory()) return
  const here = await searched(folder).catch(asInputError)
  if (here instanceof InputError) return yield { location: folder, error: here }
  const { files, folders, real } = here
  if (first === '**') {
    yield* walk(folder, rest.length > 0 ? rest : ['*'], above)
    const inside = new Set(above).add(real)
    for (const name of folders) {
      if (isSkippedFolder(name)) continue
      const below = join(folder, name)
      const realBelow = await realpath(below).catch(() => below)
      if (!inside.has(realBelow)) yield* walk(below, segments, inside)
    }
    return
  }
  if (first === '..' || first === '.') {
    yield* walk(`${folder}/${first}`, rest, above)
    return
  }
  const fits = segmentTest(first)
  if (rest.length > 0) {
    for (const name of folders) if (fits(name)) yield* walk(join(folder, name), rest, above)
  } else {
    const candidates = new Set(candidateNames(files).filter(fits))
    const beside = new Set(files)
    // A shard that fits is its model, of which the index is the input.
    for (const name of files) if (fits(name)) for (const index of indexNames(name)) if (beside.has(index)) candidates.add(index)
    for (const name of [...candidates, ...folders.filter((folder) => !isSkippedFolder(folder) && fits(folder))])
      yield { location: join(folder, name) }
  }
}

function slashes(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path
}
