import { InputError } from '../errors.ts'
import { openBlob } from '../io/blob.ts'
import type { Folder, LazyInput, RandomAccess } from '../io/random-access.ts'
import {
  byCodePoint,
  candidacy,
  candidateNames,
  isPartFolder,
  isSkippedFolder,
  likelyFormats,
  wholeFolders,
} from '../sources/candidates.ts'
import { findFormat, formats } from '../sources/open.ts'
import { inputFiles, variantNotes } from '../sources/variants.ts'

/**
 * A file as it was dropped or chosen, or one behind an address or of a listing: its path below what was named, with forward slashes.
 * `named`: an input whatever it is called. `beside`: not an input itself, but one that another may need.
 */
export type GivenFile = { readonly path: string; readonly named?: boolean; readonly beside?: boolean } & (
  | { readonly blob: Blob }
  | { readonly url: string; readonly bytes: number }
  | { readonly open: () => Promise<RandomAccess>; readonly bytes: number }
)

/** Opens a given file, under its path. */
export async function openGiven(file: GivenFile): Promise<RandomAccess> {
  if ('blob' in file) return openBlob(file.blob, file.path)
  if ('open' in file) return file.open()
  const { openUrl } = await import('../io/http.ts')
  return { ...(await openUrl(file.url)), name: file.path }
}

/** The files below one folder of those that were dropped together; '' is where loose files lie. */
export function givenFolder(files: readonly GivenFile[], folder: string): Folder {
  const own = files.filter(({ path }) => folderOf(path) === folder)
  return folderIn(new Map(files.map((file) => [file.path, file])), folder, own)
}

/** @param own the files that lie in the folder itself */
function folderIn(byPath: ReadonlyMap<string, GivenFile>, folder: string, own: readonly GivenFile[]): Folder {
  const prefix = folder === '' ? '' : `${folder}/`
  const addressed = own.find((file) => 'url' in file && file.named)
  return {
    async open(path) {
      if (path.split('/').includes('..')) return undefined
      const file = byPath.get(prefix + path)
      return file ? openGiven(file) : besideAddress(addressed, path)
    },
  }
}

/** A file beside one that was named by its address. Of another server's refusal a browser does not tell whether the file is there. */
async function besideAddress(addressed: GivenFile | undefined, path: string): Promise<RandomAccess | undefined> {
  if (!addressed || !('url' in addressed)) return undefined
  const { urlFolder } = await import('../io/http.ts')
  try {
    const access = await urlFolder(addressed.url).open(path)
    return access && { ...access, name: path }
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The folder part of a path: '' for a loose file. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

/**
 * The inputs among dropped files, by the rules of the command line: in a folder, files that a format owns by name or
 * recognises by bytes, shards and the parts of a folder that is one input left to their first file, hidden folders passed over. A loose
 * file is always an input, unless it came with others of which one may need it. By code point of the paths.
 */
export async function findGivenInputs(files: readonly GivenFile[]): Promise<LazyInput[]> {
  const inputs: LazyInput[] = []
  const byPath = new Map(files.map((file) => [file.path, file]))
  const folders = new Map<string, GivenFile[]>()
  for (const file of [...files].sort((a, b) => byCodePoint(a.path, b.path))) {
    const folder = folderOf(file.path)
    const list = folders.get(folder)
    if (list) list.push(file)
    else folders.set(folder, [file])
  }
  const namesIn = (folder: string): string[] => (folders.get(folder) ?? []).map(({ path }) => nameOf(path))
  const wholes = wholeFolders(folders.keys(), namesIn)
  for (const [folder, list] of folders) {
    if (folder.split('/').some((part, k) => k > 0 && isSkippedFolder(part)) || isPartFolder(folder, wholes)) continue
    const names = namesIn(folder)
    const beside = folderIn(byPath, folder, list)
    const byName = new Map(names.map((name, k) => [name, list[k]!]))
    const whole = wholes.get(folder)
    const loose = folder === ''
    const add = (name: string, found: Pick<LazyInput, 'notes' | 'family'> = {}): void => {
      const file = byName.get(name)!
      const path = name === whole?.files[0] && !loose ? folder : file.path
      inputs.push({ path, ...found, open: async () => ({ path, access: await openGiven(file), folder: beside }) })
    }
    // A file that was named is read, whatever lies beside it.
    for (const { path, named } of list) if (named) add(nameOf(path))
    const others = candidateNames(names).filter((name) => !byName.get(name)!.named && !byName.get(name)!.beside)
    const isOne = (name: string): Promise<boolean> =>
      isInput(byName.get(name)!, beside, { loose, together: list.length, stands: name === whole?.files[0] })
    for (const found of await inputFiles(others, formats, isOne)) {
      const { name, family } = found
      const notes = variantNotes(found, loose ? '' : `${folder}/`)
      add(name, { ...(notes.length > 0 && { notes }), ...(family !== undefined && { family: `${folder}/${family}` }) })
    }
  }
  return inputs
}

/** `loose`: it lies in no folder, among as many as are `together`; `stands`: for a whole folder. */
interface Situation {
  readonly loose: boolean
  readonly together: number
  readonly stands: boolean
}

async function isInput(file: GivenFile, beside: Folder, { loose, together, stands }: Situation): Promise<boolean> {
  const kind = stands ? 'shared' : candidacy(file.path, formats)
  if (kind === 'owned' || (loose && together === 1)) return true
  if (kind === 'none' && !loose) return false
  try {
    const input = { path: file.path, access: await openGiven(file), folder: beside }
    // A loose file that nobody recognises is complained about, unless it looks like a part of another.
    return (
      (await findFormat(input, likelyFormats(file.path, formats))) !== undefined ||
      (loose &&
        kind === 'none' &&
        !/\.(bin|data|weights?|pb|json|txt|md|cfg|meta|pdmodel)$|\.\d+$|\.data-\d+-of-\d+$|shard/i.test(file.path))
    )
  } catch (error) {
    if (error instanceof InputError) return true // it was recognised and is broken: the error comes when it is opened
    throw error
  }
}

/**
 * The models among files that were chosen or dropped, such as a FileList: for `analyze` and all that takes its inputs. Files
 * of a chosen folder keep their paths; shards and external data are found among them.
 * @example
 * const file = new File([await readFile('net.onnx')], 'net.onnx') // or those of <input type="file">
 * const { layers } = await analyze(await fileInputs([file]))
 * console.log(layers.length)
 */
export function fileInputs(files: Iterable<File>): Promise<LazyInput[]> {
  return findGivenInputs(Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, blob: file })))
}
