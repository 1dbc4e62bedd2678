import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { openZip, type Zip } from '../io/zip.ts'
import { looksLikePaddedZip } from '../io/zip-signature.ts'
import {
  byCodePoint,
  candidacy,
  candidateNames,
  isPartFolder,
  isSkippedFolder,
  likelyFormats,
  wholeFolders,
} from './candidates.ts'
import { findAmong, openAmong } from './recognise.ts'
import { modelFormats } from './registry.ts'
import type { Source, SourceFormat } from './source.ts'
import { inputFiles, variantNotes } from './variants.ts'

/**
 * A zip that holds models in any of the formats (a .task of MediaPipe among them), found as in a folder. What a model needs besides its file is looked for
 * inside the zip. Formats that are zips themselves come before this one;
 * zips inside zips are not searched: one could hold itself.
 */
export const zipOfModels: SourceFormat = {
  name: 'zip of models',
  async match(head, input) {
    if (!looksLikePaddedZip(head)) return false
    for await (const _ of findModels(input, await openZip(input.access))) return true
    return false
  },
  async open(input): Promise<Source> {
    const zip = await openZip(input.access)
    const sources: Source[] = []
    const warnings: string[] = []
    const failed: { file: string; error: InputError }[] = []
    const close = async (): Promise<void> => {
      for (const source of sources) await source.close()
      await input.access.close?.()
    }
    try {
      for await (const found of findModels(input, zip)) {
        for (const note of found.notes ?? []) warnings.push(note)
        try {
          const source = await openAmong(await found.open(), modelFormats)
          const { path, family } = found
          const inside = family === undefined ? undefined : { path, family }
          sources.push({
            ...source,
            models: source.models.map((model) => (inside ? { ...model, inside } : model)),
            close: () => source.close(),
          })
        } catch (error) {
          if (!(error instanceof InputError)) throw error
          failed.push({ file: found.path, error })
        }
      }
      if (sources.length === 0) throw failed[0]?.error ?? new InputError(input.access.name, 'is a zip without a model in it')
    } catch (error) {
      for (const source of sources) await source.close()
      throw error
    }
    return {
      format: zipOfModels.name,
      models: sources.flatMap(({ models }) => models),
      warnings: [...sources.flatMap((source) => source.warnings), ...warnings],
      failed,
      close,
    }
  },
}

/** The models of a zip, folder by folder, each ready to be opened as an input. */
async function* findModels(input: Input, zip: Zip): AsyncGenerator<LazyInput> {
  const folders = new Map<string, string[]>()
  for (const { name } of zip.entries) {
    const slash = name.lastIndexOf('/')
    const folder = name.slice(0, slash + 1)
    if (folder.split('/').some((part) => part !== '' && isSkippedFolder(part))) continue
    const files = folders.get(folder)
    if (files) files.push(name.slice(slash + 1))
    else folders.set(folder, [name.slice(slash + 1)])
  }
  const wholes = wholeFolders(folders.keys(), (folder) => folders.get(folder)!)
  for (const folder of [...folders.keys()].sort(byCodePoint)) {
    if (isPartFolder(folder, wholes)) continue
    const whole = wholes.get(folder)
    const pathOf = (file: string): string =>
      `${input.path}/${file === whole?.files[0] && folder !== '' ? folder.slice(0, -1) : folder + file}`
    const open = async (file: string): Promise<Input> => ({
      path: pathOf(file),
      access: await zip.find(folder + file)!.open(),
      folder: zip.folder(folder),
    })
    const isOne = async (file: string): Promise<boolean> => {
      const kind = file === whole?.files[0] ? 'shared' : candidacy(file, modelFormats)
      return kind === 'owned' || (kind === 'shared' && (await isModel(await open(file), file)))
    }
    for (const file of await inputFiles(candidateNames(folders.get(folder)!), modelFormats, isOne)) {
      const { name, family } = file
      yield {
        path: pathOf(name),
        notes: variantNotes(file, `${input.path}/${folder}`),
        ...(family !== undefined && { family: `${folder}${family}` }),
        open: () => open(name),
      }
    }
  }
}

/** Whether a format recognises it; one that was recognised and is broken is worth a complaint when it is opened. */
async function isModel(input: Input, file: string): Promise<boolean> {
  try {
    return (await findAmong(input, likelyFormats(file, modelFormats))) !== undefined
  } catch (error) {
    if (error instanceof InputError) return true
    throw error
  }
}
