import { weightNames } from './darknet/pair.ts'
import type { FormatEntry } from './registry.ts'

/**
 * What a file of a folder is by its name alone: `owned` by a format (always opened, and complained about when it is
 * something else), `shared` with other kinds of file (opened only if a reader recognises its bytes), or no input.
 */
export function candidacy(path: string, entries: readonly FormatEntry[]): 'owned' | 'shared' | 'none' {
  const ending = extension(path)
  if (ending !== '' && entries.some(({ owns }) => owns.includes(ending))) return 'owned'
  const name = path.slice(path.lastIndexOf('/') + 1)
  const isShared = entries.some(({ shares, called }) => (ending !== '' && shares.includes(ending)) || called?.test(name))
  return isShared ? 'shared' : 'none'
}

/** The formats that a file of a folder may have: a guess must be backed by its name. */
export function likelyFormats(path: string, entries: readonly FormatEntry[]): FormatEntry[] {
  const ending = extension(path)
  return entries.filter(({ guesses, owns, shares }) => !guesses || owns.includes(ending) || shares.includes(ending))
}

/** The endings that folders are searched for, with dots, for messages. */
export function knownEndings(entries: readonly FormatEntry[]): string {
  return [...new Set(entries.flatMap(({ owns }) => owns))].map((ending) => `.${ending}`).join(', ')
}

/** A folder that is one input, as a whole. */
export interface FolderInput {
  /** The files that tell it. The first is where it is opened; the others are no inputs of their own. */
  readonly files: readonly [first: string, ...string[]]
  /** Files that may belong to it as well, and are no inputs of their own. */
  readonly parts: readonly string[]
  /** Folders that belong to it and are not searched, by their names. */
  readonly folders: RegExp
}

/** What Orbax keeps beside the arrays of a checkpoint. */
const ORBAX_PARTS = ['_CHECKPOINT_METADATA', '_sharding', '_strings.json', 'checkpoint', 'commit_success.txt']

/** Every kind of folder that is one input: a filter database, a TensorFlow SavedModel, a checkpoint of Orbax. */
const FOLDER_INPUTS: readonly FolderInput[] = [
  { files: ['filters.arrow', 'layers.arrow', 'models.arrow'], parts: [], folders: /^$/ },
  { files: ['manifest.ocdbt'], parts: ['_METADATA', ...ORBAX_PARTS], folders: /^(d|array_metadatas|ocdbt\.process_.*)$/ },
  // Every array is a folder of its own.
  { files: ['_METADATA'], parts: ORBAX_PARTS, folders: /^/ },
  {
    files: ['saved_model.pb'],
    // Dropped as loose files, the variables lie beside it.
    parts: ['fingerprint.pb', 'keras_metadata.pb', 'variables.index'],
    folders: /^(variables|assets|assets\.extra)$/,
  },
]

/** What a folder is as a whole, by the names of its files; undefined for a folder of inputs. */
export function folderInput(names: readonly string[]): FolderInput | undefined {
  return FOLDER_INPUTS.find(({ files }) => files.every((file) => names.includes(file)))
}

/** The folders that are one input as a whole, by their paths; a "/" at the end of a path is left as it is. */
export function wholeFolders(
  folders: Iterable<string>,
  namesIn: (folder: string) => readonly string[],
): Map<string, FolderInput> {
  const wholes = new Map<string, FolderInput>()
  for (const folder of folders) {
    const whole = folderInput(namesIn(folder))
    if (whole) wholes.set(folder, whole)
  }
  return wholes
}

/** Whether a folder belongs to one above it that is an input as a whole. */
export function isPartFolder(folder: string, wholes: ReadonlyMap<string, FolderInput>): boolean {
  const end = folder.endsWith('/') ? '/' : ''
  const steps = folder.split('/')
  if (end) steps.pop()
  return steps.some((name, k) => {
    const above = steps.slice(0, k).join('/')
    return wholes.get(above === '' ? '' : above + end)?.folders.test(name)
  })
}

/**
 * Of the files of one folder (names without the folder), those that may be inputs: hidden ones and shards that an index
 * names are left out; the first file of a folder that is one input stands for it. By code point.
 */
export function candidateNames(names: readonly string[]): string[] {
  const all = new Set(names)
  const whole = folderInput(names)
  // The shards of torch.distributed.checkpoint are one input, which their first one stands for.
  const distributed = names.filter((name) => name.endsWith('.distcp')).sort(byCodePoint)[0]
  return names
    .filter((name) => {
      if (name.startsWith('.')) return false
      if (whole && (whole.files.indexOf(name) > 0 || whole.parts.includes(name))) return false
      if (name.endsWith('.distcp') && name !== distributed) return false
      return !isPartOf(name, all)
    })
    .sort(byCodePoint)
}

/** The first shard of torch.distributed.checkpoint in a folder stands for all. */
function stands(other: string, path: string): boolean {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return (
    other.endsWith('.distcp') &&
    other.lastIndexOf('/') === folder.length - 1 &&
    other.startsWith(folder) &&
    byCodePoint(other, path) < 0
  )
}

/**
 * True for m-00001-of-00002.safetensors when m.safetensors.index.json is there too, which stands for all shards; of Keras
 * m_00000.weights.h5 beside m.weights.json.
 */
export function isShardOf(path: string, all: ReadonlySet<string>): boolean {
  if (path.endsWith('.distcp')) return [...all].some((other) => stands(other, path))
  return indexNames(path).some((name) => all.has(name))
}

/** What the index of a shard may be called; nothing for a path that is called like none. */
export function indexNames(path: string): string[] {
  const keras = /^(.*)_\d{5}\.weights\.h5$/.exec(path)
  if (keras) return [`${keras[1]}.weights.json`]
  const shard = /^(.*)-\d{5}-of-\d{5}(\.[a-z]+)$/.exec(path)
  if (!shard) return []
  const [, stem, ending] = shard as unknown as [string, string, string]
  // Of a variant the index names it last: model.fp16-00001-of-00002.safetensors, model.safetensors.index.fp16.json.
  const dot = stem.lastIndexOf('.')
  const ofVariant = dot > 0 ? [`${stem.slice(0, dot)}${ending}.index${stem.slice(dot)}.json`] : []
  return [`${stem}${ending}.index.json`, ...ofVariant]
}

/** True for a file that another of these, in the same folder, stands for: a shard, a darknet configuration beside its weights. */
export function isPartOf(path: string, all: ReadonlySet<string>): boolean {
  return isShardOf(path, all) || (path.endsWith('.cfg') && weightNames(path).some((name) => all.has(name)))
}

/** Hidden files are passed over, but for those that a folder which is one input needs. */
export function isHiddenFile(name: string): boolean {
  return name.startsWith('.') && name !== '.metadata' && name !== '.zarray'
}

/** Folders that are passed over when a folder is searched. */
export function isSkippedFolder(name: string): boolean {
  return name.startsWith('.') || name === 'results' || name === 'node_modules' || name === '__MACOSX'
}

/** The order of code points, whatever the language of the machine. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let k = 0; k < length; k++) {
    const x = a.charCodeAt(k)
    const y = b.charCodeAt(k)
    // Halves of surrogate pairs stand for code points above all other units.
    if (x !== y) return x + (isSurrogate(x) ? 0x10000 : 0) - y - (isSurrogate(y) ? 0x10000 : 0)
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

export function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
}
